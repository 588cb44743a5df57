"""Tables from words and rules: columns, rows, heads and spans."""

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


def make_line(top: float, *cells: tuple[float, str]) -> list[Piece]:
    """Make the words of a line; each cell begins at its x."""
    words: list[Piece] = []
    for start, text in cells:
        x = start
        for word in text.split():
            words.append(((x, top, x + 5 * len(word), top + SIZE), word))
            x += 5 * len(word) + 2.5
    return words


def build_grid(*lines: list[Piece], rules: DrawnRules | None = None) -> list[list[str]]:
    return build_text_grid(build_cells([word for words in lines for word in words], rules or DrawnRules()))


def make_rule(*tops: float, left: float = 0, right: float = 400) -> tuple[Box, ...]:
    return tuple((left, top, right, top + 1) for top in tops)


HEAD = make_line(0, (0, "Town"), (150, "People"), (250, "Note"))


def test_white_separates_columns() -> None:
    """Words of a cell stay together, while numbers at the same distance do not."""
    rows = [make_line(14 * n, (0, f"Old town {n}"), (100, f"{n}2"), (113.5, f"{n}4")) for n in range(1, 5)]
    assert build_grid(*rows)[0] == ["Old town 1", "12", "14"]


def test_line_across_columns_does_not_join_them() -> None:
    """An example is a title over the whole width of narrow columns."""
    title = make_line(0, (2, "Average of the floods of years"))
    rows = [make_line(14 * n, (0, f"{n}5"), (60, f"{n}6"), (120, f"{n}7")) for n in range(1, 6)]
    html = build_cells_html(build_cells([w for words in [title, *rows] for w in words], DrawnRules()))
    assert html.startswith('<table><thead><tr><th colspan="3">Average of the floods of years</th></tr>')
    assert html.count("<td>") == 15


def test_heading_spans_the_columns_that_it_is_centred_over() -> None:
    """Labels beside it, at half height, span both of its rows."""
    lines = [
        make_line(0, (155, "Score")), make_line(7.5, (0, "Name")),
        make_line(15, (100, "easy"), (157, "hard"), (214, "both")),
        *(make_line(15 + 14 * n, (0, f"Model {n}"), (100, f"0.{n}1"), (157, f"0.{n}2"), (214, f"0.{n}3"))
          for n in (1, 2, 3)),
    ]  # fmt: skip
    html = build_cells_html(build_cells([word for words in lines for word in words], DrawnRules()))
    assert '<tr><th rowspan="2">Name</th><th colspan="3">Score</th></tr>' in html
    assert "<tr><th>easy</th><th>hard</th><th>both</th></tr></thead>" in html


def test_first_row_that_is_shaded_with_the_head_is_a_row() -> None:
    """The shade ends below it; its label and its numbers fill all columns, as the head does."""
    lines = [
        make_line(0, (0, "Item"), (100, "2015"), (150, "2016")),
        *(make_line(14 * n, (0, f"Part {n}"), (100, f"1{n}5"), (150, f"1{n}6")) for n in range(1, 6)),
    ]
    grid = build_grid(*lines, rules=DrawnRules((*make_rule(-2, 27, 69, right=180),)))
    assert grid[:3] == [["Item", "2015", "2016"], ["Part 1", "115", "116"], ["Part 2", "125", "126"]]


def test_years_below_a_heading_are_of_the_head() -> None:
    """They have no label."""
    lines = [
        make_line(0, (0, "Item"), (120, "Costs")),
        make_line(14, (100, "2015"), (150, "2016")),
        *(make_line(14 * n, (0, f"Part {n}"), (100, f"1{n}5"), (150, f"1{n}6")) for n in range(2, 6)),
    ]
    grid = build_grid(*lines, rules=DrawnRules((*make_rule(-2, 27, 90, right=180),)))
    assert grid[2] == ["Part 2", "125", "126"]


def test_rule_below_a_heading_shows_its_columns() -> None:
    """This holds also where the heading stands at the left of its columns."""
    lines = [
        make_line(0, (100, "Score")), make_line(16, (0, "Name"), (100, "easy"), (157, "hard")),
        *(make_line(16 + 14 * n, (0, f"Model {n}"), (100, f"0.{n}1"), (157, f"0.{n}2")) for n in (1, 2, 3)),
    ]  # fmt: skip
    words = [word for line_words in lines for word in line_words]
    rules = DrawnRules((*make_rule(12, left=98, right=180), *make_rule(28, right=180)))
    assert '<th colspan="2">Score</th>' in build_cells_html(build_cells(words, rules))
    assert "colspan" not in build_cells_html(build_cells(words, DrawnRules(make_rule(28, right=180))))


def test_lines_between_two_rules_are_one_row() -> None:
    """Each row has a rule then; rules between groups of rows make no rows."""
    lines = [HEAD, *(make_line(14 * n, (0, f"T{n}") if n % 2 else (250, "more"), (250, "so")) for n in range(1, 9))]
    ruled = build_grid(*lines, rules=DrawnRules(make_rule(12, 40, 68, 96)))
    assert [row[0] for row in ruled] == ["Town", "T1", "T3", "T5", "T7"]
    rows = [make_line(14 * n, (0, f"T{n}"), (150, f"{n}0"), (250, "so")) for n in range(1, 9)]
    assert len(build_grid(HEAD, *rows, rules=DrawnRules(make_rule(12, 40, 68, 96)))) == 9


def test_white_between_rows_shows_wrapped_lines() -> None:
    """Close lines are one row if they continue, and several rows in groups if they do not."""
    wrapped = [
        make_line(30 * n + 11 * m, *((0, f"T{n}"),) * (m == 0), (150, "some words")) for n in (1, 2, 3) for m in (0, 1)
    ]
    assert build_grid(HEAD, *wrapped)[1] == ["T1", "some words some words", ""]
    groups = [make_line(40 * n + 14 * m, (0, "T"), (150, f"{n}{m}"), (250, "a")) for n in (1, 2, 3) for m in (0, 1)]
    assert len(build_grid(HEAD, *groups)) == 7


def test_a_word_that_had_room_above_begins_a_row() -> None:
    """Where all lines are equally far apart, a word that had no room continues the cell."""
    first = make_line(14, (0, "Alby"), (150, "twelve and more"), (250, "a"))
    last = make_line(42, (0, "Brent"), (150, "nine"), (250, "b"))
    assert build_grid(HEAD, first, make_line(28, (150, "thousand")), last)[1][1] == "twelve and more thousand"
    assert (
        len(
            build_grid(
                HEAD,
                make_line(14, (0, "Alby"), (150, "ten"), (250, "a")),
                make_line(28, (150, "twelve and more")),
                last,
            )
        )
        == 4
    )


def test_signs_beside_numbers_are_no_column() -> None:
    """A currency stands at the left of the column, numbers at the right."""
    rows = [make_line(14 * n, (0, f"Cost {n}"), (100, "€"), (150, f"{n}00"), (200, f"{n}50")) for n in range(1, 5)]
    assert build_grid(*rows)[1] == ["Cost 2", "€ 200", "250"]


def test_labels_beside_two_rows_span_them() -> None:
    """Such labels stand at half height between the rows."""
    rows = [
        make_line(40 * n + dy, (0, f"Part {n}")) if dy == 7 else make_line(40 * n + dy, (150, f"{n}{dy}"), (250, "9"))
        for n in (1, 2, 3)
        for dy in (0, 7, 14)
    ]
    html = build_cells_html(build_cells([w for words in [HEAD, *rows] for w in words], DrawnRules()))
    assert '<td rowspan="2">Part 2</td><td>20</td><td>9</td></tr><tr><td>214</td>' in html


places = st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(5, 200), st.floats(5, 30))
texts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(places.map(lambda p: (p[0], p[1], p[0] + p[2], p[1] + p[3])), texts), max_size=25))
def test_no_word_is_lost(placed: list[Piece]) -> None:
    """Each letter is in one cell, whatever the places; words may be joined across lines."""
    found = build_cells(placed, DrawnRules(make_rule(100, 250)))
    wanted = _count_letters(text for _, text in placed)
    assert _count_letters(cell.text for cell in found) == wanted
    html = build_cells_html(found)
    assert not html or _count_letters([unescape(re.sub(r"<[^>]*>", "", html))]) == wanted


def _count_letters(texts: Iterable[str]) -> list[str]:
    return sorted(letter for text in texts for letter in text if letter.isalnum())
