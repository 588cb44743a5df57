"""Where the shade behind the rows of a table changes. Pure, on pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

Pixels = NDArray[np.uint8]


def paint_over(grey: Pixels, words: Sequence[Box]) -> Pixels:
    """Paint over the words, given in pixels from left to right, with what is at the left of each."""
    bare = grey.copy()
    for left, top, right, bottom in words:
        start, end = (max(0, round(side)) for side in (left - THRESHOLDS.word_halo_across_px, right + 1))
        rows = slice(*(max(0, round(side)) for side in (top - THRESHOLDS.word_halo_down_px, bottom + 1)))
        bare[rows, start:end] = bare[rows, start : start + 1]
    return bare


def find_shade_edges(bare: Pixels, box: Box) -> list[float]:
    """Find the heights in the box at which another shade begins behind most of its width, in pixels of a page.

    `bare` is the page without its words. The median of a few rows of pixels is that of no thin rule.
    """
    left, top, right, bottom = (max(0, round(side)) for side in box)
    part = bare[top:bottom, left:right]
    if min(part.shape) < THRESHOLDS.shade_px + 1:
        return []
    ground = cv2.medianBlur(np.median(part, axis=1).astype(np.uint8)[:, None], THRESHOLDS.shade_px)[:, 0].astype(int)
    step = THRESHOLDS.shade_px - 1  # the border of a shade may lie on a few rows of pixels
    steps = np.abs(ground[step:] - ground[:-step])
    found = np.flatnonzero(steps >= THRESHOLDS.min_shade_contrast)
    if not len(found):
        return []
    cuts = [0, *(np.flatnonzero(np.diff(found) > 1) + 1), len(found)]
    return [top + (step + 1) / 2 + float(found[a:b].mean()) for a, b in pairwise(cuts)]
