"""Lists and small tables in a text layer."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.blocks.lists import find_label_owners, split_lists
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.tables.grid import is_grid

Box = tuple[float, float, float, float]


def stack_lines(lefts: list[float], right: float = 400.0) -> list[Box]:
    """Make lines of 10 points below each other, at these left edges."""
    return [(left, 12.0 * row, right, 12.0 * row + 10.0) for row, left in enumerate(lefts)]


def split_parts(texts: list[str], lefts: list[float], right: float = 300.0) -> list[tuple[str, tuple[int, ...]]]:
    region = Region((0.0, 0.0, 400.0, 12.0 * len(texts)), "Text", lines=tuple(range(len(texts))))
    return [(part.label, part.lines) for part in split_lists(region, stack_lines(lefts, right), texts)]


def test_label_is_given_to_the_item_on_its_row() -> None:
    """A bullet drawn apart, after all items, belongs to the text to its right, not to its neighbours."""
    boxes: list[Box] = [(107, 0, 300, 10), (107, 15, 300, 25), (97, 0, 103, 10), (97, 15, 103, 25)]
    assert find_label_owners(boxes, ["One", "Two", "• ", "•"]) == {2: 0, 3: 1}


def test_label_without_an_item_stays() -> None:
    """A bullet alone on its row, or far from the next text, is a line of its own."""
    boxes: list[Box] = [(97, 0, 103, 10), (107, 40, 300, 50), (400, 0, 500, 10)]
    assert find_label_owners(boxes, ["•", "Below", "Far"]) == {}


def _place_rows(*rows: tuple[float, ...]) -> list[Box]:
    """Pieces on rows of 12 points: the left edge of each; numbers are 12 points wide, texts reach to 400."""
    return [
        (left, 12.0 * row, left + 12 if left < 60 else 400.0, 12.0 * row + 10.0)
        for row, lefts in enumerate(rows)
        for left in lefts
    ]


@pytest.mark.parametrize("numbers", [("1.", ".1", ".2"), ("1.1", "1.2", "1.2.1"), ("(a)", "(b)", "(ii)")])
def test_numbers_in_a_column_of_their_own_belong_to_their_texts(numbers: tuple[str, str, str]) -> None:
    """However far their texts stand to the right, as long as these begin at one place."""
    boxes = _place_rows((0, 110), (20, 110), (110,), (20, 110))
    texts = [numbers[0], "INTENT", numbers[1], "The intent", "of it", numbers[2], "The work"]
    assert find_label_owners(boxes, texts) == {0: 1, 2: 3, 5: 6}


def test_numbers_of_a_table_are_cells() -> None:
    """A row with more than one text is no numbered paragraph, nor are two numbers a column."""
    rows = _place_rows(*[(0, 110, 300)] * 4)
    assert find_label_owners(rows, ["1.", "Apple", "3", "2.", "Pear", "4", "3.", "Plum", "5", "4.", "Fig", "6"]) == {}
    assert find_label_owners(_place_rows((0, 110), (0, 110)), [".1", "One", ".2", "Two"]) == {}


def test_bold_line_with_a_number_is_no_list() -> None:
    """It is left to the rules for headings; a bullet, or a second item, makes a list of it."""
    boxes = stack_lines([0, 0])
    region = Region((0, 0, 400, 30), "Text", 1.0, (0,))
    assert split_lists(region, boxes, ["2. SUBMISSION", ""], {0}) == [region]
    assert split_lists(region, boxes, ["• SUBMISSION", ""], {0})[0].label == "ListGroup"
    assert split_lists(region, boxes, ["2. Submission", ""], set())[0].label == "ListGroup"


def test_list_is_separated_from_paragraphs_around_it() -> None:
    """Every line is in one part, also where an item wraps."""
    texts = ["Before the list", "• first", "wrapped", "• second", "After the list"]
    parts = split_parts(texts, [0, 10, 20, 10, 0], right=200.0)
    assert parts == [("Text", (0,)), ("ListGroup", (1, 2, 3)), ("Text", (4,))]


def test_unindented_line_continues_a_full_item() -> None:
    """A line at the bullet's edge continues the item where the line above it was full."""
    assert split_parts(["1. first", "wrapped", "2. second"], [0, 0, 0], right=400.0) == [("ListGroup", (0, 1, 2))]


def test_a_number_in_a_paragraph_is_no_list() -> None:
    """A line of a paragraph that happens to begin with a number does not split it."""
    assert split_parts(["as is said in chapter", "12. The next chapter", "goes on"], [0, 0, 0]) == [("Text", (0, 1, 2))]


def test_a_paragraph_after_a_list_is_no_item() -> None:
    """A sentence after an item that ended early is no item; nor is an indented heading."""
    region = Region((0.0, 0.0, 400.0, 36.0), "Text", lines=(0, 1, 2))
    boxes = [(0.0, 0.0, 150.0, 10.0), (14.0, 12.0, 400.0, 22.0), (14.0, 24.0, 90.0, 34.0)]
    parts = split_lists(region, boxes, ["• an item.", "These are the others, which", "go on"])
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0,)), ("Text", (1, 2))]
    parts = split_lists(region, boxes, ["• an item", "wrapped", "Heading"], {2})
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0, 1, 2))]
    boxes = [(0.0, 0.0, 150.0, 10.0), (14.0, 12.0, 90.0, 22.0), (14.0, 24.0, 400.0, 34.0)]
    parts = split_lists(region, boxes, ["• an item", "Heading", "and text"], {1})
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0,)), ("Text", (1, 2))]


def make_row(y: float, *cells: tuple[float, str]) -> list[tuple[Box, str]]:
    return [((x, y, x + 6.0 * len(text), y + 10.0), text) for x, text in cells]


def test_columns_of_numbers_are_a_grid() -> None:
    """Three rows in three columns with wide gaps are a table."""
    words = [
        w
        for y, a in ((0, "Spring"), (15, "Summer"), (30, "Autumn"))
        for w in make_row(y, (0, a), (80, "12"), (150, "7"))
    ]
    assert is_grid(words)


def test_prose_and_lists_are_no_grid() -> None:
    """Lines of words with single spaces are no grid, nor are bullets with their items."""
    prose = [w for y in (0, 15, 30) for w in make_row(y, (0, "some"), (27, "words"), (60, "here"))]
    bullets = [w for y in (0, 15, 30) for w in make_row(y, (0, "•"), (30, "item"))]
    assert not is_grid(prose)
    assert not is_grid(bullets)


def test_a_dash_that_a_line_begins_with_by_chance_makes_no_list() -> None:
    """Two dashes make a list, and so does one that begins a paragraph."""
    assert split_parts(
        ["The committee met", "\u2013 all of them \u2013 and agreed", "that it was so"], [60, 60, 60]
    ) == [("Text", (0, 1, 2))]
    assert split_parts(["\u2013 one", "\u2013 two"], [60, 60]) == [("ListGroup", (0, 1))]
    assert split_parts(["\u2013 only one"], [60]) == [("ListGroup", (0,))]
