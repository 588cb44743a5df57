"""The reading order of regions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.layout.reading_order import (
    find_reading_order,
    move_side_headings,
    order_by_stream,
    sort_by_rows,
)

TITLE = (50.0, 10.0, 550.0, 40.0)
LEFT = [(50.0, 60.0, 290.0, 300.0), (50.0, 310.0, 290.0, 700.0)]
RIGHT = [(310.0, 60.0, 550.0, 200.0), (310.0, 210.0, 550.0, 700.0)]
FOOTER = (50.0, 720.0, 550.0, 740.0)


def test_one_column_is_read_downwards() -> None:
    """Regions below each other come from top to bottom."""
    assert find_reading_order([LEFT[1], LEFT[0]]) == [1, 0]


def test_columns_are_read_one_after_the_other() -> None:
    """The order is title, left column, right column, footer."""
    assert find_reading_order([FOOTER, *RIGHT, *LEFT, TITLE]) == [5, 3, 4, 1, 2, 0]


def test_heading_across_the_page_splits_the_columns() -> None:
    """A region across both columns in mid-page is read between what is above and what is below it."""
    boxes = [
        (0.0, 0.0, 90.0, 50.0),
        (110.0, 0.0, 200.0, 50.0),
        (0.0, 60.0, 200.0, 70.0),
        (0.0, 80.0, 90.0, 130.0),
        (110.0, 80.0, 200.0, 130.0),
    ]
    assert find_reading_order(boxes) == [0, 1, 2, 3, 4]


def test_a_grid_of_lines_is_read_row_by_row() -> None:
    """Labels and values at one height stay together."""
    boxes = [(0.0, 0.0, 40.0, 10.0), (0.0, 15.0, 40.0, 25.0), (60.0, 0.0, 90.0, 10.0), (60.0, 15.0, 90.0, 25.0)]
    assert find_reading_order(boxes) == [0, 2, 1, 3]


def test_columns_stay_columns_below_what_stands_in_the_middle() -> None:
    """An author's name between title and abstract stands where the gap between the columns would continue."""
    author, abstract = (250.0, 45.0, 350.0, 55.0), (80.0, 58.0, 520.0, 90.0)
    left = [(50.0, 110.0, 290.0, 120.0), (50.0, 150.0, 290.0, 300.0), (50.0, 340.0, 290.0, 500.0)]
    right = [(310.0, 100.0, 550.0, 130.0), (310.0, 145.0, 550.0, 310.0), (310.0, 335.0, 550.0, 480.0)]
    assert find_reading_order([TITLE, author, abstract, *left, *right]) == list(range(9))


def test_a_letters_head_comes_before_its_address() -> None:
    """It stands right of the address, but above it: they are no columns."""
    head, date = [(350.0, 10.0, 550.0, 25.0), (350.0, 30.0, 550.0, 80.0)], (450.0, 160.0, 550.0, 175.0)
    left = [(50.0, 95.0, 200.0, 150.0), (50.0, 185.0, 300.0, 200.0), (50.0, 210.0, 250.0, 225.0)]
    assert find_reading_order([*left, *head, date]) == [3, 4, 0, 5, 1, 2]


def test_region_beside_a_wide_region_comes_after_it() -> None:
    """Only a region with nothing beside it spans the page, even if the other begins a little higher."""
    title, wide, beside = (0.0, 0.0, 90.0, 20.0), (0.0, 41.0, 400.0, 80.0), (420.0, 40.0, 500.0, 80.0)
    assert find_reading_order([beside, wide, title]) == [2, 1, 0]


sides = st.floats(0, 1000, allow_nan=False)
boxes = st.tuples(sides, sides, st.floats(1, 300), st.floats(1, 300)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(boxes, max_size=25))
def test_every_region_comes_once(regions: list[tuple[float, float, float, float]]) -> None:
    """The order is a permutation, whatever the regions."""
    assert sorted(find_reading_order(regions)) == list(range(len(regions)))


def test_the_stream_of_a_pdf_is_followed_where_it_is_sane() -> None:
    """The stream knows which column comes first. A region without text follows the region before it by place."""
    boxes = [*LEFT, *RIGHT, (50.0, 302.0, 290.0, 308.0)]
    assert order_by_stream(boxes, [20, 30, 0, 10, None]) == [2, 3, 0, 4, 1]


def test_stream_that_goes_up_a_column_is_ignored() -> None:
    """The places decide then."""
    assert order_by_stream([*LEFT, *RIGHT], [30, 20, 0, 10]) == [0, 1, 2, 3]


def test_columns_under_a_title_are_read_one_after_the_other() -> None:
    """Gaps run across the page between their paragraphs, but only the gap below the title splits them."""
    columns = [(x, y + 50 * i, x + 240.0, y + 30 + 50 * i) for x, y in ((50.0, 60.0), (310.0, 78.0)) for i in range(5)]
    assert find_reading_order([TITLE, *columns, FOOTER]) == list(range(12))


def test_lines_are_sorted_into_rows() -> None:
    """A raised mark is on the row of its line."""
    assert sort_by_rows([0, 1, 2], [(0, 20, 90, 30), (92, 1, 95, 6), (0, 0, 90, 10)]) == (2, 1, 0)


def test_headings_in_the_margin_come_before_their_text() -> None:
    """All of them may be written first. Headings of a column that has text of its own stay in place."""
    title, first, second = (50.0, 10.0, 550.0, 30.0), (50.0, 100.0, 140.0, 112.0), (50.0, 300.0, 140.0, 312.0)
    texts = [(160.0, 100.0, 550.0, 180.0), (160.0, 190.0, 550.0, 290.0), (160.0, 300.0, 550.0, 400.0)]
    boxes = [title, first, second, *texts]
    assert move_side_headings([0, 1, 2, 3, 4, 5], boxes, {0, 1, 2}) == [0, 1, 3, 4, 2, 5]
    in_column = [*boxes, (50.0, 120.0, 140.0, 280.0)]
    assert move_side_headings([0, 1, 6, 2, 3, 4, 5], in_column, {0, 1, 2}) == [0, 1, 6, 2, 3, 4, 5]
