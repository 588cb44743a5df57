"""Lines that belong to another line on their row, although the PDF has them apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box, height, vertical_overlap
from markerd.convert.embedded.text.patterns import CONTENTS_PAGE, INITIAL, LEADER, LEADER_WITH_PAGE
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS


def find_initial_owners(boxes: Sequence[Box], texts: Sequence[str]) -> dict[int, int]:
    """Find, for each large first letter beside several lines, the first of these lines."""
    owners = {}
    for index, text in enumerate(texts):
        if INITIAL.fullmatch(text):
            beside = [i for i in range(len(texts)) if i != index and _is_beside(boxes[i], boxes[index])]
            first = min(beside, key=lambda i: boxes[i][1], default=None)
            if first is not None and len(beside) > 1 and texts[first].lstrip()[:1].isalpha():
                owners[index] = first
    return owners


def _is_beside(line: Box, initial: Box) -> bool:
    gap = line[0] - initial[2]
    return (
        height(initial) > THRESHOLDS.min_initial * height(line)
        and -THRESHOLDS.max_initial_overlap * height(line) <= gap <= THRESHOLDS.max_initial_gap * height(line)
        and vertical_overlap(line, initial) > 0.5 * height(line)
    )


def find_page_owners(boxes: Sequence[Box], texts: Sequence[str]) -> dict[int, int]:
    """Find, for each entry of a table of contents, the page number to its right.

    A leader leads to it, or it stands in one column with such numbers.
    """
    numbers = {i for i, text in enumerate(texts) if CONTENTS_PAGE.fullmatch(text)}
    edges = [boxes[i][2] for i, text in enumerate(texts) if LEADER_WITH_PAGE.search(text)]
    owners = {}
    for index in (i for i, text in enumerate(texts) if LEADER.search(text)):
        nearest = _find_nearest(index, [i for i in numbers if boxes[i][0] > boxes[index][0]], boxes)
        if nearest is not None:
            owners[index] = nearest
            edges.append(boxes[nearest][2])
            numbers.discard(nearest)
    for number in sorted(numbers):
        if any(abs(boxes[number][2] - edge) < THRESHOLDS.same_number_edge_pt for edge in edges):
            left = [i for i in range(len(texts)) if i not in owners and boxes[i][2] <= boxes[number][0]]
            nearest = _find_nearest(number, [i for i in left if i != number], boxes)
            if nearest is not None:
                owners[nearest] = number
    return owners


def _find_nearest(index: int, others: Sequence[int], boxes: Sequence[Box]) -> int | None:
    """Find the nearest of the others on the row."""
    on_row = [i for i in others if _is_level(boxes[i], boxes[index])]
    return min(on_row, key=lambda i: abs(boxes[i][0] - boxes[index][0]), default=None)


def _is_level(one: Box, other: Box) -> bool:
    return vertical_overlap(one, other) > 0.5 * min(height(one), height(other))
