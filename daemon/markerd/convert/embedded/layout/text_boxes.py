"""Text boxes: drawn frames beside each other, each with text of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box, overlap, share_inside, vertical_overlap, width
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.layout.thresholds import THRESHOLDS


def find_text_boxes(
    horizontal: Sequence[Box], vertical: Sequence[Box], lines: Sequence[Box], page: Box
) -> list[Region]:
    """Find frames of four rules that stand beside each other with white between them, each around lines of text.

    A frame with rules inside is a table, and one alone is read like any other text.
    """
    frames = [frame for frame in _find_frames(horizontal, vertical) if _is_box(frame, page)]
    plain = [f for f in frames if not any(g != f and (_holds(f, g) or _holds(g, f)) for g in frames)]
    plain = [f for f in plain if not any(_cuts(rule, f) for rule in [*horizontal, *vertical])]
    apart: list[Box] = []
    for frame in plain:
        if not any(overlap(frame, other) > 0 for other in apart):  # a frame may be drawn twice
            apart.append(frame)
    beside = [f for f in apart if any(g != f and _is_beside(f, g) for g in apart)]
    held = [(frame, [i for i, line in enumerate(lines) if share_inside(line, frame) > 0.5]) for frame in beside]
    return [Region(frame, "Text", lines=sort_by_rows(own, lines)) for frame, own in held if own]


def _find_frames(horizontal: Sequence[Box], vertical: Sequence[Box]) -> list[Box]:
    found: list[Box] = []
    for top in horizontal:
        below = [
            rule for rule in horizontal if rule[1] > top[3] and _is_near(rule[0], top[0]) and _is_near(rule[2], top[2])
        ]
        for bottom in sorted(below, key=lambda rule: rule[1])[:1]:
            frame = top[0], top[1], top[2], bottom[3]
            if all(any(_is_side(rule, x, frame) for rule in vertical) for x in (frame[0], frame[2])):
                found.append(frame)
    return found


def _is_side(rule: Box, x: float, frame: Box) -> bool:
    is_whole = _is_near(rule[1], frame[1]) and _is_near(rule[3], frame[3])
    return is_whole and _is_near((rule[0] + rule[2]) / 2, x)


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= THRESHOLDS.frame_corner_pt


def _is_box(frame: Box, page: Box) -> bool:
    return width(frame) >= THRESHOLDS.min_text_box * width(page)


def _holds(outer: Box, inner: Box) -> bool:
    return share_inside(inner, outer) > 0.5


def _cuts(rule: Box, frame: Box) -> bool:
    """Whether a rule lies inside a frame."""
    slack = THRESHOLDS.frame_corner_pt
    x, y = (rule[0] + rule[2]) / 2, (rule[1] + rule[3]) / 2
    return frame[0] + slack < x < frame[2] - slack and frame[1] + slack < y < frame[3] - slack


def _is_beside(first: Box, second: Box) -> bool:
    """Whether two frames stand at one height with white between them, unlike the cells of a table."""
    gap = max(first[0], second[0]) - min(first[2], second[2])
    return vertical_overlap(first, second) > 0 and gap > THRESHOLDS.frame_corner_pt
