"""Axis-parallel boxes `(left, top, right, bottom)` in any one unit, with y growing downwards. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from statistics import median

Box = tuple[float, float, float, float]


def as_box(values: Sequence[float]) -> Box:
    """The first four numbers as a box with left <= right and top <= bottom; 0 replaces what is no finite number."""
    x0, y0, x1, y1 = map(float, values[:4])
    if not isfinite(x0 + y0 + x1 + y1):
        x0, y0, x1, y1 = (value if isfinite(value) else 0.0 for value in (x0, y0, x1, y1))
    if x0 <= x1 and y0 <= y1:
        return x0, y0, x1, y1
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def area(box: Box) -> float:
    """Width times height; 0 for a box that is turned inside out."""
    left, top, right, bottom = box
    return (right - left) * (bottom - top) if right > left and bottom > top else 0.0


def height(box: Box) -> float:
    """The distance from top to bottom."""
    return box[3] - box[1]


def width(box: Box) -> float:
    """The distance from left to right."""
    return box[2] - box[0]


def overlap(first: Box, second: Box) -> float:
    """The area that both share."""
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return across * down if across > 0 and down > 0 else 0.0


def share_inside(inner: Box, outer: Box) -> float:
    """The share of `inner` that lies in `outer`, 0 to 1; a box without width or height counts by its other side."""
    if area(inner) > 0:
        return overlap(inner, outer) / area(inner)
    return _share_of_range(inner[0], inner[2], outer[0], outer[2]) * _share_of_range(
        inner[1], inner[3], outer[1], outer[3]
    )


def _share_of_range(start: float, end: float, outer_start: float, outer_end: float) -> float:
    if end <= start:
        return float(outer_start <= start <= outer_end)
    return max(0.0, min(end, outer_end) - max(start, outer_start)) / (end - start)


def horizontal_overlap(first: Box, second: Box) -> float:
    """The shared x range; a negative value is the gap between the boxes."""
    return min(first[2], second[2]) - max(first[0], second[0])


def vertical_overlap(first: Box, second: Box) -> float:
    """The shared y range; a negative value is the gap between the boxes."""
    return min(first[3], second[3]) - max(first[1], second[1])


def usual(values: Iterable[float], of_none: float = 0.0) -> float:
    """The median; `of_none` where there are no values."""
    found = list(values)
    return median(found) if found else of_none


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all boxes; raises ValueError for none."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def corners(box: Box) -> list[list[float]]:
    """The corners clockwise from the top left: the polygon that Marker and surya expect."""
    left, top, right, bottom = box
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def group_by_height(boxes: Sequence[Box]) -> list[list[int]]:
    """Group the indices of boxes that stand at one height, from top to bottom."""
    rows: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda i: (boxes[i][1] + boxes[i][3]) / 2):
        if rows and _is_level(boxes[index], [boxes[i] for i in rows[-1]]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def _is_level(box: Box, row: Sequence[Box]) -> bool:
    top, bottom = median(b[1] for b in row), median(b[3] for b in row)
    return vertical_overlap(box, (0.0, top, 0.0, bottom)) > 0.5 * min(height(box), bottom - top)
