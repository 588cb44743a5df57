"""Splits lines that were found as one although the white between two columns runs through them. Pure.

Detection joins lines that stand closer than the words of a badly justified line. Only the white of many lines at one
place distinguishes columns from words.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, height, width
from markerd.convert.embedded.layout.column_gaps import LinePair, find_aligned_gaps
from markerd.convert.embedded.ocr.orientation import Quad, bound_points, measure_length, turn_point
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS

Span = tuple[float, float]


def find_wide_whites(line: NDArray[np.uint8]) -> list[Span]:
    """Find the wide white inside a line, in grey, (height, width): start and end in pixels from its left."""
    margin, least = THRESHOLDS.letter_margin * line.shape[0], THRESHOLDS.min_white * line.shape[0]
    return [(start + margin, end - margin) for start, end in find_whites(line) if end - start >= least]


def find_whites(line: NDArray[np.uint8]) -> list[Span]:
    """Find the white inside a line, however narrow."""
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


def split_lines(quads: Sequence[Quad], white: Sequence[Sequence[Span]], skew: float) -> list[Quad]:
    """Split lines where the edge of a column or very wide white is in them.

    `white` has the spans of `find_wide_whites` for each line. `skew` is the turn, in degrees, that makes the lines of
    the page level.
    """
    parts = [_split_pieces(quad, spans) for quad, spans in zip(quads, white, strict=True)]
    boxes = [[_bound_level(piece, skew) for piece in pieces] for pieces in parts]
    runs = [
        run
        for run in find_aligned_gaps([box for row in boxes for box in row], THRESHOLDS.max_gap_reach)
        if _is_column_edge(run)
    ]
    gaps = {gap for run in runs for gap in run}

    def is_cut(left: Box, right: Box) -> bool:
        return (left, right) in gaps or right[0] - left[2] > THRESHOLDS.max_space * min(height(left), height(right))

    return [
        part
        for quad, spans, row in zip(quads, white, boxes, strict=True)
        for part in _split_pieces(quad, [span for n, span in enumerate(spans) if is_cut(row[n], row[n + 1])])
    ]


def _is_column_edge(run: Sequence[LinePair]) -> bool:
    if len(run) < THRESHOLDS.min_gap_rows:
        return False
    return all(
        median(width(gap[side]) / max(height(gap[side]), 1.0) for gap in run) > THRESHOLDS.min_piece for side in (0, 1)
    )


def _bound_level(quad: Quad, skew: float) -> Box:
    return bound_points([turn_point(point, skew, (0, 0), (0, 0)) for point in quad])


def _split_pieces(quad: Quad, spans: Sequence[Span]) -> list[Quad]:
    """Split a line at the white; one piece where there is none."""
    length = max(measure_length(quad), 1.0)
    starts = [0.0, *(end / length for _, end in spans)]
    ends = [*(start / length for start, _ in spans), 1.0]
    return [_cut_part(quad, start, min(end, 1.0)) for start, end in zip(starts, ends, strict=True)]


def _cut_part(quad: Quad, start: float, end: float) -> Quad:
    top_left, top_right, bottom_right, bottom_left = quad

    def find_point(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    return (
        find_point(top_left, top_right, start),
        find_point(top_left, top_right, end),
        find_point(bottom_left, bottom_right, end),
        find_point(bottom_left, bottom_right, start),
    )
