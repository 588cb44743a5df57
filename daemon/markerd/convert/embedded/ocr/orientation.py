"""How a page lies, from the outlines of its lines: on its side, on its head, or a few degrees askew. Pure.

Angles are in degrees, counter-clockwise as one looks at the page, as PIL's `rotate` takes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""The corners of a line: top left, top right, bottom right, bottom left."""


def quarters(degrees: float) -> int:
    """The quarter turns in a turn: 0, 90, 180 or 270."""
    return round(degrees / 90) % 4 * 90


def length_of(quad: Quad) -> float:
    """Of its upper side."""
    return math.dist(quad[0], quad[1])


def height_of(quad: Quad) -> float:
    """Of its left side."""
    return math.dist(quad[0], quad[3])


def are_tall(quads: Sequence[Quad]) -> bool:
    """Whether most of what the page says stands on its side: then the page does."""
    long = [
        q for q in quads if max(length_of(q), height_of(q)) > THRESHOLDS.min_long_line * min(length_of(q), height_of(q))
    ]
    tall = sum(height_of(q) for q in long if height_of(q) > length_of(q))
    return tall > 0.5 * sum(max(length_of(q), height_of(q)) for q in long)


def skew_degrees(quads: Sequence[Quad]) -> float:
    """By how much the page must be turned for its lines to be level; 0 where that would not show."""
    slopes = sorted(
        (_rise(q), length_of(q)) for q in quads if length_of(q) > THRESHOLDS.min_long_line * height_of(q) > 0
    )
    half = sum(length for _, length in slopes) / 2
    for slope, length in slopes:  # the median, each line with its length for a weight
        half -= length
        if half <= 0:
            return slope if THRESHOLDS.min_skew_degrees <= abs(slope) <= THRESHOLDS.max_skew_degrees else 0.0
    return 0.0


def _rise(quad: Quad) -> float:
    """Of a line from left to right; downwards is positive, for it takes a turn to the left to be level."""
    (left, top), (right, end) = quad[0], quad[1]
    return math.degrees(math.atan2(end - top, right - left))


def stand_on_their_head(upright: Sequence[float], turned: Sequence[float]) -> bool:
    """Whether lines read better turned by 180 degrees, by the scores of the same lines either way."""
    return _mean(turned) > _mean(upright) + THRESHOLDS.min_score_gain


def are_doubtful(scores: Sequence[float]) -> bool:
    """Whether lines read so badly that they may stand on their head."""
    return bool(scores) and _mean(scores) < THRESHOLDS.min_upright_score


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def sample(quads: Sequence[Quad], count: int) -> list[int]:
    """The indices of lines to judge by: long ones, spread over the page from top to bottom."""
    longest = sorted(range(len(quads)), key=lambda i: -length_of(quads[i]))[: THRESHOLDS.sample_spread * count]
    ordered = sorted(longest, key=lambda i: quads[i][0][1])
    step = max(1, len(ordered) // count)
    return ordered[::step][:count]


def turned_point(point: Point, degrees: float, size: tuple[float, float], new_size: tuple[float, float]) -> Point:
    """Where a point of an image of `size` lies once the image was turned, and is of `new_size`."""
    angle = math.radians(degrees)
    x, y = point[0] - size[0] / 2, point[1] - size[1] / 2
    return (
        x * math.cos(angle) + y * math.sin(angle) + new_size[0] / 2,
        -x * math.sin(angle) + y * math.cos(angle) + new_size[1] / 2,
    )


def box_around(quad: Sequence[Point]) -> Box:
    """The upright box that holds the points."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)
