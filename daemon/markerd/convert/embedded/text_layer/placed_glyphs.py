"""The glyphs of a page's text layer with their places, and the words that they make.

Only modules that run with Marker import this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pdftext.postprocessing import postprocess_text

from markerd.convert.embedded.geometry import Box, area, as_box, height, union
from markerd.convert.embedded.text.mending import mend_text
from markerd.convert.embedded.text.patterns import MONO_FONT, RIGHT_TO_LEFT
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

HYPHENS = str.maketrans("\x02\ufffe", "--")  # how PDFium gives the hyphen of a word that the end of a line breaks
FIXED_PITCH, FORCE_BOLD = 1, 1 << 18  # of a font's flags


class PlacedGlyph(NamedTuple):
    """A character with its place, the number of its span, pdftext's font, and whether it leaves ink on the page."""

    character: str
    box: Box
    span: int
    font: Any
    is_seen: bool

    @property
    def is_mono(self) -> bool:
        return _is_mono_font(self.font["name"] or "", self.font["flags"] or 0)


def place_glyph(char: Any, span: int) -> PlacedGlyph:
    """Build the glyph of one of pdftext's characters."""
    character, box = char["char"], as_box(char["bbox"])
    return PlacedGlyph(character, box, span, char["font"], not character.isspace() and area(box) > 0)


@lru_cache
def _is_mono_font(name: str, flags: int) -> bool:
    return bool(MONO_FONT.search(name)) or bool(flags & FIXED_PITCH)


def cut_at_gaps(glyphs: Sequence[PlacedGlyph], min_gap: float) -> list[list[PlacedGlyph]]:
    """Cut glyphs at gaps wider than `min_gap`, in heights of the letters."""
    if RIGHT_TO_LEFT.search("".join(glyph.character for glyph in glyphs)):
        return [list(glyphs)]  # places go back and forth in a line that runs from right to left
    parts: list[list[PlacedGlyph]] = [[]]
    last: PlacedGlyph | None = None
    for glyph in glyphs:
        if glyph.is_seen:
            if last is not None and _is_apart(last.box, glyph.box, min_gap):
                parts.append([])
            last = glyph
        parts[-1].append(glyph)
    return parts


def _is_apart(last: Box, box: Box, min_gap: float) -> bool:
    gap = max(box[0] - last[2], last[0] - box[2])
    if gap <= 0 or gap <= min_gap * max(height(last), height(box)):
        return False
    return min(last[3], box[3]) > max(last[1], box[1])


def read_layer_words(pdftext_page: Any) -> list[tuple[Box, str]]:
    """Read the words of a page, each with its own place."""
    words: list[tuple[Box, str]] = []
    for line in (line for block in (pdftext_page or {}).get("blocks", ()) for line in block["lines"]):
        glyphs = [place_glyph(char, 0) for span in line["spans"] for char in span["chars"]]
        for part in cut_at_gaps(glyphs, THRESHOLDS.min_cell_gap):
            words.extend(_split_words(part))
    return words


def _split_words(glyphs: Sequence[PlacedGlyph]) -> Iterator[tuple[Box, str]]:
    word: list[PlacedGlyph] = []
    for glyph in [*glyphs, None]:
        if glyph is not None and glyph.is_seen:
            word.append(glyph)
        elif word and (glyph is None or glyph.character.isspace()):
            text = mend_text(postprocess_text("".join(g.character for g in word).translate(HYPHENS)))
            if text.strip():
                yield union(g.box for g in word), text.strip()
            word = []
