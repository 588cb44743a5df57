"""Adds to pdftext's reading of a page what it does not ask PDFium for: where characters without a box stand, which
fonts have no mapping to Unicode, how characters are drawn, and what the PDF calls a heading."""

from __future__ import annotations

import ctypes
import functools
import math
from typing import Any

import numpy as np
from pypdfium2 import raw

from markerd.convert.embedded.text_layer.display_space import bound_shown
from markerd.convert.embedded.text_layer.drawn_bullets import mark_bullets
from markerd.convert.embedded.text_layer.drawn_paths import read_paths
from markerd.convert.embedded.text_layer.drawn_type import mark_drawn_types
from markerd.convert.embedded.text_layer.struck_text import mark_ruled
from markerd.convert.embedded.text_layer.tagged_headings import mark_tagged_headings
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

UNMAPPED = "is_unmapped"
"""Key in pdftext's fonts: whether the characters are codes of the font's own, not those that are seen."""


def complete_reader(original: Any) -> Any:
    """Wrap pdftext's reader of a page's characters, so that it also gives what it leaves out."""

    @functools.wraps(original)
    def get_chars(textpage: Any, page_bbox: Any, page_rotation: int, quote_loosebox: bool = True) -> Any:
        chars = original(textpage, page_bbox, page_rotation, quote_loosebox)
        if len(chars):
            _place_characters(chars, textpage.raw, page_bbox, page_rotation)
            _mark_unmapped(chars, textpage.raw)
            mark_drawn_types(chars, textpage.raw)
            drawn = read_paths(textpage.page.raw, page_bbox, page_rotation)
            mark_ruled(chars, drawn.rules)
            mark_bullets(chars, drawn.marks)
            mark_tagged_headings(chars, textpage.page.raw, page_bbox, page_rotation)
        return chars

    return get_chars


def _place_characters(chars: Any, text: Any, page_bbox: Any, rotation: int) -> None:
    """Give characters whose boxes have no area, or no number for an edge, the place where they are drawn."""
    boxes = chars.boxes
    with np.errstate(invalid="ignore"):
        is_whole = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]) & np.isfinite(boxes).all(axis=1)
    for i in np.flatnonzero(~is_whole):
        if not chars.text[i].isspace():
            sides = boxes[i][2] - boxes[i][0], boxes[i][3] - boxes[i][1]
            known = max((side for side in sides if math.isfinite(side)), default=0.0)
            corners = find_drawn_corners(text, int(chars.char_indices[i]), known)
            boxes[i] = bound_shown(corners, page_bbox, rotation)


def find_drawn_corners(text: Any, index: int, advance: float) -> list[tuple[float, float]]:
    """Find the corners of a character where PDFium draws it, by its origin, in the page's own space.

    `advance` is its width in points, 0 where it is unknown.
    """
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_MATRIX()
    raw.FPDFText_GetCharOrigin(text, index, x, y)
    raw.FPDFText_GetMatrix(text, index, matrix)
    size = raw.FPDFText_GetFontSize(text, index)
    right = (matrix.a * size, matrix.b * size)
    up = (matrix.c * size, matrix.d * size)
    across = advance / math.hypot(*right) if advance > 0 and any(right) else THRESHOLDS.usual_advance
    return [
        (x.value + right[0] * along + up[0] * above, y.value + right[1] * along + up[1] * above)
        for along in (0.0, across)
        for above in (-THRESHOLDS.descent, THRESHOLDS.ascent)
    ]


def _mark_unmapped(chars: Any, text: Any) -> None:
    """Mark fonts without a mapping to Unicode. PDFium is asked once for each character of each font.

    Most pages have about a hundred of these, not thousands.
    """
    keys = chars.font_ids.astype(np.int64) << 32 | chars.codes
    different, firsts, counts = np.unique(keys, return_index=True, return_counts=True)
    of_font: dict[int, list[int]] = {}
    for key, first, count in zip(different, firsts, counts, strict=True):
        if not chars.text[first].isspace():
            seen = of_font.setdefault(int(key >> 32), [0, 0])
            seen[0] += int(count)
            is_unmapped = raw.FPDFText_HasUnicodeMapError(text, int(chars.char_indices[first])) == 1
            seen[1] += int(count) * is_unmapped
    for font, (all_, unmapped) in of_font.items():
        chars.fonts[font][UNMAPPED] = unmapped > THRESHOLDS.max_unmapped * all_
