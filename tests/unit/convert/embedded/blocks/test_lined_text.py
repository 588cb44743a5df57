"""Which lines of a text stay lines, and which are running text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("marker")

from markerd.convert.embedded.blocks.lined_text import are_lines, find_right_edge
from markerd.convert.embedded.text_layer.text_line import TextLine

PAGE = (0.0, 0.0, 600.0, 800.0)
RIGHT = 540.0
LETTER = 5.0  # points
ADDRESS = ("PUBLISHER:", "Federal Ministry of the Interior", "11014 Berlin (postal address)", "Phone: 0 18 88/6 81-0")


def make_lines(*texts: str, pitch: float = 12, width: float | None = None) -> list[TextLine]:
    """Make lines below each other, from 60 points on, as wide as their letters or of one width."""
    return [
        TextLine((60, 100 + pitch * i, 60 + (width or LETTER * len(text)), 110 + pitch * i), text, 10.0)
        for i, text in enumerate(texts)
    ]


def test_address_keeps_its_lines() -> None:
    """Short lines of various widths are lines."""
    assert are_lines(make_lines(*ADDRESS), RIGHT)


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ADDRESS[:2],
        ("The river runs through", "the valley and turns", "the wheels of seven mills"),
        ("The Mills of the Hyphen-", "Ated Valley", "Stand Still"),
        ("Ann Miller", ", Bert Baker", ", Carl Cook"),
        ("Ann Miller,", "Bert Baker,", "Carl Cook"),
    ],
)
def test_lines_that_continue_are_joined(texts: tuple[str, ...]) -> None:
    """A line that continues in the next is running text."""
    assert not are_lines(make_lines(*texts), RIGHT)


def test_parts_of_one_row_are_joined() -> None:
    """Parts of one row are no lines."""
    assert not are_lines(make_lines(*ADDRESS, pitch=0), RIGHT)


@given(st.lists(st.sampled_from(ADDRESS), min_size=3, max_size=9))
def test_running_text_fills_its_column(texts: list[str]) -> None:
    """Full lines are running text, whatever they begin with."""
    assert not are_lines(make_lines(*texts, width=RIGHT - 60), RIGHT)


def test_right_edge_is_where_the_next_column_begins() -> None:
    """Without a next column it is at a margin as wide as the left one, and never before the text's own end."""
    box = (60.0, 100.0, 200.0, 200.0)
    assert find_right_edge(box, [box], PAGE) == 540
    assert find_right_edge(box, [box, (310.0, 150.0, 500.0, 300.0)], PAGE) == 310
    assert find_right_edge(box, [box, (310.0, 250.0, 500.0, 300.0)], PAGE) == 540
    assert find_right_edge((60.0, 100.0, 590.0, 200.0), [], PAGE) == 590


@pytest.mark.parametrize("count", [2, 4])
def test_labels_with_their_values_are_lines(count: int) -> None:
    """Two are enough, and they need not end at various places: labels may be aligned at their right edges."""
    texts = ("Name: Maria Keller", "Date of birth: 12 March", "Address: Mill Lane 4", "Phone: 044 123", "No.: 47")[
        :count
    ]
    lines = make_lines(*texts, width=200)
    assert are_lines(lines, RIGHT)
    assert not are_lines([*lines, *make_lines("and it goes on as running text")], RIGHT)


@pytest.mark.parametrize(
    "texts",
    [
        ("Miller & Sons", "12 Bridge Street", "Alby 4410"),
        ("Anna Costa", "Secretary of the Board", "Corvo, 3 May"),
        ("Bridge Street 12", "4410 Alby", "Tel 555 0100"),
    ],
)
def test_sender_of_a_letter_keeps_its_lines(texts: tuple[str, ...]) -> None:
    """It stands at the right edge, where the widest line fills most of what room there is."""
    lines = make_lines(*texts)
    assert are_lines(lines, max(line.box[2] for line in lines) + 25)


def test_lines_that_fill_their_column_are_joined() -> None:
    """Although each begins with a capital letter."""
    lines = make_lines("The Mills of Alby and", "Corvo in the Valley of", "Old Rivers and Wheels")
    assert not are_lines(lines, max(line.box[2] for line in lines) + 5)
