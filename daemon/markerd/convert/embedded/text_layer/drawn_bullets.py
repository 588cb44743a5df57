"""Bullets that a PDF draws as shapes or small pictures, which no text layer has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from markerd.convert.embedded.geometry import Box, height, width
from markerd.convert.embedded.text_layer.struck_text import mark_characters
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

DRAWN_BULLET = "follows_drawn_bullet"
"""Key in pdftext's fonts: whether a drawn bullet stands before the character."""


def mark_bullets(chars: Any, marks: Sequence[Box]) -> None:
    """Give the first character after each drawn bullet a font of its own.

    A bullet is a small mark before the first letter of a line, with others of its size in one column: one alone may
    belong to a drawing. `marks` are the page's small shapes.
    """
    round_marks = [mark for mark in marks if _is_compact(mark)]
    found = [(mark, first) for mark in round_marks if (first := _find_first_character(chars, mark)) is not None]
    sizes = Counter(_find_place(mark) for mark, _ in found)
    listed = [first for mark, first in found if sizes[_find_place(mark)] >= THRESHOLDS.min_drawn_bullets]
    if listed:
        mark_characters(chars, np.unique(listed), {DRAWN_BULLET: True})


def _is_compact(mark: Box) -> bool:
    across, down = width(mark), height(mark)
    return min(across, down) >= max(THRESHOLDS.min_bullet_pt, THRESHOLDS.min_bullet_ratio * max(across, down))


def _find_place(mark: Box) -> tuple[int, int]:
    """The column and the size of a mark, rounded."""
    return round(mark[0] / THRESHOLDS.bullet_step_pt), round(width(mark) / THRESHOLDS.bullet_step_pt)


def _find_first_character(chars: Any, mark: Box) -> int | None:
    """Find the character that begins the line right of the mark; None where the mark stands before no line."""
    boxes = chars.boxes
    middle = (mark[1] + mark[3]) / 2
    highs = boxes[:, 3] - boxes[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        depths = (middle - boxes[:, 1]) / highs
    is_small = height(mark) < THRESHOLDS.max_bullet_share * highs
    is_level = (depths > THRESHOLDS.min_bullet_depth) & (depths < THRESHOLDS.max_bullet_depth) & is_small
    level = [i for i in np.flatnonzero(is_level) if not chars.text[i].isspace()]
    if not level:
        return None
    first = min((i for i in level if boxes[i, 0] >= mark[2]), key=lambda i: boxes[i, 0], default=None)
    reach = THRESHOLDS.max_bullet_gap * (float(highs[first]) if first is not None else 0.0)
    if first is None or boxes[first, 0] - mark[2] > reach or not chars.text[first].isalnum():
        return None
    is_inside = any(boxes[i, 0] < mark[0] and mark[0] - boxes[i, 2] < reach for i in level)
    return None if is_inside else int(first)
