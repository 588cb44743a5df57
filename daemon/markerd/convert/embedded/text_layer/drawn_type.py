"""What the name of a font does not say of its characters: their colour, and whether a stroke around them makes them
bold."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from pypdfium2 import raw

from markerd.convert.embedded.text_layer.placed_glyphs import FORCE_BOLD
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

COLOUR = "colour"
"""Key in pdftext's fonts: red, green and blue in one number, 0 for black."""

_Drawn = tuple[int, int, bool]  # the font, its colour, and whether a stroke makes it bold


def mark_drawn_types(chars: Any, text: Any) -> None:
    """Give characters of another colour, or bold by a stroke, a font of their own. `text` is PDFium's handle.

    PDFium is asked at the first and the last character of each run: what changes inside one is no type of a line.
    """
    runs = [(start, end, _read_type(chars, text, first, last)) for start, end, first, last in _find_runs(chars)]
    stroked = sum(end - start for start, end, (_, _, is_bold) in runs if is_bold)
    has_bold = stroked < THRESHOLDS.max_stroked * len(chars)
    plain = list(chars.fonts)
    made: dict[_Drawn, int] = {}
    for start, end, (font, colour, is_bold) in runs:
        drawn = font, colour, is_bold and has_bold
        if drawn not in made:
            made[drawn] = _choose_place(chars.fonts, font, is_free=all(font != known for known, *_ in made))
            chars.fonts[made[drawn]] = _describe(plain[font], drawn)
        chars.font_ids[start:end] = made[drawn]


def _find_runs(chars: Any) -> Iterator[tuple[int, int, int, int]]:
    """Yield start and end of each run in one font on one line, and its first and last character that can be seen."""
    is_seen = np.array([not character.isspace() for character in chars.text])
    is_break = (chars.codes[:-1] == ord("\n")) | (chars.codes[:-1] == ord("\r")) | (np.diff(chars.font_ids) != 0)
    edges = [0, *(np.flatnonzero(is_break) + 1).tolist(), len(chars)]
    if len(edges) > THRESHOLDS.max_runs:
        return
    for start, end in pairwise(edges):
        seen = np.flatnonzero(is_seen[start:end])
        if len(seen):
            yield start, end, start + int(seen[0]), start + int(seen[-1])


def _read_type(chars: Any, text: Any, first: int, last: int) -> _Drawn:
    start, end = int(chars.char_indices[first]), int(chars.char_indices[last])
    colour = _read_colour(text, start)
    drawn = raw.FPDFText_GetTextObject(text, start)
    is_stroked = bool(drawn) and raw.FPDFTextObj_GetTextRenderMode(drawn) == raw.FPDF_TEXTRENDERMODE_FILL_STROKE
    return int(chars.font_ids[first]), colour if colour == _read_colour(text, end) else 0, is_stroked


def _read_colour(text: Any, index: int) -> int:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not raw.FPDFText_GetFillColor(text, index, red, green, blue, alpha):
        return 0
    return red.value << 16 | green.value << 8 | blue.value


def _choose_place(fonts: list[dict[str, Any]], font: int, *, is_free: bool) -> int:
    """Choose where a font is described: in its own place, or in a new one where another type of it has that place."""
    if is_free:
        return font
    fonts.append({})
    return len(fonts) - 1


def _describe(font: dict[str, Any], drawn: _Drawn) -> dict[str, Any]:
    _, colour, is_bold = drawn
    flags = font["flags"] or 0
    return {**font, COLOUR: colour, "flags": flags | FORCE_BOLD if is_bold else flags}
