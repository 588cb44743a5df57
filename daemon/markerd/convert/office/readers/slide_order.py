"""The order in which shapes of a slide are seen: row by row, each from left to right, a caption with its picture. Pure.

A slide is cut where white reaches from side to side; each row is cut where white reaches from its top to its bottom;
and so on within each part. Lengths are in EMU, of which an inch has 914,400.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class SlideThresholds:
    """What counts as beside and below on a slide; from the layouts that PowerPoint and LibreOffice come with."""

    overlap: float = 0.1
    """The share of a shape's height or width that another may reach into: frames are larger than their texts."""
    most_gap: int = 182_880
    """The widest gap, a fifth of an inch, between a picture and its caption, or a head and its text."""
    least_shared: float = 0.8
    """The least share of the narrower one's width that a picture and its caption have in common."""
    longest_caption: int = 200
    """Characters of a caption or a head, at most."""
    same_line: int = 91_440
    """Tops that differ by less, a tenth of an inch, are at one height."""
    most_shapes: int = 300
    """The most shapes that are compared with each other. With more, a slide is a drawing, and is read by rows alone."""


THRESHOLDS = SlideThresholds()


class Box(NamedTuple):
    """Where a shape stands, and what it is: its text's length, and whether it is a picture."""

    left: int
    top: int
    right: int
    bottom: int
    characters: int = 0
    is_picture: bool = False


Unit = tuple[Box, list[int]]
"""What is read as one: the box around it, and the numbers of its shapes in their order."""


def order_shapes(boxes: Sequence[Box]) -> list[int]:
    """Return the numbers of shapes in the order in which they are seen."""
    if len(boxes) > THRESHOLDS.most_shapes:
        return [number for unit in _sort_by_rows([(box, [n]) for n, box in enumerate(boxes)]) for number in unit[1]]
    return [number for unit in _order(_pair_up(boxes)) for number in unit[1]]


def _pair_up(boxes: Sequence[Box]) -> list[Unit]:
    """Put each short text with the picture that it stands below, or the longer text that it stands right above."""
    units: dict[int, list[int]] = {number: [number] for number in range(len(boxes))}
    for number, box in enumerate(boxes):
        if box.is_picture or not 0 < box.characters <= THRESHOLDS.longest_caption:
            continue
        above = _find_nearest(boxes, number, lambda box, other: other.is_picture and _measure_gap(other, box))
        below = _find_nearest(boxes, number, lambda box, other: _is_text_below(box, other) and _measure_gap(box, other))
        if above is not None and units.get(above) == [above]:
            units[above].append(number)
            del units[number]
        elif above is None and below is not None and units.get(below) == [below]:
            units[below].insert(0, number)
            del units[number]
    return [(_surround([boxes[each] for each in unit]), unit) for unit in units.values()]


def _is_text_below(head: Box, text: Box) -> bool:
    """Whether a text that is longer has the same left edge and about the same width as what may be its head."""
    width = max(head.right - head.left, 1)
    return (
        text.characters > head.characters
        and not text.is_picture
        and abs(text.left - head.left) <= THRESHOLDS.same_line
        and abs(text.right - head.right) <= THRESHOLDS.overlap * width
    )


def _find_nearest(boxes: Sequence[Box], number: int, measure: Callable[[Box, Box], float | bool]) -> int | None:
    """Return the shape with the least gap; None where all are too far. `measure` returns False for other shapes."""
    gaps = [(measure(boxes[number], other), place) for place, other in enumerate(boxes) if place != number]
    near = [(gap, place) for gap, place in gaps if gap is not False and abs(gap) <= THRESHOLDS.most_gap]
    return min(near)[1] if near else None


def _measure_gap(upper: Box, lower: Box) -> float | bool:
    """Return the gap between two shapes, one below the other; False where they are not in one column."""
    shared = min(upper.right, lower.right) - max(upper.left, lower.left)
    narrower = min(upper.right - upper.left, lower.right - lower.left)
    if lower.top <= upper.top or shared < THRESHOLDS.least_shared * max(narrower, 1):
        return False
    return float(lower.top - upper.bottom)


def _surround(boxes: Sequence[Box]) -> Box:
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _order(units: list[Unit]) -> list[Unit]:
    if len(units) < 2:
        return units
    for start, end in ((1, 3), (0, 2)):
        parts = _cut(units, start, end)
        if len(parts) > 1:
            return [unit for part in parts for unit in _order(part)]
    largest = max(units, key=lambda unit: _measure_area(unit[0]))
    rest = [unit for unit in units if unit is not largest]
    if 2 * sum(_holds(largest[0], unit[0]) for unit in rest) > len(rest) > 1:
        return [largest, *_order(rest)]  # others stand on it
    return _sort_by_rows(units)


def _sort_by_rows(units: Sequence[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: (round(unit[0].top / THRESHOLDS.same_line), unit[0].left))


def _cut(units: list[Unit], start: int, end: int) -> list[list[Unit]]:
    """Cut units where none reaches over, along the axis of which `start` and `end` are the sides of a box."""
    parts: list[list[Unit]] = []
    reached = 0.0
    for unit in sorted(units, key=lambda unit: unit[0][start] + unit[0][end]):
        slack = THRESHOLDS.overlap * (unit[0][end] - unit[0][start])
        if not parts or unit[0][start] + slack >= reached:
            parts.append([])
        parts[-1].append(unit)
        reached = max(reached, unit[0][end] - slack)
    return parts


def _measure_area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def _holds(outer: Box, inner: Box) -> bool:
    across, down = (inner.left + inner.right) // 2, (inner.top + inner.bottom) // 2
    return outer.left <= across <= outer.right and outer.top <= down <= outer.bottom
