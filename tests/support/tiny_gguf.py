"""Writes a language model of half a megabyte in llama.cpp's format: random weights, and a vocabulary of bytes."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

EMBEDDING, HEADS, BLOCKS, FEED_FORWARD, CONTEXT = 64, 4, 2, 128, 4096
_UNKNOWN, _NORMAL, _CONTROL, _BYTE = 2, 1, 3, 6  # llama.cpp's types of tokens


def write_model(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny and random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(EMBEDDING)
    writer.add_block_count(BLOCKS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(EMBEDDING // HEADS)
    writer.add_file_type(0)
    _add_weights(writer, _add_vocabulary(writer))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter) -> int:
    """Add all bytes and the printable characters; returns the number of tokens."""
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{byte:02X}>".encode() for byte in range(256)), b"\xe2\x96\x81"]
    tokens += [bytes([code]) for code in range(33, 127)]
    types = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256, *[_NORMAL] * 95]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_vocab_size(len(tokens))
    writer.add_chat_template("{% for m in messages %}{{ m['content'] }}{% endfor %}")
    return len(tokens)


def _add_weights(writer: gguf.GGUFWriter, tokens: int) -> None:
    chance = np.random.default_rng(0)

    def draw(*shape: int) -> NDArray[np.float32]:
        return (chance.standard_normal(shape) * 0.05).astype(np.float32)

    writer.add_tensor("token_embd.weight", draw(tokens, EMBEDDING))
    writer.add_tensor("output.weight", draw(tokens, EMBEDDING))
    writer.add_tensor("output_norm.weight", np.ones(EMBEDDING, np.float32))
    for block in range(BLOCKS):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{block}.{name}.weight", np.ones(EMBEDDING, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{block}.{name}.weight", draw(EMBEDDING, EMBEDDING))
        writer.add_tensor(f"blk.{block}.ffn_gate.weight", draw(FEED_FORWARD, EMBEDDING))
        writer.add_tensor(f"blk.{block}.ffn_up.weight", draw(FEED_FORWARD, EMBEDDING))
        writer.add_tensor(f"blk.{block}.ffn_down.weight", draw(EMBEDDING, FEED_FORWARD))
