"""The order in which a reader takes the regions of a page: recursive XY-cut, pure.

A page is cut along the white gaps between its regions. A gap that runs down (between columns) is preferred to
one that runs across only where both sides have text beside each other over some height; elsewhere the page is cut
across at its widest horizontal gap, so that a title over two columns comes before both.
"""

from __future__ import annotations

from collections.abc import Sequence

from markerd.convert.models.embedded.geometry import Box, height, horizontal_overlap, vertical_overlap

# A sliver by which neighbouring regions may overlap and still count as apart, as a share of the smaller side:
# layout models draw boxes a few pixels too large.
TOLERANCE = 0.15


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The indices of `boxes` in the order in which they are read, left to right."""
    return _order(list(range(len(boxes))), boxes)


def _order(indices: list[int], boxes: Sequence[Box]) -> list[int]:
    if len(indices) < 2:
        return indices
    for axis in _axes(indices, boxes):
        parts = _cut(indices, boxes, axis)
        if len(parts) > 1:
            return [index for part in parts for index in _order(part, boxes)]
    return _spanning_first(indices, boxes)


def _axes(indices: list[int], boxes: Sequence[Box]) -> tuple[int, int]:
    """Columns first where they are real: each at least two regions, or higher than a line beside its neighbour."""
    columns = _cut(indices, boxes, 0)
    rows = _cut(indices, boxes, 1)
    if len(columns) < 2 or len(rows) < 2:
        return 1, 0
    # Rows whose regions stand side by side in a strict grid (key and value, tables) are read row by row.
    is_grid = all(len(row) > 1 for row in rows) and len({len(row) for row in rows}) == 1 and len(rows) > 1
    is_tight = is_grid and max(height(boxes[i]) for i in indices) < 3 * min(height(boxes[i]) for i in indices)
    return (1, 0) if is_tight and _are_level(rows, boxes) else (0, 1)


def _are_level(rows: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether the regions of each row start at the same height, as those of a table do."""
    for row in rows:
        tops = [boxes[i][1] for i in row]
        if max(tops) - min(tops) > 0.5 * min(height(boxes[i]) for i in row):
            return False
    return True


def _cut(indices: list[int], boxes: Sequence[Box], axis: int) -> list[list[int]]:
    """Groups whose ranges along the axis (0: x, 1: y) do not meet, in ascending order."""
    ordered = sorted(indices, key=lambda i: (boxes[i][axis], boxes[i][axis + 2]))
    parts = [[ordered[0]]]
    end = boxes[ordered[0]][axis + 2]
    last_size = end - boxes[ordered[0]][axis]
    for index in ordered[1:]:
        start, stop = boxes[index][axis], boxes[index][axis + 2]
        slack = TOLERANCE * min(stop - start, last_size)
        if start >= end - slack:
            parts.append([index])
        else:
            parts[-1].append(index)
        if stop > end:
            end, last_size = stop, stop - start
    return parts


def _spanning_first(indices: list[int], boxes: Sequence[Box]) -> list[int]:
    """Where no cut exists: take the first region that nothing precedes, then go on with the others."""
    remaining = sorted(indices, key=lambda i: (boxes[i][1], boxes[i][0]))
    free = (i for i in remaining if not any(_precedes(boxes[j], boxes[i]) for j in remaining if j != i))
    first = next(free, remaining[0])  # none is free where regions lie on each other in a ring
    remaining.remove(first)
    return [first, *_order(remaining, boxes)]


def _precedes(first: Box, second: Box) -> bool:
    """Whether `first` is read before `second`: above it in its column, or left of it at its height."""
    if horizontal_overlap(first, second) > 0:
        return (first[1], first[0]) < (second[1], second[0])
    return vertical_overlap(first, second) > 0 and first[0] < second[0]
