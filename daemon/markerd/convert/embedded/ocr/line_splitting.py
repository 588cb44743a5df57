"""Lines that were found in one although the white between two columns runs through them. Pure.

Detection joins what stands closer than the words of a badly justified line: only that the white of many lines is in
one place tells columns from words.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, height, width
from markerd.convert.embedded.layout.column_gaps import LinePair, find_aligned_gaps
from markerd.convert.embedded.ocr.orientation import Quad, box_around, length_of, turned_point
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS

Span = tuple[float, float]


def wide_whites(line: NDArray[np.uint8]) -> list[Span]:
    """Where a line, in grey, (height, width), has wide white within it: from and to in pixels from its left."""
    margin, least = THRESHOLDS.letter_margin * line.shape[0], THRESHOLDS.min_white * line.shape[0]
    return [(start + margin, end - margin) for start, end in whites(line) if end - start >= least]


def whites(line: NDArray[np.uint8]) -> list[Span]:
    """Where a line has white within it, however narrow."""
    rows, columns = line.shape
    if not rows or not columns:
        return []
    paper = int(np.bincount(line.ravel(), minlength=256).argmax())
    difference = np.abs(line.astype(np.int16) - paper)
    is_ink = difference > min(
        THRESHOLDS.min_ink_contrast,
        THRESHOLDS.min_faint_contrast * float(np.percentile(difference, THRESHOLDS.stroke_percentile)),
    )
    is_white = is_ink.mean(axis=0) <= THRESHOLDS.max_grain
    edges = np.flatnonzero(np.diff(np.pad(is_white.astype(np.int8), 1)))
    spans = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(float(start), float(end)) for start, end in spans if start > 0 and end < columns]


def cut(quads: Sequence[Quad], white: Sequence[Sequence[Span]], skew: float) -> list[Quad]:
    """The lines, those cut where a column's edge or very wide white is in them. `white`: as `wide_whites` found it.

    `skew`: by how many degrees the page must turn for its lines to be level.
    """
    parts = [_pieces(quad, spans) for quad, spans in zip(quads, white, strict=True)]
    boxes = [[_level(piece, skew) for piece in pieces] for pieces in parts]
    runs = [
        run
        for run in find_aligned_gaps([box for row in boxes for box in row], THRESHOLDS.max_gap_reach)
        if _is_edge(run)
    ]
    gaps = {gap for run in runs for gap in run}

    def is_cut(left: Box, right: Box) -> bool:
        return (left, right) in gaps or right[0] - left[2] > THRESHOLDS.max_space * min(height(left), height(right))

    return [
        part
        for quad, spans, row in zip(quads, white, boxes, strict=True)
        for part in _pieces(quad, [span for n, span in enumerate(spans) if is_cut(row[n], row[n + 1])])
    ]


def _is_edge(run: Sequence[LinePair]) -> bool:
    if len(run) < THRESHOLDS.min_gap_rows:
        return False
    return all(
        median(width(gap[side]) / max(height(gap[side]), 1.0) for gap in run) > THRESHOLDS.min_piece for side in (0, 1)
    )


def _level(quad: Quad, skew: float) -> Box:
    return box_around([turned_point(point, skew, (0, 0), (0, 0)) for point in quad])


def _pieces(quad: Quad, spans: Sequence[Span]) -> list[Quad]:
    """What is left of a line without the white; all of it where there is none."""
    length = max(length_of(quad), 1.0)
    starts = [0.0, *(end / length for _, end in spans)]
    ends = [*(start / length for start, _ in spans), 1.0]
    return [_part(quad, start, min(end, 1.0)) for start, end in zip(starts, ends, strict=True)]


def _part(quad: Quad, start: float, end: float) -> Quad:
    top_left, top_right, bottom_right, bottom_left = quad

    def along(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    return (
        along(top_left, top_right, start),
        along(top_left, top_right, end),
        along(bottom_left, bottom_right, end),
        along(bottom_left, bottom_right, start),
    )
