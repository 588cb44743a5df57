"""The names among a request's options, beside those of Marker, of what is added to an output once it is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markerd.document_metadata import FrontMatterField

FRONT_MATTER = "front_matter"
"""The fields for the top of the Markdown: a list of values of `FrontMatterField`, absent where none is wanted."""

CHUNK_LINES = "chunk_lines"
"""How chunks for retrieval are cut: a `ChunkSize` as a dict, absent where none are wanted."""


@dataclass(frozen=True)
class ChunkSize:
    """How many tokens a chunk has at most, and how many of them it may have in common with the chunk before.

    `folder` is the hot folder, which is part of what the ids are made of.
    """

    max_tokens: int
    overlap_tokens: int
    folder: str


def list_output_options(
    front_matter: Sequence[FrontMatterField], folder: str, chunk_tokens: int, overlap_tokens: int
) -> dict[str, Any]:
    """List the options for what is wanted; nothing for what is not."""
    wanted: dict[str, Any] = {}
    if front_matter:
        wanted[FRONT_MATTER] = [field.value for field in front_matter]
    if chunk_tokens:
        wanted[CHUNK_LINES] = asdict(ChunkSize(chunk_tokens, overlap_tokens, folder))
    return wanted
