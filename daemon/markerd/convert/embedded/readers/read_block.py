"""What an independent reader finds on a page: blocks of text, tables and pictures, and the cells of a table. Pure."""

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


@dataclass(frozen=True)
class PlacedCell:
    """A cell: its place, how many rows and columns it spans, and the box of its content, in the unit of the page."""

    row: int
    column: int
    box: Box
    is_head: bool = False
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True)
class PlacedTable:
    """A table without its text: where it stands, and its cells row by row."""

    box: Box
    cells: tuple[PlacedCell, ...]


def build_text_block(text: str, box: Box) -> ReadBlock:
    """Build a paragraph; each line of the text stays a line."""
    return ReadBlock("Text", box, f"<p>{escape(text).replace(chr(10), '<br/>')}</p>")
