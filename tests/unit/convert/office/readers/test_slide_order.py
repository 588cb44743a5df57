"""The order in which shapes of a slide are seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.readers.slide_order import Box, order_shapes

INCH = 914_400


def box(left: float, top: float, wide: float, tall: float, characters: int = 300, is_picture: bool = False) -> Box:
    sides = [round(side * INCH) for side in (left, top, left + wide, top + tall)]
    return Box(sides[0], sides[1], sides[2], sides[3], characters, is_picture)


@pytest.mark.parametrize(
    ("boxes", "order"),
    [
        pytest.param([box(0, 3, 4, 1), box(0, 1, 4, 1)], [1, 0], id="lower one drawn first"),
        pytest.param([box(5, 1, 4, 1), box(0, 1, 4, 1), box(0, 3, 9, 1)], [1, 0, 2], id="rows, then left to right"),
        pytest.param([box(4, 1, 4, 1), box(0, 1, 3, 4), box(4, 4, 4, 1)], [1, 0, 2], id="tall one at the left"),
        pytest.param(
            [box(0, 1, 3, 2, 0, True), box(4, 1, 3, 2, 0, True), box(0, 3.1, 3, 0.5, 20), box(4, 3.1, 3, 0.5, 20)],
            [0, 2, 1, 3],
            id="captions with their pictures",
        ),
        pytest.param(
            [box(0, 1, 4, 0.5, 10), box(5, 1, 4, 0.5, 10), box(0, 1.5, 4, 3, 99), box(5, 1.5, 4, 3, 99)],
            [0, 2, 1, 3],
            id="heads with their texts",
        ),
        pytest.param([box(0, 0, 10, 7, 0, True), box(1, 4, 3, 1), box(1, 1, 3, 1)], [0, 2, 1], id="on a background"),
        pytest.param([box(0, 1, 4, 1.1), box(0, 2, 4, 1.1), box(0, 0, 4, 1.1)], [2, 0, 1], id="frames that overlap"),
        pytest.param([box(1, 1, 3, 3), box(1, 1, 3, 3)], [0, 1], id="one on the other"),
    ],
)
def test_shapes_are_read_as_they_are_seen(boxes: list[Box], order: list[int]) -> None:
    """Whatever the order is in which they were drawn."""
    assert order_shapes(boxes) == order


_SIDES = st.floats(0, 10, allow_nan=False)
_BOXES = st.builds(box, _SIDES, _SIDES, _SIDES, _SIDES, st.integers(0, 400), st.booleans())


@given(st.lists(_BOXES, max_size=12))
def test_each_shape_comes_out_once(boxes: list[Box]) -> None:
    assert sorted(order_shapes(boxes)) == list(range(len(boxes)))


def test_drawing_of_many_shapes_is_read_by_rows() -> None:
    """Shapes within each other, and more than anybody places by hand, neither end the reader nor take its time."""
    nested = [Box(9_144 * n, 9_144 * n, 9_144 * (40_000 - n), 9_144 * (40_000 - n), 5) for n in range(20_000)]
    assert order_shapes(nested) == list(range(20_000))
    assert sorted(order_shapes(nested[:300])) == list(range(300))
