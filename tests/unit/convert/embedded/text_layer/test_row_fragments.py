"""Lines that belong to another line on their row."""

from __future__ import annotations

from markerd.convert.embedded.text_layer.row_fragments import find_initial_owners, find_page_owners

Box = tuple[float, float, float, float]


def test_an_initial_belongs_to_the_first_line_beside_it() -> None:
    """It is as high as two lines. A large letter beside one line is no initial, nor is one far away."""
    boxes: list[Box] = [(60, 100, 80, 126), (83, 100, 300, 112), (83, 114, 300, 126), (60, 128, 300, 140)]
    texts = ["T", "he river runs", "through the valley", "and on"]
    assert find_initial_owners(boxes, texts) == {0: 1}
    assert find_initial_owners([boxes[0], boxes[1]], texts[:2]) == {}
    assert find_initial_owners([(10, 100, 30, 126), *boxes[1:]], texts) == {}


def test_a_leader_leads_to_the_page_on_its_row() -> None:
    """The PDF may have the numbers at any place; a number without an entry stays."""
    boxes: list[Box] = [(60, 100, 480, 112), (60, 116, 480, 128), (490, 100, 496, 112), (490, 116, 496, 128)]
    assert find_page_owners(boxes, ["1 Aims . . . . .", "2 Ends . . . . .", "3", "5"]) == {0: 2, 1: 3}
    assert find_page_owners(boxes[2:], ["3", "5"]) == {}


def test_an_entry_without_a_leader_has_its_page_in_the_column_of_the_others() -> None:
    """Chapters in LaTeX have no leader."""
    boxes: list[Box] = [(60, 100, 130, 112), (490, 100, 496, 112), (75, 114, 496, 126), (490, 300, 496, 312)]
    assert find_page_owners(boxes, ["1 Aims", "3", "1.1 Means . . . . . 4", "9"]) == {0: 1}
