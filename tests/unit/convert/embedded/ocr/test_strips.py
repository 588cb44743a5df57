"""A high page is cut into strips, and each of its lines belongs to one strip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.ocr.strips import split_strips
from markerd.convert.embedded.ocr.thresholds import THRESHOLDS


@pytest.mark.parametrize("size", [(595, 842), (842, 595), (1080, 2400), (1, 1)])
def test_page_of_paper_is_one_strip(size: tuple[int, int]) -> None:
    """A page of the usual shape is looked at whole."""
    (whole,) = split_strips(*size)
    assert (whole.top, whole.bottom) == (0, size[1])


@given(
    width=st.integers(1, 3000),
    ratio=st.floats(THRESHOLDS.max_page_ratio, 40),
    place=st.floats(0, 1),
    part=st.floats(0, 1),
)
def test_each_line_is_whole_in_the_one_strip_that_it_belongs_to(
    width: int, ratio: float, place: float, part: float
) -> None:
    """This holds for a line of up to half the overlap, wherever it lies."""
    height = max(1, int(ratio * width))
    found = list(split_strips(width, height))
    line = part * THRESHOLDS.strip_overlap * width / 2
    middle = line / 2 + place * (height - line)
    (owner,) = (strip for strip in found if strip.first <= middle < strip.end)
    assert owner.top - 1 <= middle - line / 2
    assert middle + line / 2 <= owner.bottom + 1
    assert all(
        strip.bottom - strip.top <= max(THRESHOLDS.strip_ratio * width + 1, THRESHOLDS.max_page_ratio * width)
        for strip in found
    )
    assert (found[0].top, found[-1].bottom) == (0, height)
