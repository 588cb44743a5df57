"""Tables from text with places."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.tables.grid import build_grid, build_table_html, holds_all, is_prose

ROWS = [["Item", "Price", "Count"], ["Tea", "1.20", "3"], ["Coffee", "2.40", ""]]


def make_pieces(rows: list[list[str]]) -> list[tuple[tuple[float, float, float, float], str]]:
    """Make each cell as one piece, in columns 100 wide and rows 20 high."""
    return [
        ((100.0 * x, 20.0 * y, 100.0 * x + 60, 20.0 * y + 12), text)
        for y, row in enumerate(rows)
        for x, text in enumerate(row)
        if text
    ]


def test_rows_and_columns_are_found() -> None:
    """Pieces end up in the cells where they stand, and an empty cell stays empty."""
    assert build_grid(make_pieces(ROWS)) == ROWS


def test_words_of_a_cell_are_joined() -> None:
    """Several pieces in a column of one row make one cell."""
    split = [((0.0, 0.0, 20.0, 10.0), "Net"), ((22.0, 0.0, 60.0, 10.0), "weight"), ((100.0, 0.0, 160.0, 10.0), "kg")]
    assert build_grid([*split, *make_pieces([["", ""], ["Sum", "12"]])])[0] == ["Net weight", "kg"]


def test_markup_in_cells_is_escaped() -> None:
    """Text is data, with braces and angle brackets too."""
    html = build_table_html(make_pieces([["<b>", "{0}"], ["y}", "z"]]))
    assert "<th>&lt;b&gt;</th><th>{0}</th>" in html
    assert "<td>y}</td>" in html


def test_a_single_column_is_no_table() -> None:
    """Lines below each other are a text."""
    assert build_table_html(make_pieces([["one"], ["two"], ["three"]])) == ""


def test_sentences_in_columns_are_prose() -> None:
    """Two columns of running text are no table; numbers with names are one."""
    sentence = "this is a rather long line of some running text"
    assert is_prose([[sentence, sentence]] * 5)
    assert not is_prose(ROWS)


def test_lost_text_is_detected() -> None:
    """A table that dropped a row does not hold all text."""
    assert holds_all(build_table_html(make_pieces(ROWS)), [text for row in ROWS for text in row])
    assert not holds_all(build_table_html(make_pieces(ROWS)), ["something", "else"])


places = st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(5, 200), st.floats(5, 30))
words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(places.map(lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3])), words), max_size=25))
def test_no_piece_is_lost(placed: list[tuple[tuple[float, float, float, float], str]]) -> None:
    """Each piece is in the grid once, whatever the places."""
    html = "<td>" + "</td><td>".join(text for row in build_grid(placed) for text in row) + "</td>"
    shown = re.sub(r"<[^>]*>", " ", unescape(html)).split()
    assert sorted(shown) == sorted(word for _, text in placed for word in text.split())
