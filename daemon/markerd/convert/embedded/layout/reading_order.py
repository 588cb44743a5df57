"""The order in which a reader takes the regions of a page: a recursive XY-cut. Pure.

A page is cut along the white gaps between its regions. A vertical gap (between columns) is preferred to a horizontal
one only where both sides have text beside each other over some height. Elsewhere the page is cut at its widest
horizontal gap, so that a title over two columns comes before both.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, height, horizontal_overlap, vertical_overlap, width
from markerd.convert.embedded.layout.thresholds import THRESHOLDS


def find_reading_order(boxes: Sequence[Box]) -> list[int]:
    """The indices of `boxes` in reading order, for text that runs from left to right."""
    return _order_regions(list(range(len(boxes))), boxes)


def order_by_stream(boxes: Sequence[Box], positions: Sequence[int | None]) -> list[int]:
    """The indices of `boxes` in reading order, by their positions in the PDF's own stream of characters if it is sane.

    Most PDFs are written in reading order, and know more of columns and boxes than the places show. A stream that goes
    up a column is not sane; then the places decide. Boxes without text (None) follow the box that they follow by place.
    """
    by_place = find_reading_order(boxes)
    streamed = sorted((i for i in by_place if positions[i] is not None), key=lambda i: positions[i] or 0)
    if any(_is_above(boxes[later], boxes[i]) for n, i in enumerate(streamed) for later in streamed[n + 1 :]):
        return by_place
    ordered = list(streamed)
    for n, index in enumerate(by_place):
        if positions[index] is None:
            before = by_place[n - 1] if n else None
            ordered.insert(ordered.index(before) + 1 if before is not None else 0, index)
    return ordered


def move_side_headings(ordered: Sequence[int], boxes: Sequence[Box], headings: Set[int]) -> list[int]:
    """Move each heading that stands in the margin left of its text before that text.

    Such a margin holds only headings, and a PDF often writes them all first.
    """
    moved = {heading: text for heading in headings if (text := _find_text_beside(heading, boxes, headings)) is not None}
    result: list[int] = []
    for index in (i for i in ordered if i not in moved):
        result += [*(heading for heading in ordered if moved.get(heading) == index), index]
    return result


def _find_text_beside(heading: int, boxes: Sequence[Box], headings: Set[int]) -> int | None:
    """Find the text that begins right of a heading at its height, if the heading stands in a margin of headings."""
    place = boxes[heading]
    others = [i for i in range(len(boxes)) if i not in headings]
    reach = 0.5 * min((height(boxes[i]) for i in headings), default=0.0)
    level = [i for i in others if boxes[i][0] > place[2] and abs(boxes[i][1] - place[1]) < reach]
    text = min(level, key=lambda i: boxes[i][0], default=None)
    if text is None:
        return None
    above_or_below = [i for i in others if horizontal_overlap(boxes[i], place) > 0]
    is_margin = all(
        boxes[i][2] > boxes[text][0] for i in above_or_below
    )  # what else stands there runs over the text as well
    return text if is_margin and width(place) < width(boxes[text]) else None


def _is_above(upper: Box, lower: Box) -> bool:
    """Whether `upper` ends before `lower` begins, in one column."""
    shared = horizontal_overlap(upper, lower)
    is_one_column = shared > 0.5 * min(width(upper), width(lower))
    return is_one_column and upper[3] <= lower[1] + THRESHOLDS.max_above_overlap * min(height(upper), height(lower))


def sort_by_rows(indices: Sequence[int], boxes: Sequence[Box]) -> tuple[int, ...]:
    """Sort lines from top to bottom, those at one height from left to right."""
    rows: list[list[int]] = []
    for index in sorted(indices, key=lambda i: boxes[i][1] + boxes[i][3]):
        row = boxes[rows[-1][0]] if rows else None
        if row and vertical_overlap(boxes[index], row) > 0.5 * min(height(boxes[index]), height(row)):
            rows[-1].append(index)
        else:
            rows.append([index])
    return tuple(i for row in rows for i in sorted(row, key=lambda i: boxes[i][0]))


def _order_regions(indices: list[int], boxes: Sequence[Box]) -> list[int]:
    ordered: list[int] = []
    left = indices
    while len(left) > 1:
        parts = _split_parts(left, boxes)
        if len(parts) > 1:
            return [*ordered, *(index for part in parts for index in _order_regions(part, boxes))]
        first = _find_first(left, boxes)
        ordered.append(first)
        left = [index for index in left if index != first]
    return [*ordered, *left]


def _split_parts(indices: list[int], boxes: Sequence[Box]) -> list[list[int]]:
    """Split the boxes where they can be cut, in reading order; one part where they cannot."""
    bands = _split_bands(indices, boxes)
    if len(bands) > 1:
        return bands
    cuts = (_cut(indices, boxes, axis) for axis in _choose_axes(indices, boxes))
    return next((parts for parts in cuts if len(parts) > 1), [indices])


def _split_bands(indices: list[int], boxes: Sequence[Box]) -> list[list[int]]:
    """Split columns at the boxes that span them: the spanning boxes, and the boxes between them, from top to bottom.

    If the columns were cut at every gap instead, columns with lines at equal heights would be read across. All boxes
    are one band where none spans columns.
    """
    across = max(boxes[i][2] for i in indices) - min(boxes[i][0] for i in indices)
    wide = [i for i in indices if width(boxes[i]) > THRESHOLDS.min_spanning_width * across]
    spanning = [i for i in wide if not _has_beside(boxes[i], [boxes[j] for j in indices])]
    rest = [i for i in indices if i not in spanning]
    bands: list[list[int]] = []
    for index in sorted(spanning, key=lambda i: boxes[i][1]):
        above = [i for i in rest if _find_middle(boxes[i]) < _find_middle(boxes[index])]
        rest = [i for i in rest if i not in above]
        bands += [above, [index]]
    bands = [band for band in (*bands, rest) if band]
    return bands if any(len(_cut(band, boxes, 0)) > 1 for band in bands) else [indices]


def _has_beside(box: Box, others: Sequence[Box]) -> bool:
    return any(
        horizontal_overlap(box, other) <= 0 and vertical_overlap(box, other) > 0.5 * min(height(box), height(other))
        for other in others
    )


def _find_middle(box: Box) -> float:
    return (box[1] + box[3]) / 2


def _choose_axes(indices: list[int], boxes: Sequence[Box]) -> tuple[int, int]:
    """Columns first where they are real: their regions stand beside each other, and make no strict grid."""
    columns = _cut(indices, boxes, 0)
    rows = _cut(indices, boxes, 1)
    if len(columns) < 2 or len(rows) < 2 or not _stand_beside(columns, boxes):
        return 1, 0
    # Rows whose regions stand side by side in a strict grid (key and value, tables) are read row by row.
    is_grid = all(len(row) > 1 for row in rows) and len({len(row) for row in rows}) == 1 and len(rows) > 1
    is_tight = is_grid and max(height(boxes[i]) for i in indices) < THRESHOLDS.max_grid_ratio * min(
        height(boxes[i]) for i in indices
    )
    return (1, 0) if is_tight and _are_level(rows, boxes) else (0, 1)


def _stand_beside(columns: Sequence[Sequence[int]], boxes: Sequence[Box]) -> bool:
    """Whether a region of one column is level with one of the next: the head of a letter and its address are not."""
    return any(
        vertical_overlap(boxes[i], boxes[j]) > THRESHOLDS.min_beside * min(height(boxes[i]), height(boxes[j]))
        for left, right in pairwise(columns)
        for i in left
        for j in right
    )


def _are_level(rows: list[list[int]], boxes: Sequence[Box]) -> bool:
    """Whether the regions of each row begin at the same height, as in a table."""
    for row in rows:
        tops = [boxes[i][1] for i in row]
        if max(tops) - min(tops) > 0.5 * min(height(boxes[i]) for i in row):
            return False
    return True


def _cut(indices: list[int], boxes: Sequence[Box], axis: int) -> list[list[int]]:
    """Cut the boxes into groups whose ranges along the axis (0: x, 1: y) do not meet, in ascending order."""
    ordered = sorted(indices, key=lambda i: (boxes[i][axis], boxes[i][axis + 2]))
    parts = [[ordered[0]]]
    end = boxes[ordered[0]][axis + 2]
    last_size = end - boxes[ordered[0]][axis]
    for index in ordered[1:]:
        start, stop = boxes[index][axis], boxes[index][axis + 2]
        slack = THRESHOLDS.max_sliver * min(stop - start, last_size)
        if start >= end - slack:
            parts.append([index])
        else:
            parts[-1].append(index)
        if stop > end:
            end, last_size = stop, stop - start
    return parts


def _find_first(indices: list[int], boxes: Sequence[Box]) -> int:
    """Find the first region that no other precedes, for boxes that cannot be cut."""
    remaining = sorted(indices, key=lambda i: (boxes[i][1], boxes[i][0]))
    free = (i for i in remaining if not any(_precedes(boxes[j], boxes[i]) for j in remaining if j != i))
    return next(free, remaining[0])  # no region is free where they lie on each other in a ring


def _precedes(first: Box, second: Box) -> bool:
    """Whether `first` is read before `second`: above it in its column, or left of it at its height."""
    if horizontal_overlap(first, second) > 0:
        return (first[1], first[0]) < (second[1], second[0])
    return vertical_overlap(first, second) > 0 and first[0] < second[0]
