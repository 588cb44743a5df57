"""Frames beside each other are text boxes; tables, drawings and single frames are none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.layout.text_boxes import find_text_boxes

PAGE = (0.0, 0.0, 600.0, 800.0)


def rule_off(*frames: Box) -> tuple[list[Box], list[Box]]:
    """The horizontal and the vertical rules of frames, one point thick."""
    horizontal = [(f[0], y, f[2], y + 1) for f in frames for y in (f[1], f[3] - 1)]
    vertical = [(x, f[1], x + 1, f[3]) for f in frames for x in (f[0], f[2] - 1)]
    return horizontal, vertical


def write_lines(frame: Box, count: int = 3) -> list[Box]:
    return [(frame[0] + 8, frame[1] + 8 + 18 * n, frame[2] - 20, frame[1] + 18 + 18 * n) for n in range(count)]


LEFT, RIGHT = (60.0, 100.0, 260.0, 180.0), (320.0, 100.0, 520.0, 180.0)


def test_each_box_has_its_own_lines() -> None:
    """They are not mixed by the rows that they happen to stand on."""
    lines = [line for pair in zip(write_lines(LEFT), write_lines(RIGHT), strict=True) for line in pair]
    found = find_text_boxes(*rule_off(LEFT, RIGHT), lines, PAGE)
    assert [(region.label, region.lines) for region in found] == [("Text", (0, 2, 4)), ("Text", (1, 3, 5))]


def test_boxes_need_not_be_of_one_height() -> None:
    low = (320.0, 120.0, 520.0, 300.0)
    assert len(find_text_boxes(*rule_off(LEFT, low), [*write_lines(LEFT), *write_lines(low)], PAGE)) == 2


@pytest.mark.parametrize(
    "frames",
    [
        (LEFT,),
        (LEFT, (60.0, 300.0, 260.0, 380.0)),
        (LEFT, (260.0, 100.0, 460.0, 180.0)),
        ((60.0, 100.0, 120.0, 180.0), (320.0, 100.0, 380.0, 180.0)),
    ],
    ids=["one", "below each other", "cells", "narrow"],
)
def test_other_frames_are_no_text_boxes(frames: tuple[Box, ...]) -> None:
    lines = [line for frame in frames for line in write_lines(frame)]
    assert find_text_boxes(*rule_off(*frames), lines, PAGE) == []


def test_frames_with_rules_inside_are_tables() -> None:
    horizontal, vertical = rule_off(LEFT, RIGHT)
    inside = [(frame[0], 140.0, frame[2], 141.0) for frame in (LEFT, RIGHT)]
    assert find_text_boxes([*horizontal, *inside], vertical, [*write_lines(LEFT), *write_lines(RIGHT)], PAGE) == []


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 6), st.integers(1, 6)), max_size=6))
def test_no_line_is_in_two_boxes(cells: list[tuple[int, int, int, int]]) -> None:
    """Whatever frames a page draws, over each other too."""
    frames = [(60.0 * x, 80.0 * y, 60.0 * (x + w), 80.0 * (y + h)) for x, y, w, h in cells]
    lines = [line for frame in frames for line in write_lines(frame, 2)]
    held = sorted(i for region in find_text_boxes(*rule_off(*frames), lines, PAGE) for i in region.lines)
    assert all(one < other for one, other in pairwise(held))
