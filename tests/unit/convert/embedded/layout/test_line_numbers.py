"""The numbers of lines, and numbers that look like them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markerd.convert.embedded.layout.line_numbers import Piece, cut_numbers, find_line_numbers
from numbered_lines import TEXT

PITCH, SIZE = 18.0, 10.0


def _break_lines(letters: int) -> list[str]:
    lines = [""]
    for word in " ".join(TEXT).split():
        if len(lines[-1]) + len(word) >= letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _place(text: str, left: float, row: int) -> Piece:
    return (left, 50 + PITCH * row, left + 5 * len(text), 50 + PITCH * row + SIZE), text


def _number_lines(lines: list[str], *, first: int, step: int, is_left: bool, is_joined: bool) -> list[Piece]:
    pieces: list[Piece] = []
    for row, text in enumerate(lines):
        number = str(first + row) if (first + row) % step == 0 else ""
        if is_joined and is_left and number:
            pieces.append(_place(f"{number} {text}", 80 - 5 * (len(number) + 1), row))
            continue
        pieces.append(_place(text, 80, row))
        if number:
            pieces.append(_place(number, 50 if is_left else 520, row))
    return pieces


@given(
    letters=st.integers(46, 80),
    count=st.integers(12, 26),
    first=st.sampled_from([1, 26, 101, 996]),
    step=st.sampled_from([1, 1, 2, 5]),
    is_left=st.booleans(),
    is_joined=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_each_number_of_a_line_is_found_and_nothing_else(
    letters: int, count: int, first: int, step: int, is_left: bool, is_joined: bool
) -> None:
    """In each form; what is left are the lines as they were."""
    lines = _break_lines(letters)[:count]
    if (first + len(lines) - 1) // step - (first - 1) // step < 3:
        return
    pieces = _number_lines(lines, first=first, step=step, is_left=is_left, is_joined=is_joined and step == 1)
    [found] = find_line_numbers([pieces])
    assert sorted(number.value for number in found) == [n for n in range(first, first + len(lines)) if n % step == 0]
    left = [cut_numbers(piece, [n for n in found if n.piece == i]) for i, piece in enumerate(pieces)]
    assert [text for _, text in left if text] == lines


@given(count=st.integers(3, 30), first=st.integers(0, 30), gap=st.floats(30, 200), cell=st.integers(4, 40))
@settings(max_examples=60, deadline=None)
def test_numbers_of_rows_stay(count: int, first: int, gap: float, cell: int) -> None:
    """Each row has cells: its number, words, an amount."""
    pieces: list[Piece] = []
    for row in range(count):
        text = TEXT[row % len(TEXT)].lower()[:cell].strip()
        pieces += [_place(str(first + row), 50, row), _place(text, 80, row)]
        pieces.append(_place(str(7 * row), 80 + 5 * cell + gap, row))
    assert find_line_numbers([pieces]) == [[]]


@given(count=st.integers(3, 20), lines=st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_numbers_of_paragraphs_and_stanzas_stay(count: int, lines: int) -> None:
    """Each has several lines, of which the first has the number."""
    rows = _break_lines(60) * 8
    pieces = []
    for row in range(count * lines):
        pieces.append(_place(rows[row], 80, row))
        if row % lines == 0:
            pieces.append(_place(str(row // lines + 1), 50, row))
    assert find_line_numbers([pieces]) == [[]]


@pytest.mark.parametrize(
    "items", [TEXT[:6], [text.rstrip(".") for text in TEXT[:6]], ["oats", "rye", "bran", "salt", "oil"]]
)
def test_list_of_numbered_lines_stays(items: list[str]) -> None:
    """Its items are whole: none runs on into the next."""
    assert find_line_numbers([_number_lines(items, first=1, step=1, is_left=True, is_joined=True)]) == [[]]


def test_numbers_of_a_chart_stay() -> None:
    """Its axis counts by fives, and no lines stand between."""
    pieces = [_place(str(40 - 5 * row), 50, 3 * row) for row in range(8)] + [_place(TEXT[0], 80, 30)]
    assert find_line_numbers([pieces, [(box, str(45 - int(text))) for box, text in pieces[:8]]]) == [[], []]


def test_short_last_page_goes_by_the_pages_before_it() -> None:
    """It has too few lines to show anything."""
    lines = _break_lines(60)
    first = _number_lines(lines[:25], first=1, step=1, is_left=True, is_joined=False)
    last = _number_lines(lines[25:27], first=1, step=1, is_left=True, is_joined=False)
    assert [len(found) for found in find_line_numbers([first, last])] == [25, 2]
    assert find_line_numbers([last]) == [[]]


def test_number_of_a_blank_line_is_one_too() -> None:
    """A transcript numbers each line of the form, with text or not."""
    lines = [line for one, other in pairwise(_break_lines(60)) for line in (one, other)][:20]
    pieces = _number_lines(lines, first=1, step=1, is_left=True, is_joined=False)
    blank = {8, 9}
    kept = [piece for piece in pieces if not (piece[0][0] == 80 and (piece[0][1] - 50) / PITCH in blank)]
    assert len(find_line_numbers([kept])[0]) == 20
