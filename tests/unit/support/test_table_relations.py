"""The measure of tables: what counts as a cell in its row and as a relation of neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from table_relations import (
    Grid,
    KnownTable,
    Score,
    count_relations,
    find_documents,
    normalise,
    read_competition,
    read_html,
    read_markdown,
    score_tables,
)

MILLS = [["Mill", "Wheels", ""], ["Sea", "", "9"], ["Hill", "2", "3"]]


def table(grid: Grid) -> KnownTable:
    return KnownTable(grid, grid)


def test_relations_join_the_next_cells_with_a_text() -> None:
    """An empty place between them does not part them, and has no relation of its own."""
    assert set(count_relations(MILLS)) == {
        ("right", "mill", "wheels"), ("right", "sea", "9"), ("right", "hill", "2"), ("right", "2", "3"),
        ("below", "mill", "sea"), ("below", "sea", "hill"), ("below", "wheels", "2"), ("below", "9", "3"),
    }  # fmt: skip


def test_repeated_text_of_a_spanning_cell_is_one_cell() -> None:
    assert count_relations([["a", "a", "b"]]) == {("right", "a", "b"): 1}
    assert count_relations([["a", "", "a"]]) == {("right", "a", "a"): 1}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([MILLS], Score(7, 7, 8, 8, 8)),
        ([], Score(0, 7, 0, 8, 0)),
        ([[["Mill Wheels"], ["Sea 9"], ["Hill 2 3"]]], Score(0, 7, 0, 8, 2)),
        ([[["Mill", "Wheels"], ["Sea", "9"]]], Score(4, 7, 3, 8, 4)),
        ([MILLS, [["x", "y"]]], Score(7, 7, 8, 8, 9)),
        ([MILLS, MILLS], Score(7, 7, 8, 8, 16)),
        ([[["Mill", "", ""], ["", "Wheels", ""]]], Score(0, 7, 0, 8, 0)),
    ],
)
def test_score_counts_what_is_there_once(shown: list[Grid], expected: Score) -> None:
    """Whole, lost, in one column, half, with a table that is none, twice, and with a row torn apart."""
    assert score_tables([table(MILLS)], shown) == expected


def test_either_form_of_a_spanning_cell_is_right() -> None:
    known = KnownTable([["m", "s", "s"], ["m", "1", "2"]], [["m", "s", ""], ["", "1", "2"]])
    for form in (known.repeated, known.once):
        assert score_tables([known], [form]).f1 == 1.0


def test_the_relations_of_two_tables_are_counted_for_each() -> None:
    """One table of the output is not counted for two alike ones of the truth."""
    assert score_tables([table(MILLS), table(MILLS)], [MILLS]).recall == 0.5


def test_scores_add_up() -> None:
    total = Score(7, 7, 8, 8, 8) + Score(0, 7, 0, 8, 0)
    assert (total.cells_share, total.recall, total.precision, total.f1) == (0.5, 0.5, 1.0, 2 / 3)
    assert (Score().recall, Score().precision, Score().f1) == (0, 0, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("**1 704**", "1704"), ("a\\|b", "a|b"), ("\u20135 %", "-5%"), ("\u201cit\u2019s\u201d", "\"it's\""),
        ("x<br>y", "x y"), ("[Sea](http://x.y/z)", "Sea"), ("![a](b.png) ﬁn", "fin"), ("R&amp;D", "R&D"),
    ],
)  # fmt: skip
def test_markup_and_typography_do_not_count(one: str, other: str) -> None:
    assert normalise(one) == normalise(other) != ""


@pytest.mark.parametrize(
    "markdown",
    [
        "Text | with a bar\n\n| a | b\\|c |\n|---|:-:|\n| 1 |  |\n\nText",
        "| a | b\\|c |\n| 1 | |",
        "x\n\n<table><tr><th>a</th><th>b|c</th></tr><tr><td>1</td><td></td></tr></table>",
    ],
)
def test_tables_are_read_with_bars_and_in_html(markdown: str) -> None:
    grids = [[[normalise(text) for text in row] for row in grid] for grid in read_markdown(markdown)]
    assert grids == [[["a", "bc"], ["1", ""]]]


def test_spans_of_html_have_both_forms() -> None:
    (known,) = read_html("<table><tr><td rowspan=2>a<td colspan=2>b<tr><td>c<td>d</table>")
    assert known == KnownTable([["a", "b", "b"], ["a", "c", "d"]], [["a", "b", ""], ["", "c", "d"]])


def test_competition_truth_is_read_over_its_regions() -> None:
    (known,) = read_competition(b"""<document filename="x.pdf"><table id="1">
        <region id="1" page="1" col-increment="0" row-increment="0">
          <cell id="1" start-row="0" start-col="0" end-col="1"><content>R&amp;D &lt; 5</content></cell>
        </region><region id="2" page="2" col-increment="0" row-increment="1">
          <cell id="1" start-row="0" start-col="0"><content>1</content></cell>
          <cell id="2" start-row="0" start-col="1"><content>2</content></cell>
        </region></table></document>""")
    assert [[normalise(text) for text in row] for row in known.once] == [["r&d<5", ""], ["1", "2"]]
    assert [[normalise(text) for text in row] for row in known.repeated] == [["r&d<5", "r&d<5"], ["1", "2"]]


def test_documents_are_found_by_the_truth_beside_them(tmp_path: Path) -> None:
    for name in ("grids.pdf", "cells.pdf", "alone.pdf"):
        (tmp_path / name).touch()
    (tmp_path / "grids.tables.json").write_text('[{"spread": [["a", "a"]], "once": [["a", ""]]}]')
    (tmp_path / "cells-str.xml").write_text("<document/>")
    assert find_documents(tmp_path) == {
        tmp_path / "cells.pdf": [], tmp_path / "grids.pdf": [KnownTable([["a", "a"]], [["a", ""]])],
    }  # fmt: skip


grids = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.sampled_from(["", "a", "b", "c d", "1"]), min_size=width, max_size=width), min_size=1, max_size=5
    )
)


@given(grid=grids, other=grids)
def test_shares_are_shares(grid: Grid, other: Grid) -> None:
    """A table is wholly like itself as Markdown; like any other between nothing and all."""
    written = "\n".join(f"| {' | '.join(row)} |" for row in grid)
    (read,) = read_markdown(written) or [[]]
    same = score_tables([table(grid)], [read])
    assert (same.cells_found, same.relations_found, same.relations_shown) == (
        same.cells,
        same.relations,
        same.relations,
    )
    score = score_tables([table(grid)], [other])
    assert all(0 <= share <= 1 for share in (score.cells_share, score.recall, score.precision, score.f1))
