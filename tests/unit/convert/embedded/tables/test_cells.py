"""Tables from words and rules: columns, rows, heads, and what spans."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.cells import DrawnRules, build_cells, build_cells_html, build_text_grid
from markerd.convert.embedded.tables.grid import Piece

SIZE = 10.0  # of the type: a letter is 5 wide, a space 2.5


def line(top: float, *cells: tuple[float, str]) -> list[Piece]:
    """Words of a line; each cell begins at its x."""
    words: list[Piece] = []
    for start, text in cells:
        x = start
        for word in text.split():
            words.append(((x, top, x + 5 * len(word), top + SIZE), word))
            x += 5 * len(word) + 2.5
    return words


def grid(*lines: list[Piece], rules: DrawnRules | None = None) -> list[list[str]]:
    return build_text_grid(build_cells([word for words in lines for word in words], rules or DrawnRules()))


def across(*tops: float, left: float = 0, right: float = 400) -> tuple[Box, ...]:
    return tuple((left, top, right, top + 1) for top in tops)


HEAD = line(0, (0, "Town"), (150, "People"), (250, "Note"))


def test_columns_are_what_the_white_parts() -> None:
    """Words of a cell stay together, numbers as near to each other as words do not."""
    rows = [line(14 * n, (0, f"Old town {n}"), (100, f"{n}2"), (113.5, f"{n}4")) for n in range(1, 5)]
    assert grid(*rows)[0] == ["Old town 1", "12", "14"]


def test_a_line_that_spans_columns_does_not_join_them() -> None:
    """A title over the whole width of narrow columns."""
    title = line(0, (2, "Average of the floods of years"))
    rows = [line(14 * n, (0, f"{n}5"), (60, f"{n}6"), (120, f"{n}7")) for n in range(1, 6)]
    html = build_cells_html(build_cells([w for words in [title, *rows] for w in words], DrawnRules()))
    assert html.startswith('<table><thead><tr><th colspan="3">Average of the floods of years</th></tr>')
    assert html.count("<td>") == 15


def test_a_heading_spans_what_it_stands_in_the_middle_of() -> None:
    """And the labels beside it, half-way down, both of its rows."""
    lines = [
        line(0, (155, "Score")), line(7.5, (0, "Name")), line(15, (100, "easy"), (157, "hard"), (214, "both")),
        *(line(15 + 14 * n, (0, f"Model {n}"), (100, f"0.{n}1"), (157, f"0.{n}2"), (214, f"0.{n}3"))
          for n in (1, 2, 3)),
    ]  # fmt: skip
    html = build_cells_html(build_cells([word for words in lines for word in words], DrawnRules()))
    assert '<tr><th rowspan="2">Name</th><th colspan="3">Score</th></tr>' in html
    assert "<tr><th>easy</th><th>hard</th><th>both</th></tr></thead>" in html


def test_a_rule_under_a_heading_says_what_it_is_over() -> None:
    """Also where it stands on the left of it."""
    lines = [
        line(0, (100, "Score")), line(16, (0, "Name"), (100, "easy"), (157, "hard")),
        *(line(16 + 14 * n, (0, f"Model {n}"), (100, f"0.{n}1"), (157, f"0.{n}2")) for n in (1, 2, 3)),
    ]  # fmt: skip
    words = [word for line_words in lines for word in line_words]
    rules = DrawnRules((*across(12, left=98, right=180), *across(28, right=180)))
    assert '<th colspan="2">Score</th>' in build_cells_html(build_cells(words, rules))
    assert "colspan" not in build_cells_html(build_cells(words, DrawnRules(across(28, right=180))))


def test_lines_between_two_rules_are_one_row() -> None:
    """Where each row has a rule; but not where rules part groups of rows."""
    lines = [HEAD, *(line(14 * n, (0, f"T{n}") if n % 2 else (250, "more"), (250, "so")) for n in range(1, 9))]
    ruled = grid(*lines, rules=DrawnRules(across(12, 40, 68, 96)))
    assert [row[0] for row in ruled] == ["Town", "T1", "T3", "T5", "T7"]
    rows = [line(14 * n, (0, f"T{n}"), (150, f"{n}0"), (250, "so")) for n in range(1, 9)]
    assert len(grid(HEAD, *rows, rules=DrawnRules(across(12, 40, 68, 96)))) == 9


def test_white_between_rows_tells_wrapped_lines() -> None:
    """Lines near to each other are one row if they go on, and rows in groups if they do not."""
    wrapped = [
        line(30 * n + 11 * m, *((0, f"T{n}"),) * (m == 0), (150, "some words")) for n in (1, 2, 3) for m in (0, 1)
    ]
    assert grid(HEAD, *wrapped)[1] == ["T1", "some words some words", ""]
    groups = [line(40 * n + 14 * m, (0, "T"), (150, f"{n}{m}"), (250, "a")) for n in (1, 2, 3) for m in (0, 1)]
    assert len(grid(HEAD, *groups)) == 7


def test_a_word_that_had_room_above_begins_a_row() -> None:
    """One that had none goes on with the cell, where lines are all equally far."""
    first = line(14, (0, "Alby"), (150, "twelve and more"), (250, "a"))
    last = line(42, (0, "Brent"), (150, "nine"), (250, "b"))
    assert grid(HEAD, first, line(28, (150, "thousand")), last)[1][1] == "twelve and more thousand"
    assert (
        len(grid(HEAD, line(14, (0, "Alby"), (150, "ten"), (250, "a")), line(28, (150, "twelve and more")), last)) == 4
    )


def test_signs_apart_from_their_numbers_are_no_column() -> None:
    """A currency on the left of the column, numbers on the right."""
    rows = [line(14 * n, (0, f"Cost {n}"), (100, "€"), (150, f"{n}00"), (200, f"{n}50")) for n in range(1, 5)]
    assert grid(*rows)[1] == ["Cost 2", "€ 200", "250"]


def test_labels_beside_two_rows_span_them() -> None:
    """They stand half-way between."""
    rows = [
        line(40 * n + dy, (0, f"Part {n}")) if dy == 7 else line(40 * n + dy, (150, f"{n}{dy}"), (250, "9"))
        for n in (1, 2, 3)
        for dy in (0, 7, 14)
    ]
    html = build_cells_html(build_cells([w for words in [HEAD, *rows] for w in words], DrawnRules()))
    assert '<td rowspan="2">Part 2</td><td>20</td><td>9</td></tr><tr><td>214</td>' in html


places = st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(5, 200), st.floats(5, 30))
texts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(places.map(lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3])), texts), max_size=25))
def test_no_word_is_lost(placed: list[Piece]) -> None:
    """Each letter is in one cell, whatever the places; words may be joined over lines."""
    found = build_cells(placed, DrawnRules(across(100, 250)))
    wanted = _letters(text for _, text in placed)
    assert _letters(cell.text for cell in found) == wanted
    html = build_cells_html(found)
    assert not html or _letters([unescape(re.sub(r"<[^>]*>", "", html))]) == wanted


def _letters(texts: Iterable[str]) -> list[str]:
    return sorted(letter for text in texts for letter in text if letter.isalnum())
