"""Text that a drawn line strikes through or underlines. A PDF has no such property: the line is a path of the page like
any other."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
from pypdfium2 import raw

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text_layer.display_space import bound_shown
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

STRUCK = "is_struck"
"""Key in pdftext's fonts: whether a line strikes through the characters. pdftext ends a span where the font changes."""

UNDERLINED = "is_underlined"
"""The same for a line below the characters."""


def mark_ruled(chars: Any, page: Any, page_bbox: Any, rotation: int) -> None:
    """Give characters that are struck through or underlined a font of their own. `page` is PDFium's handle."""
    strikes, underlines = (
        (THRESHOLDS.min_strike_depth, THRESHOLDS.max_strike_depth),
        (THRESHOLDS.max_strike_depth, THRESHOLDS.max_underline_depth),
    )
    for rule in _find_thin_paths(page, page_bbox, rotation):
        for key, depths in ((STRUCK, strikes), (UNDERLINED, underlines)):
            ruled = _find_ruled(chars.boxes, rule, depths)
            for font in np.unique(chars.font_ids[ruled]):
                chars.fonts.append({**chars.fonts[font], key: True})
                chars.font_ids[ruled & (chars.font_ids == font)] = len(chars.fonts) - 1


def _find_thin_paths(page: Any, page_bbox: Any, rotation: int) -> Iterator[Box]:
    """Yield the boxes of paths that are horizontal lines, on the page as it is shown."""
    sides = [ctypes.c_float() for _ in range(4)]
    count = raw.FPDFPage_CountObjects(page)
    if count > THRESHOLDS.max_objects_for_strikes:
        return
    for number in range(count):
        item = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_PATH:
            continue
        if raw.FPDFPageObj_GetBounds(item, *sides):
            left, bottom, right, top = (side.value for side in sides)
            box = bound_shown([(left, bottom), (right, top)], page_bbox, rotation)
            across, down = box[2] - box[0], box[3] - box[1]
            if down <= THRESHOLDS.max_strike_pt and across >= THRESHOLDS.min_strike_ratio * down:
                yield box


def _find_ruled(boxes: Any, rule: Box, limits: tuple[float, float]) -> Any:
    """Mark the characters that the rule crosses at such a depth: none where it is longer than they are, as in a table.

    Depths go from 0 at the upper edge of the characters' boxes to 1 at the lower one.
    """
    middle = (rule[1] + rule[3]) / 2
    heights = boxes[:, 3] - boxes[:, 1]
    widths = boxes[:, 2] - boxes[:, 0]
    shared = np.minimum(boxes[:, 2], rule[2]) - np.maximum(boxes[:, 0], rule[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        depths = (middle - boxes[:, 1]) / heights
    is_level = (depths >= limits[0]) & (depths <= limits[1])
    is_thin = (rule[3] - rule[1]) <= THRESHOLDS.max_strike_share * heights
    struck = is_level & is_thin & (shared > THRESHOLDS.min_strike_overlap * widths)
    covered = float(widths[struck].sum())
    return struck if covered >= THRESHOLDS.min_strike_covered * (rule[2] - rule[0]) else np.zeros_like(struck)


def show_struck(text: str, next_text: str) -> str:
    """Return the HTML of a struck span. A space is added before a letter: what replaces a word is another word."""
    words = text.strip()
    if not words:
        return escape(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    space = " " if after or next_text[:1].isalnum() else ""
    return f"{' ' if before else ''}<del>{escape(words)}</del>{space}"
