"""What a page draws besides text: the places of its lines and of small marks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pypdfium2 import raw

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text_layer.display_space import bound_shown
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS


@dataclass(frozen=True)
class DrawnPaths:
    """Boxes on the page as it is shown."""

    rules: list[Box] = field(default_factory=list)
    """Horizontal lines."""
    marks: list[Box] = field(default_factory=list)
    """Small pictures and filled shapes that are about as wide as high."""


def read_paths(page: Any, page_bbox: Any, rotation: int) -> DrawnPaths:
    """Read what a page draws. A page with more objects than are looked at draws a picture: nothing is read.

    `page` is PDFium's handle, `page_bbox` its box in points, `rotation` is in degrees.
    """
    found = DrawnPaths()
    if raw.FPDFPage_CountObjects(page) > THRESHOLDS.max_drawn_objects:
        return found
    for left, bottom, right, top, is_filled in _list_small(page):
        box = bound_shown([(left, bottom), (right, top)], page_bbox, rotation)
        across, down = box[2] - box[0], box[3] - box[1]
        if down <= THRESHOLDS.max_strike_pt and across >= THRESHOLDS.min_strike_ratio * down:
            found.rules.append(box)
        elif is_filled and max(across, down) <= THRESHOLDS.max_mark_pt:
            found.marks.append(box)
    is_drawing = max(len(found.rules), len(found.marks)) > THRESHOLDS.max_drawn_lines
    return DrawnPaths() if is_drawing else found


def _list_small(page: Any) -> Iterator[tuple[float, float, float, float, bool]]:
    """Yield the sides of paths, pictures and forms that are thin or small, and whether they are filled."""
    sides = [ctypes.c_float() for _ in range(4)]
    mode, is_stroked = ctypes.c_int(), ctypes.c_int()
    for number in range(raw.FPDFPage_CountObjects(page)):
        item = raw.FPDFPage_GetObject(page, number)
        kind = raw.FPDFPageObj_GetType(item)
        if kind == raw.FPDF_PAGEOBJ_TEXT or not raw.FPDFPageObj_GetBounds(item, *sides):
            continue
        left, bottom, right, top = (side.value for side in sides)
        wide, high = right - left, top - bottom
        if min(wide, high) <= THRESHOLDS.max_strike_pt or max(wide, high) <= THRESHOLDS.max_mark_pt:
            is_path = kind == raw.FPDF_PAGEOBJ_PATH
            is_filled = not is_path or (raw.FPDFPath_GetDrawMode(item, mode, is_stroked) and mode.value > 0)
            yield left, bottom, right, top, bool(is_filled)
