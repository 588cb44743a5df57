"""How a page lies, from the outlines of its lines: on its side, upside down, or a few degrees askew. Pure.

Angles are in degrees, counter-clockwise for the viewer of the page, as PIL's `rotate` takes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""The corners of a line: top left, top right, bottom right, bottom left."""


def round_to_quarter(degrees: float) -> int:
    """Round a turn to quarters: 0, 90, 180 or 270 degrees."""
    return round(degrees / 90) % 4 * 90


def measure_length(quad: Quad) -> float:
    """Measure the top edge."""
    return math.dist(quad[0], quad[1])


def measure_height(quad: Quad) -> float:
    """Measure the left edge."""
    return math.dist(quad[0], quad[3])


def are_tall(quads: Sequence[Quad]) -> bool:
    """Whether most of the text stands on its side, so that the page does."""
    long = [
        q
        for q in quads
        if max(measure_length(q), measure_height(q))
        > THRESHOLDS.min_long_line * min(measure_length(q), measure_height(q))
    ]
    tall = sum(measure_height(q) for q in long if measure_height(q) > measure_length(q))
    return tall > 0.5 * sum(max(measure_length(q), measure_height(q)) for q in long)


def measure_skew(quads: Sequence[Quad]) -> float:
    """Measure the turn that makes the page's lines level; 0 where the turn would not show."""
    slopes = sorted(
        (_measure_rise(q), measure_length(q))
        for q in quads
        if measure_length(q) > THRESHOLDS.min_long_line * measure_height(q) > 0
    )
    half = sum(length for _, length in slopes) / 2
    for slope, length in slopes:  # the median, in which each line weighs as much as it is long
        half -= length
        if half <= 0:
            return slope if THRESHOLDS.min_skew_degrees <= abs(slope) <= THRESHOLDS.max_skew_degrees else 0.0
    return 0.0


def _measure_rise(quad: Quad) -> float:
    """Measure the angle of a line from left to right; downwards is positive, because a left turn makes it level."""
    (left, top), (right, end) = quad[0], quad[1]
    return math.degrees(math.atan2(end - top, right - left))


def are_upside_down(upright: Sequence[float], turned: Sequence[float]) -> bool:
    """Whether lines read better turned by 180 degrees, by the scores of the same lines in both directions."""
    return _compute_mean(turned) > _compute_mean(upright) + THRESHOLDS.min_score_gain


def are_doubtful(scores: Sequence[float]) -> bool:
    """Whether lines read so badly that they may be upside down."""
    return bool(scores) and _compute_mean(scores) < THRESHOLDS.min_upright_score


def _compute_mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def choose_sample(quads: Sequence[Quad], count: int) -> list[int]:
    """Choose lines to judge by, as indices: long ones, spread over the page from top to bottom."""
    longest = sorted(range(len(quads)), key=lambda i: -measure_length(quads[i]))[: THRESHOLDS.sample_spread * count]
    ordered = sorted(longest, key=lambda i: quads[i][0][1])
    step = max(1, len(ordered) // count)
    return ordered[::step][:count]


def turn_point(point: Point, degrees: float, size: tuple[float, float], new_size: tuple[float, float]) -> Point:
    """Turn a point of an image of `size` with the image, which has `new_size` then."""
    angle = math.radians(degrees)
    x, y = point[0] - size[0] / 2, point[1] - size[1] / 2
    return (
        x * math.cos(angle) + y * math.sin(angle) + new_size[0] / 2,
        -x * math.sin(angle) + y * math.cos(angle) + new_size[1] / 2,
    )


def bound_points(quad: Sequence[Point]) -> Box:
    """The upright box around the points."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)
