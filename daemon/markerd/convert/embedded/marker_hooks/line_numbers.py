"""Leaves the numbers of lines out of text layers, before their lines are read, and out of what OCR reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from markerd.convert.embedded.geometry import as_box, union
from markerd.convert.embedded.layout.line_numbers import LineNumber, Piece, cut_numbers, find_line_numbers
from markerd.convert.embedded.layout.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.engine import PageText
from markerd.convert.embedded.text.patterns import MOST_LINE_DIGITS
from markerd.convert.embedded.text_layer.placed_glyphs import cut_at_gaps, place_glyph
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS as TEXT_LAYER_THRESHOLDS

Char = dict[str, Any]
"""A character as pdftext has it."""


@dataclass(frozen=True)
class _Part:
    """What stands between two gaps of a line, with its characters; without them where none can be a line's number."""

    piece: Piece
    chars: Sequence[Char] = ()


def leave_out_line_numbers(pages: Sequence[Any]) -> None:
    """Make blanks of the numbers of lines in these pages of Marker's, which note what they lose."""
    for page, numbers in zip(pages, _blank_line_numbers([page.pdftext_page for page in pages]), strict=True):
        page.leave_out(numbers)


def _blank_line_numbers(pages: Sequence[Any]) -> list[str]:
    """Make blanks of the numbers of lines in these pages of pdftext's; returns what each page has lost."""
    values = [{value for line in _list_lines(page) for value in _read_edges(line)} for page in pages]
    if not any(map(_do_count_on, values)):  # most documents are done with here
        return [""] * len(pages)
    parts = [
        [part for line in _list_lines(page) for part in _read_parts(line)] if own else []
        for page, own in zip(pages, values, strict=True)
    ]
    found = find_line_numbers([[part.piece for part in page] for page in parts])
    return [_blank(numbers, page) for numbers, page in zip(found, parts, strict=True)]


def _list_lines(page: Any) -> Iterator[Any]:
    return (line for block in (page or {}).get("blocks", ()) for line in block["lines"])


def _read_text(line: Any) -> str:
    return "".join(span["text"] for span in line["spans"])


def _read_edges(line: Any) -> list[int]:
    """Read the numbers at the line's start and end."""
    words = _read_text(line).split()
    edges = {*words[:1], *words[-1:]}
    return [int(edge) for edge in edges if edge.isascii() and edge.isdecimal() and len(edge) <= MOST_LINE_DIGITS]


def _do_count_on(values: Set[int]) -> bool:
    """Whether three of the numbers stand equally far apart."""
    steps = range(1, THRESHOLDS.max_number_step + 1)
    return any(value + step in values and value + 2 * step in values for value in values for step in steps)


def _read_parts(line: Any) -> Iterator[_Part]:
    """Read the parts of a line. Only one with a number at an edge is looked at by its characters, which takes time."""
    if not _read_edges(line):
        yield _Part((as_box(line["bbox"]), _read_text(line)))
        return
    chars = [char for span in line["spans"] for char in span["chars"]]
    known = iter(chars)
    glyphs = [place_glyph(char, 0) for char in chars]
    for part in cut_at_gaps(glyphs, TEXT_LAYER_THRESHOLDS.min_cell_gap):
        own = [next(known) for _ in part]
        boxes = [glyph.box for glyph in part if glyph.is_seen]
        if boxes:
            yield _Part((union(boxes), "".join(glyph.character[:1] or " " for glyph in part)), own)


def _blank(numbers: Sequence[LineNumber], parts: Sequence[_Part]) -> str:
    """Replace the characters of the numbers by spaces, which the reading of lines drops."""
    for number in numbers:
        for char in parts[number.piece].chars[number.start : number.end]:
            char["char"] = " "
    return " ".join(str(number.value) for number in numbers)


def drop_line_numbers(reading: PageText) -> PageText:
    """Drop the numbers of lines, as transcripts have them, and what stands before a line's text as its number."""
    pieces = [(line.box, line.text) for line in reading.lines]
    numbers = find_line_numbers([pieces])[0]
    cut = [cut_numbers(piece, [n for n in numbers if n.piece == i]) for i, piece in enumerate(pieces)]
    kept = [replace(line, box=box, text=text) for line, (box, text) in zip(reading.lines, cut, strict=True) if text]
    return replace(reading, lines=tuple(kept))
