"""Lists and small tables in a text layer."""

from __future__ import annotations

from markerd.convert.embedded.blocks.lists import find_label_owners, split_lists
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.tables.grid import is_grid

Box = tuple[float, float, float, float]


def stacked(lefts: list[float], right: float = 400.0) -> list[Box]:
    """Lines of 10 points below each other, at these left edges."""
    return [(left, 12.0 * row, right, 12.0 * row + 10.0) for row, left in enumerate(lefts)]


def parts_of(texts: list[str], lefts: list[float], right: float = 300.0) -> list[tuple[str, tuple[int, ...]]]:
    region = Region((0.0, 0.0, 400.0, 12.0 * len(texts)), "Text", lines=tuple(range(len(texts))))
    return [(part.label, part.lines) for part in split_lists(region, stacked(lefts, right), texts)]


def test_label_is_given_to_the_item_on_its_row() -> None:
    """A bullet drawn apart, after all the items, belongs to the text right of it, not to its neighbours."""
    boxes: list[Box] = [(107, 0, 300, 10), (107, 15, 300, 25), (97, 0, 103, 10), (97, 15, 103, 25)]
    assert find_label_owners(boxes, ["One", "Two", "• ", "•"]) == {2: 0, 3: 1}


def test_label_without_an_item_stays() -> None:
    """A bullet with nothing on its row is a line of its own, and so is one far from the next text."""
    boxes: list[Box] = [(97, 0, 103, 10), (107, 40, 300, 50), (400, 0, 500, 10)]
    assert find_label_owners(boxes, ["•", "Below", "Far"]) == {}


def test_list_between_paragraphs() -> None:
    """Running text, a list with a wrapped item, and running text again come apart; every line is in one part."""
    texts = ["Before the list", "• first", "wrapped", "• second", "After the list"]
    parts = parts_of(texts, [0, 10, 20, 10, 0], right=200.0)
    assert parts == [("Text", (0,)), ("ListGroup", (1, 2, 3)), ("Text", (4,))]


def test_unindented_wrapping() -> None:
    """A line at the bullet's edge goes on with the item where the line above it was full."""
    assert parts_of(["1. first", "wrapped", "2. second"], [0, 0, 0], right=400.0) == [("ListGroup", (0, 1, 2))]


def test_a_number_in_a_paragraph_is_no_list() -> None:
    """One line of a paragraph that happens to begin with a number does not cut it."""
    assert parts_of(["as is said in chapter", "12. The next chapter", "goes on"], [0, 0, 0]) == [("Text", (0, 1, 2))]


def test_a_paragraph_after_a_list_is_no_item() -> None:
    """A sentence that begins after an item that ended early; a heading, though it is indented."""
    region = Region((0.0, 0.0, 400.0, 36.0), "Text", lines=(0, 1, 2))
    boxes = [(0.0, 0.0, 150.0, 10.0), (14.0, 12.0, 400.0, 22.0), (14.0, 24.0, 90.0, 34.0)]
    parts = split_lists(region, boxes, ["• an item.", "These are the others, which", "go on"])
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0,)), ("Text", (1, 2))]
    parts = split_lists(region, boxes, ["• an item", "wrapped", "Heading"], {2})
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0, 1, 2))]
    boxes = [(0.0, 0.0, 150.0, 10.0), (14.0, 12.0, 90.0, 22.0), (14.0, 24.0, 400.0, 34.0)]
    parts = split_lists(region, boxes, ["• an item", "Heading", "and text"], {1})
    assert [(part.label, part.lines) for part in parts] == [("ListGroup", (0,)), ("Text", (1, 2))]


def row(y: float, *cells: tuple[float, str]) -> list[tuple[Box, str]]:
    return [((x, y, x + 6.0 * len(text), y + 10.0), text) for x, text in cells]


def test_columns_of_numbers_are_a_grid() -> None:
    """Three rows in three columns with wide gaps are a table."""
    words = [
        w for y, a in ((0, "Spring"), (15, "Summer"), (30, "Autumn")) for w in row(y, (0, a), (80, "12"), (150, "7"))
    ]
    assert is_grid(words)


def test_prose_and_lists_are_no_grid() -> None:
    """Lines of words at a space's distance are none, nor are bullets with their items."""
    prose = [w for y in (0, 15, 30) for w in row(y, (0, "some"), (27, "words"), (60, "here"))]
    bullets = [w for y in (0, 15, 30) for w in row(y, (0, "•"), (30, "item"))]
    assert not is_grid(prose)
    assert not is_grid(bullets)


def test_a_dash_that_a_line_begins_with_by_chance_makes_no_list() -> None:
    """Two of them do, and so does one that a paragraph begins with."""
    assert parts_of(["The committee met", "\u2013 all of them \u2013 and agreed", "that it was so"], [60, 60, 60]) == [
        ("Text", (0, 1, 2))
    ]
    assert parts_of(["\u2013 one", "\u2013 two"], [60, 60]) == [("ListGroup", (0, 1))]
    assert parts_of(["\u2013 only one"], [60]) == [("ListGroup", (0,))]
