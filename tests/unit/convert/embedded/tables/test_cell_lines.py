"""The lines of a cell: those that were set as lines are kept, and those that its width broke are joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.tables.cell_lines import join_cell_lines
from markerd.convert.embedded.tables.grid import Piece

LETTER, SPACE, LINE, PITCH, PADDING = 5.0, 2.5, 10.0, 12.0, 4.0
SIDES = (0.0, 120.0)
WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=9), min_size=1, max_size=30)


def place_lines(*lines: str, left: float = PADDING) -> list[Piece]:
    """Place the words of lines below each other."""
    pieces: list[Piece] = []
    for number, line in enumerate(lines):
        x, top = left, number * PITCH
        for word in line.split():
            pieces.append(((x, top, x + LETTER * len(word), top + LINE), word))
            x += LETTER * len(word) + SPACE
    return pieces


def wrap(words: list[str]) -> list[str]:
    """Break a line where the next word does not fit between the paddings."""
    lines: list[list[str]] = [[]]
    room = SIDES[1] - 2 * PADDING
    for word in words:
        used = sum(LETTER * len(w) + SPACE for w in lines[-1])
        if lines[-1] and used + LETTER * len(word) > room:
            lines.append([])
        lines[-1].append(word)
    return [" ".join(line) for line in lines]


@given(WORDS)
def test_text_that_the_width_broke_is_one_line(words: list[str]) -> None:
    """Whatever the words are: each line is as full as it can be."""
    assert join_cell_lines(place_lines(*wrap(words)), SIDES) == " ".join(words)


@pytest.mark.parametrize(
    "lines",
    [("Miller & Sons", "12 Bridge St", "Alby"), ("Sea", "mill"), ("9-12", "14-18"), ("Mon", "Tue", "Wed", "Thu")],
)
def test_lines_that_were_set_as_lines_are_kept(lines: tuple[str, ...]) -> None:
    """The next word would have fitted behind each."""
    assert join_cell_lines(place_lines(*lines), SIDES) == "\n".join(lines)


@pytest.mark.parametrize("left", [PADDING, 30.0])
def test_short_lines_are_kept_wherever_they_stand(left: float) -> None:
    """They may be centred."""
    assert join_cell_lines(place_lines("Sea", "mill", left=left), SIDES) == "Sea\nmill"


def test_broken_word_is_mended() -> None:
    """A hyphen at the end of a line is no end of a line that was set so."""
    assert join_cell_lines(place_lines("exam-", "ple"), SIDES) == "example"


def test_one_line_and_none() -> None:
    """A cell may be empty."""
    assert join_cell_lines(place_lines("Sea mill"), SIDES) == "Sea mill"
    assert join_cell_lines([], SIDES) == ""
