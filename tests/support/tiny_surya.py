"""Makes stand-in weights of Surya's small models, in the on-disk format that its real loaders read.

python tests/support/tiny_surya.py TARGET

Surya's real servers load them and answer; each page gets the same four boxes (`BOXES`), and each text the verdict that
it is good. `made_weights` makes them once and says where they are.

What is set in the layout model is what decides: the decoder's output projections are zero, so the state of a query is
its own `query_feat`, from which `class_embed` reads the class, and the box of a query is its own `refpoint_embed`. All
else stays at its random start, and is not stored: Surya loads with `strict=False`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from markerd.convert.model_sets.vision_operators import declare_missing_operators

RESOLUTION = 128  # pixels; a multiple of the patch of 16 pixels times 2 windows
SIDE = RESOLUTION // 16  # cells of the feature map: as many proposals as it has cells come before the queries
LABELS = (
    "Bibliography", "Blank-Page", "Caption", "Chemical-Block", "Code-Block", "Complex-Block", "Diagram",
    "Equation-Block", "Figure", "Footnote", "Form", "Image", "List-Group", "Page-Footer", "Page-Header",
    "Section-Header", "Table", "Table-Of-Contents", "Text",
)  # fmt: skip
BOXES = (
    ("Page-Header", (0.05, 0.01, 0.95, 0.05)),
    ("Section-Header", (0.05, 0.05, 0.95, 0.15)),
    ("Text", (0.05, 0.15, 0.95, 0.55)),
    ("Text", (0.05, 0.56, 0.95, 0.97)),
)
"""The label and the left, top, right and bottom edge, in parts of the page."""

NOTHING = 255  # the feature of queries that are no box: no class reads it
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LAYOUT_REPOSITORY = "datalab-to/surya_layout2"
GGUF_REPOSITORY = "datalab-to/surya-ocr-2-gguf"
OCR_ERROR_CHECKPOINT = "ocr_error_detection/2025_02_18"
_PROJECTIONS = ("self_attn.out_proj", "cross_attn.output_proj", "linear2")
_STORED = ("class_embed.", "bbox_embed.layers.2.", "query_feat.", "refpoint_embed.")


@dataclass(frozen=True)
class TinySurya:
    """Where the weights are, below `root`: each model in a folder of its own, and as Surya's caches hold them."""

    root: Path

    @property
    def layout(self) -> Path:
        return self.root / "layout"

    @property
    def order(self) -> Path:
        return self.root / "order"

    @property
    def ocr_error(self) -> Path:
        return self.root / "ocr_error"

    @property
    def hub_home(self) -> Path:
        """Hugging Face's home with layout, reading order, and two GGUF files that hold their signature only."""
        return self.root / "huggingface"

    @property
    def store(self) -> Path:
        """Surya's own store, with the OCR error model."""
        return self.root / "models"

    @property
    def environment(self) -> dict[str, str]:
        """The variables under which Surya finds all of it."""
        return {"HF_HOME": str(self.hub_home), "MODEL_CACHE_DIR": str(self.store), "HF_HUB_OFFLINE": "1"}


def made_weights(shared: Path) -> TinySurya:
    """Return the weights below `shared`, made there by the first of several processes that ask (about 7 s)."""
    weights = TinySurya(shared / "tiny-surya")
    shared.mkdir(parents=True, exist_ok=True)
    with (shared / "tiny-surya.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not weights.root.is_dir():
            unfinished = shared / "tiny-surya-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            # In a process of its own: torch and transformers are loaded nowhere else, nor are their warnings errors.
            command = [sys.executable, __file__, str(unfinished)]
            subprocess.run(command, check=True, timeout=250, env={**os.environ, **weights.environment})
            unfinished.rename(weights.root)
    return weights


def write_layout(folder: Path) -> None:
    """Write Surya's fast layout model: an RF-DETR checkpoint, 15 MB."""
    import torch
    from surya.common.rfdetr.models import build_model
    from surya.common.rfdetr.predictor import LARGE_ARGS

    torch.manual_seed(0)
    arguments = SimpleNamespace(**{**LARGE_ARGS, "resolution": RESOLUTION, "positional_encoding_size": SIDE})
    arguments.device, arguments.pretrain_weights = "cpu", "given"
    model = build_model(arguments)
    model.reinitialize_detection_head(len(LABELS) + 1)  # one more than there are categories, as in RF-DETR
    with torch.no_grad():
        _silence_decoder(model)
        _draw_boxes(model)
    state = {name: value.clone() for name, value in model.state_dict().items() if _is_stored(name)}
    torch.save({"model": state}, _made(folder) / "rfdetr_layout.pth")
    settings = {
        "arch": "rf-detr-large",
        "resolution": RESOLUTION,
        "positional_encoding_size": SIDE,
        "weights": "rfdetr_layout.pth",
        "categories": [{"id": number, "name": name} for number, name in enumerate(LABELS, start=1)],
    }
    (folder / "config.json").write_text(json.dumps(settings))


def _is_stored(name: str) -> bool:
    return name.startswith(_STORED) or ("decoder.layers" in name and any(part in name for part in _PROJECTIONS))


def _silence_decoder(model: Any) -> None:
    for layer in model.transformer.decoder.layers:
        for part in (layer.self_attn.out_proj, layer.cross_attn.output_proj, layer.linear2):
            part.weight.zero_()
            part.bias.zero_()
    model.bbox_embed.layers[-1].weight.zero_()
    model.bbox_embed.layers[-1].bias.zero_()


def _draw_boxes(model: Any) -> None:
    import torch

    model.class_embed.weight.zero_()
    model.class_embed.bias.fill_(-8.0)
    for index in range(len(LABELS)):
        model.class_embed.weight[index, index] = 1.0
    model.query_feat.weight.zero_()
    model.query_feat.weight[:, NOTHING] = 1.0
    model.refpoint_embed.weight[:, :] = torch.tensor([0.5, 0.5, 0.1, 0.1])
    for query, (label, (left, top, right, bottom)) in enumerate(BOXES, start=SIDE * SIDE):
        model.query_feat.weight[query, NOTHING] = 0.0
        model.query_feat.weight[query, LABELS.index(label)] = 1.0  # 16 after its LayerNorm, so a logit of +8
        box = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
        model.refpoint_embed.weight[query] = torch.tensor(box)


def write_order(folder: Path) -> None:
    """Write the model of the reading order, 91 kB, which the layout server loads."""
    import torch
    from surya.common.order.order_ar import ReadingOrderAR

    torch.manual_seed(0)
    shape = {"d": 16, "layers": 1, "feat_dim": 256, "feat_hw": SIDE}
    state = ReadingOrderAR(**shape).state_dict()
    torch.save({"model": state, "res": RESOLUTION, **shape}, _made(folder) / "order_ar.pt")


def write_ocr_error(folder: Path) -> None:
    """Write the classifier of texts, 136 kB: a DistilBERT that knows letters, and finds every text good."""
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertTokenizerFast

    torch.manual_seed(0)
    letters = [chr(code) for code in range(33, 127)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + letter for letter in letters)]
    (_made(folder) / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    try:
        tokenizer = DistilBertTokenizerFast(vocab_file=str(folder / "vocab.txt"))
    except TypeError:  # transformers 5 takes the words themselves
        tokenizer = DistilBertTokenizerFast(vocab={word: number for number, word in enumerate(vocabulary)})
    tokenizer.model_max_length = 512
    tokenizer.save_pretrained(folder)
    sizes: dict[str, Any] = {"dim": 32, "n_heads": 2, "n_layers": 1, "hidden_dim": 64, "max_position_embeddings": 512}
    sizes |= {"vocab_size": len(vocabulary), "num_labels": 2}
    model = DistilBertForSequenceClassification(DistilBertConfig(**sizes))
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([5.0, -5.0]))
    model.save_pretrained(folder)


def write_hub(hub: Path, repository: str, files: Mapping[str, bytes]) -> None:
    """Write a repository into Hugging Face's cache, as its library lays it out; `files` by their names in it."""
    folder = hub / f"models--{repository.replace('/', '--')}"
    (_made(folder / "refs") / "main").write_text(COMMIT)
    for name, content in files.items():
        blob = _made(folder / "blobs") / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        link = folder / "snapshots" / COMMIT / name
        _made(link.parent)
        link.symlink_to(os.path.relpath(blob, link.parent))


def write_store(store: Path, model: Path, checkpoint: str) -> None:
    """Copy the folder of a model into Surya's own store, with the list of files that makes it complete."""
    shutil.copytree(model, store / checkpoint)
    names = sorted(file.name for file in model.iterdir())
    (store / checkpoint / "manifest.json").write_text(json.dumps({"files": names}))


def write_all(weights: TinySurya) -> None:
    write_layout(weights.layout)
    write_order(weights.order)
    write_ocr_error(weights.ocr_error)
    layout = {name: (weights.layout / name).read_bytes() for name in ("rfdetr_layout.pth", "config.json")}
    layout["order/order_ar.pt"] = (weights.order / "order_ar.pt").read_bytes()
    hub = weights.hub_home / "hub"
    write_hub(hub, LAYOUT_REPOSITORY, layout)
    write_hub(hub, GGUF_REPOSITORY, {"surya-2.gguf": b"GGUF", "surya-2-mmproj.gguf": b"GGUF-mmproj"})
    write_store(weights.store, weights.ocr_error, OCR_ERROR_CHECKPOINT)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    # Run as a script, its folder comes first on the path, and has modules named as others are.
    sys.path[:] = [folder for folder in sys.path if folder != str(Path(__file__).parent)]
    os.environ["HF_HUB_OFFLINE"] = "1"
    declare_missing_operators()
    write_all(TinySurya(Path(sys.argv[1])))
