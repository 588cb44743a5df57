"""A block that an independent reader finds on a page: text, a table, or the place of a picture. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, from the page's top left corner."""


@dataclass(frozen=True)
class ReadBlock:
    """A block: `label` names one of Marker's block types, `html` is empty for a picture, `level` is a heading's."""

    label: str
    box: Box
    html: str = ""
    level: int | None = None


def build_text_block(text: str, box: Box) -> ReadBlock:
    """Build a paragraph; each line of the text stays a line."""
    return ReadBlock("Text", box, f"<p>{escape(text).replace(chr(10), '<br/>')}</p>")
