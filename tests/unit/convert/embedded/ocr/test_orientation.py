"""The orientation of a page, from the outlines of its lines."""

from __future__ import annotations

import math

import pytest

from markerd.convert.embedded.ocr.orientation import (
    Quad,
    are_doubtful,
    are_tall,
    are_upside_down,
    bound_points,
    choose_sample,
    measure_skew,
    round_to_quarter,
    turn_point,
)


def make_line(left: float, top: float, length: float, height: float = 20.0, rise_degrees: float = 0.0) -> Quad:
    """Make a line that rises to the right by so many degrees."""
    angle = math.radians(rise_degrees)
    across, up = length * math.cos(angle), length * math.sin(angle)
    down = height * math.cos(angle)
    aside = height * math.sin(angle)
    return (
        (left, top),
        (left + across, top - up),
        (left + across + aside, top - up + down),
        (left + aside, top + down),
    )


@pytest.mark.parametrize("rise", [-5.0, -1.0, 0.5, 3.0, 15.0])
def test_lines_that_rise_are_turned_back_by_as_much(rise: float) -> None:
    """The turn is the median of the lines, weighted by length; a short crooked word changes nothing."""
    page = [make_line(100, 40 * i, 600, rise_degrees=rise) for i in range(1, 9)] + [
        make_line(100, 900, 90, rise_degrees=25)
    ]
    assert measure_skew(page) == pytest.approx(-rise, abs=0.01)


@pytest.mark.parametrize("rise", [0.0, 0.2, 40.0])
def test_level_lines_and_drawings_are_left_alone(rise: float) -> None:
    """A small turn does not show, and a large one is no page that was put askew onto the glass."""
    assert measure_skew([make_line(100, 40 * i, 600, rise_degrees=rise) for i in range(1, 9)]) == 0.0
    assert measure_skew([]) == 0.0


def test_long_lines_show_a_page_on_its_side() -> None:
    """Single letters, as high as wide, do not count, nor does a note that runs up the margin."""
    tall = [((x, 100.0), (x + 20, 100.0), (x + 20, 700.0), (x, 700.0)) for x in (50.0, 90.0, 130.0)]
    level = [make_line(300, 40 * i, 500) for i in range(1, 12)]
    letters = [make_line(300, 40 * i, 14) for i in range(1, 30)]
    assert are_tall(tall)
    assert are_tall(tall + letters)
    assert not are_tall(tall[:1] + level)
    assert not are_tall(letters)
    assert not are_tall([])


def test_page_is_turned_upside_down_only_for_a_clear_gain() -> None:
    """Where lines read well, no other way is tried; where both ways read alike, the page stays."""
    assert not are_doubtful([0.97, 0.9, 0.99])
    assert not are_doubtful([])
    assert are_doubtful([0.6, 0.7, 0.9])
    assert are_upside_down([0.6, 0.7], [0.98, 0.97])
    assert not are_upside_down([0.7, 0.7], [0.72, 0.71])


def test_the_lines_to_judge_by_are_long_and_spread_over_the_page() -> None:
    """There are no more than asked for, and short lines only where there are no long ones."""
    page = [make_line(100, 40 * i, 600) for i in range(1, 31)] + [make_line(100, 2000, 10)]
    chosen = choose_sample(page, 5)
    assert len(chosen) == 5
    assert 30 not in chosen
    assert page[chosen[-1]][0][1] - page[chosen[0]][0][1] > 300
    assert choose_sample(page[:2], 5) == [0, 1]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 2.5, 87.5])
def test_a_point_goes_where_the_picture_goes(degrees: float) -> None:
    """The point moves as Pillow moves the pixels, and back again."""
    from PIL import Image

    image = Image.new("L", (300, 200))
    image.paste(255, (40, 60, 44, 64))
    turned = image.rotate(degrees, expand=True)
    left, top, right, bottom = turned.getbbox() or (0, 0, 0, 0)
    point = turn_point((42.0, 62.0), degrees, image.size, turned.size)
    assert point == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=1.5)
    assert turn_point(point, -degrees, turned.size, image.size) == pytest.approx((42.0, 62.0))


@pytest.mark.parametrize(
    ("degrees", "expected"), [(0, 0), (3.1, 0), (-2, 0), (88, 90), (182.5, 180), (268, 270), (359, 0)]
)
def test_the_quarters_of_a_turn(degrees: float, expected: int) -> None:
    """The page is turned by whole quarters; the rest is its skew."""
    assert round_to_quarter(degrees) == expected


def test_the_box_around_a_line_holds_all_of_it() -> None:
    """The box is upright, whatever the direction of the line."""
    assert bound_points(make_line(100, 100, 100, 20, 0)) == (100, 100, 200, 120)
    assert bound_points(make_line(100, 100, 100, 20, 30))[1] < 60
