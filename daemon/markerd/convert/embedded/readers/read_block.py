"""What an independent reader finds on a page: a block of text, a table, or a picture's place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, from the page's top left corner."""


@dataclass(frozen=True)
class ReadBlock:
    """`label` is the name of a block type of Marker's; `html` is empty for a picture; `level` is a heading's."""

    label: str
    box: Box
    html: str = ""
    level: int | None = None


def text_block(text: str, box: Box) -> ReadBlock:
    """A paragraph; each line of the text stays a line."""
    return ReadBlock("Text", box, f"<p>{escape(text).replace(chr(10), '<br/>')}</p>")
