"""Chunks as JSON Lines: one object for each, with an id that it keeps. Pure."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markerd.convert.rendering.retrieval.cutting import Chunk, Size, cut_chunks
from markerd.convert.rendering.retrieval.placing import Placed, Places
from markerd.convert.rendering.retrieval.tokens import count_tokens

_NAMESPACE = uuid.UUID("6f1d5c1e-6a0b-5d0c-9a3e-3c7a1a3f0b52")
"""Of the ids: a number of our own, never to be changed."""

_OTHER_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""At which some readers of lines end one, too."""


@dataclass(frozen=True)
class Origin:
    """The document that the chunks are from: its hot folder, and its path below that."""

    folder: str
    document: str


def write_lines(markdown: str, places: Places, size: Size, origin: Origin) -> Iterator[str]:
    """Yield a line of JSON for each chunk, in order.

    The id of a chunk is made of its document, of its own text, without what it has in common with the chunk before, and
    of how many chunks with the same text come before it: neither its number nor its place, which an edit elsewhere
    changes.
    """
    seen: dict[str, int] = {}
    for number, chunk in enumerate(cut_chunks(markdown, size, places.find_page)):
        own = markdown[chunk.own_start : chunk.end]
        name = "\0".join((origin.folder, origin.document, own))
        key = uuid.uuid5(_NAMESPACE, name.encode("utf-8", "backslashreplace").decode("utf-8")).hex
        seen[key] = seen.get(key, 0) + 1
        chunk_id = uuid.uuid5(_NAMESPACE, f"{key}\0{seen[key]}")
        fields = {"id": str(chunk_id), "document": origin.document, "number": number}
        line = json.dumps({**fields, **_describe(markdown, chunk, places)}, ensure_ascii=False)
        yield line.translate(_OTHER_LINE_ENDS) + "\n"


def _describe(markdown: str, chunk: Chunk, places: Places) -> dict[str, Any]:
    text = markdown[chunk.start : chunk.end]
    found = places.find(chunk.start, chunk.end)
    return {
        "text": text,
        "start": chunk.start,
        "end": chunk.end,
        "overlap": chunk.own_start - chunk.start,
        "tokens": count_tokens(text),
        "heading_path": list(chunk.heading_path),
        "pages": sorted({placed.page for placed in found}),
        "boxes": [_write_box(placed) for placed in found if placed.box is not None],
    }


def _write_box(placed: Placed) -> dict[str, Any]:
    return {"page": placed.page, "box": [round(side, 1) for side in placed.box or ()]}
