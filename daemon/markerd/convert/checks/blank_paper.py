"""Whether a page's picture shows something, or is blank paper as a scanner sees it. Pure.

Paper has grain, uneven light, shadows at its edges, specks, holes, streaks, and text that shines through from its back.
What differs more than paper does is shown: a soft picture by its coarse levels, a drawing by its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from markerd.convert.checks.thresholds import THRESHOLDS

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Pixels = NDArray[np.uint8]


def measure_shown_share(image: Any, known: Sequence[Box] = ()) -> float:
    """Measure on which share of a page, a PIL image, something is shown: 0 for blank paper, 1 for a soft picture.

    What is inside the `known` boxes, in the image's pixels, does not count.
    """
    seen = np.array(image.convert("RGB"))
    paper = np.median(seen[:: THRESHOLDS.cells, :: THRESHOLDS.cells], axis=(0, 1))
    for left, top, right, bottom in known:
        seen[max(0, int(top)) : ceil(bottom), max(0, int(left)) : ceil(right)] = paper
    pixels = _cut_edges(_shrink(seen))
    if pixels.size == 0:
        return 0.0
    return 1.0 if is_shaded(pixels) else measure_drawn_share(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def find_drawn_box(image: Any) -> Box | None:
    """Find the box around all that is drawn on a page, a PIL image, in its pixels; None for blank paper.

    Its edges, where scanners leave shadows, and specks do not count.
    """
    pixels = _shrink(np.asarray(image.convert("RGB")))
    scale, edge = image.width / pixels.shape[1], round(THRESHOLDS.edge * min(pixels.shape[:2]))
    inner = _cut_edges(pixels)
    places = np.argwhere(_find_ink(cv2.cvtColor(inner, cv2.COLOR_RGB2GRAY))) if inner.size else np.empty((0, 2))
    if len(places) == 0:
        return None
    top, left = places.min(axis=0)
    bottom, right = places.max(axis=0) + 1
    x0, y0, x1, y1 = (float(edge + value) * scale for value in (left, top, right, bottom))
    return x0, y0, x1, y1


def _shrink(pixels: Pixels) -> Pixels:
    """Make the picture of a page no larger than the sizes of specks and lines are meant for."""
    scale = THRESHOLDS.side_px / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut_edges(pixels: Pixels) -> Pixels:
    edge = round(THRESHOLDS.edge * min(pixels.shape[:2]))
    return pixels[edge : pixels.shape[0] - edge, edge : pixels.shape[1] - edge]


def is_shaded(pixels: Pixels) -> bool:
    """Whether the coarse levels of a channel, of pixels (height, width, 3), differ by more than those of paper do."""
    levels = _measure_cells(pixels)
    stray = THRESHOLDS.stray_percentile
    spread = float((np.percentile(levels, 100 - stray, axis=0) - np.percentile(levels, stray, axis=0)).max())
    return spread > (
        THRESHOLDS.max_lit_spread if _measure_grain(pixels) >= THRESHOLDS.min_grain else THRESHOLDS.max_drawn_spread
    )


def _measure_cells(pixels: Pixels) -> NDArray[np.float64]:
    """Measure the median of each cell, as (cells, 3). A side shorter than the cells has one for each pixel."""
    rows = np.array_split(np.arange(pixels.shape[0]), min(THRESHOLDS.cells, pixels.shape[0]))
    columns = np.array_split(np.arange(pixels.shape[1]), min(THRESHOLDS.cells, pixels.shape[1]))
    return np.array(
        [
            np.median(pixels[row[0] : row[-1] + 1, column[0] : column[-1] + 1], axis=(0, 1))
            for row in rows
            for column in columns
        ]
    )


def _measure_grain(pixels: Pixels) -> float:
    """Measure how much the levels bend from pixel to pixel along the rows; a drawn line bends few of them."""
    bends = np.abs(np.diff(pixels[..., 1].astype(np.int16), n=2, axis=1))
    return float(np.minimum(bends, THRESHOLDS.min_ink_contrast).mean()) if bends.size else 0.0


def measure_drawn_share(grey: Pixels) -> float:
    """Measure on which share of a page in grey, (height, width), lines are drawn, in small squares.

    Streaks of a scanner, from edge to edge, and specks do not count.
    """
    side = THRESHOLDS.square_px
    down, across = grey.shape[0] // side, grey.shape[1] // side
    if down == 0 or across == 0:
        return 0.0
    ink = _find_ink(grey)[: down * side, : across * side]
    drawn = ink.reshape(down, side, across, side).mean(axis=(1, 3)) >= THRESHOLDS.min_square_ink
    rows, columns = _find_streaks(drawn.mean(axis=1)), _find_streaks(drawn.mean(axis=0))
    return float((drawn & ~rows[:, None] & ~columns[None, :]).mean())


def _find_streaks(shares: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the rows of squares that are drawn from edge to edge beside others, two away, that are not: no text."""
    near = np.pad(shares, 2)
    return (shares >= THRESHOLDS.min_streak) & (np.maximum(near[:-4], near[4:]) < 1 - THRESHOLDS.min_streak)


def _find_ink(grey: Pixels) -> NDArray[np.bool_]:
    """Find the pixels that are darker than what is around them, without specks."""
    calm = cv2.GaussianBlur(grey, (7, 7), 0)
    least = THRESHOLDS.min_ink_contrast
    ink = cv2.adaptiveThreshold(calm, 1, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, 31, least)
    _, shapes, sizes, _ = cv2.connectedComponentsWithStats(ink)
    is_drawn = sizes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) > THRESHOLDS.max_speck_px
    is_drawn[0] = False  # the paper
    return np.asarray(is_drawn[shapes], np.bool_)
