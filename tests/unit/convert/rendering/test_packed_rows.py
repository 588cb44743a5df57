"""Rows that are packed become the same rows again."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.rendering.packed_rows import CELL_MARK, ROW_MARK, is_packed, pack_rows, unpack_rows

CELLS = st.text(st.characters(exclude_characters=f"{CELL_MARK}{ROW_MARK}", exclude_categories=["Cs"]), max_size=6)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=70)


def table(rows: list[list[str]]) -> str:
    written = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    return f"<table><tr><th>x</th></tr>{''.join(f'<tr>{row}</tr>' for row in written)}</table>"


@given(rows=ROWS, more=ROWS)
def test_unpacked_rows_are_those_that_were_packed(rows: list[list[str]], more: list[list[str]]) -> None:
    markup = f"<p>before</p>{table(rows)}<p>&amp;</p>{table(more)}"
    assert unpack_rows(pack_rows(markup)) == markup


def test_runs_are_packed_between_rows_with_markup() -> None:
    run = [["a", "1"]] * 200
    markup = table(run).replace("</table>", "<tr><td><b>b</b></td><td></td></tr></table>") + table(run)
    packed = pack_rows(markup)
    assert packed.count("<tr>") == 3 + 3 + 1
    assert "<b>b</b>" in packed


def test_page_whose_cells_may_be_styled_or_hold_others_is_left_alone() -> None:
    for more in ("<style>td{display:none}</style>", "<table><tr><td>{}</td></tr><tr><td><h2>a</h2></td></tr></table>"):
        inner = table([["a", "1"]] * 50)
        markup = more.replace("{}", inner) if "{}" in more else more + inner
        assert pack_rows(markup) == markup
    spanned = table([["a", "1"]] * 50).replace("<th>", '<th rowspan="3">')
    assert pack_rows(spanned) == spanned


def test_marks_in_a_document_are_no_borders() -> None:
    for written in (CELL_MARK, ROW_MARK, "&#xFDD6;", "&#64982;", "&#064983;", "&#x0fdd7;"):
        assert pack_rows(f"<p>a{written}b</p>") == "<p>ab</p>"
    assert pack_rows("&#xfdd7b;&#649830;") == "&#xfdd7b;&#649830;"
    assert is_packed(f"a{CELL_MARK}b")
    assert not is_packed("ab")
