"""Lines and regions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.layout.regions import (
    Region,
    assign_all_lines,
    drop_doubles,
    drop_empty,
    is_margin,
    is_page_of_text,
    is_text,
    measure_drawn_share,
    measure_ink_outside,
)

PAGE = (0.0, 0.0, 600.0, 800.0)


def make_rows(
    count: int, top: float = 0.0, left: float = 0.0, right: float = 100.0
) -> list[tuple[float, float, float, float]]:
    """Make lines 10 high, 14 apart."""
    return [(left, top + 14 * i, right, top + 14 * i + 10) for i in range(count)]


def test_lines_go_to_the_region_that_holds_them() -> None:
    """A line belongs where most of it lies."""
    regions = assign_all_lines(
        [Region((0, 0, 100, 40), "Text"), Region((0, 50, 100, 90), "Text")], [(0, 5, 100, 15), (0, 60, 90, 70)]
    )
    assert [r.lines for r in regions] == [(0,), (1,)]


def test_text_takes_precedence_over_the_picture_around_it() -> None:
    """A line inside both a picture and a text is not lost in the picture."""
    regions = assign_all_lines([Region((0, 0, 500, 500), "Figure"), Region((0, 0, 100, 40), "Text")], [(0, 5, 100, 15)])
    assert [r.lines for r in regions] == [(), (0,)]


def test_lines_without_a_region_get_one_for_each_paragraph() -> None:
    """Lines without a region are grouped by the gaps between them."""
    regions = assign_all_lines([], make_rows(3) + make_rows(2, top=200))
    assert [(r.label, r.lines) for r in regions] == [("Text", (0, 1, 2)), ("Text", (3, 4))]


def test_columns_do_not_grow_together() -> None:
    """Lines at one height but far apart are two paragraphs."""
    assert [r.lines for r in assign_all_lines([], make_rows(2) + make_rows(2, left=200, right=300))] == [(0, 1), (2, 3)]


coordinates = st.floats(0, 500, allow_nan=False)
boxes = st.tuples(coordinates, coordinates, st.floats(1, 200), st.floats(1, 40)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
labels = st.sampled_from(["Text", "Figure", "Table", "PageHeader"])


@given(st.lists(st.builds(Region, boxes, labels), max_size=6), st.lists(boxes, max_size=20))
def test_no_line_is_lost_and_none_doubled(
    regions: list[Region], lines: list[tuple[float, float, float, float]]
) -> None:
    """Every line ends up in exactly one region, whatever the layout."""
    held = [i for region in assign_all_lines(regions, lines) for i in region.lines]
    assert sorted(held) == list(range(len(lines)))


def test_a_page_of_text_called_a_figure_is_text() -> None:
    """Many lines without ink beside them are no picture."""
    region = Region((0, 0, 100, 140), "Figure")
    assert is_text(region, make_rows(10), 0.0)
    assert not is_text(region, make_rows(1), 0.2)
    assert not is_text(region, [], 0.0)


def test_ink_beside_the_lines_is_measured_against_the_background() -> None:
    """Text does not count as ink, but a drawing does, on dark paper as on white."""
    for paper, ink in ((255, 0), (20, 230)):
        pixels = np.full((100, 100), paper, dtype=np.uint8)
        pixels[10:20, 10:90] = ink
        assert measure_ink_outside(pixels, (0, 0, 100, 100), [(10, 10, 90, 20)]) == 0.0
        pixels[50:90, 0:50] = ink
        assert 0.15 < measure_ink_outside(pixels, (0, 0, 100, 100), [(10, 10, 90, 20)]) < 0.25


def test_header_in_mid_page_is_no_margin() -> None:
    """Running heads are near the edge, short, and no larger than the text."""
    head, body = Region((0, 10, 600, 30), "PageHeader"), make_rows(20)
    assert is_margin(head, PAGE, make_rows(1), body)
    assert not is_margin(Region((0, 300, 600, 330), "PageHeader"), PAGE, make_rows(1), body)
    assert not is_margin(Region((0, 0, 600, 110), "PageHeader"), PAGE, make_rows(8), body)
    assert not is_margin(head, PAGE, [(0, 10, 600, 28)], body)


def test_picture_made_of_other_regions_is_dropped() -> None:
    """A figure over the whole page does not hide the texts and tables found in it."""
    page, half = Region(PAGE, "Figure"), Region((0, 0, 600, 500), "Text")
    assert drop_doubles([page, half]) == [half]


def test_empty_region_drawn_twice_is_dropped() -> None:
    """OCR would read a region without lines a second time where it lies on a region with lines."""
    filled, empty = Region((0, 0, 100, 100), "Text", lines=(0,)), Region((0, 20, 100, 90), "Text")
    elsewhere = Region((0, 200, 100, 300), "Text")
    assert drop_empty([filled, empty, elsewhere]) == [filled, elsewhere]


def test_specks_on_paper_are_no_drawing() -> None:
    """A thin drawing has more on it than dust has, and white paper has nothing."""
    paper = np.full((800, 600), 240, dtype=np.uint8)
    box = (50.0, 50.0, 550.0, 750.0)
    assert measure_drawn_share(paper, box) == 0.0
    dusty = paper.copy()
    dusty[::90, ::70] = 20
    dusty[100:103, 200:203] = 20
    assert measure_drawn_share(dusty, box) < 0.005
    drawn = paper.copy()
    drawn[100:700, 300:302] = drawn[400:402, 100:500] = 20
    assert measure_drawn_share(drawn, box) > 0.01
    assert measure_drawn_share(paper, (10.0, 10.0, 12.0, 12.0)) == 0.0


def test_a_copied_book_is_no_picture() -> None:
    """Its pages are full of lines, whatever shadows fold and edges make; a photograph with a few words is a picture."""
    lines = [(50.0, 60.0 + 20 * row, 290.0, 74.0 + 20 * row) for row in range(10)]
    book = Region((0, 0, 600, 780), "Figure")
    assert is_page_of_text(book, PAGE, lines, 0.1)
    assert not is_page_of_text(book, PAGE, lines, 0.6)
    assert not is_page_of_text(book, PAGE, lines[:5], 0.1)
    assert not is_page_of_text(Region((0, 0, 600, 300), "Figure"), PAGE, lines, 0.1)
