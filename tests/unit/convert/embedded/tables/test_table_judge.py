"""Several readings of one table, and the judge between them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from judged_tables import WIDTH, Model, make_judge, make_lines, place_cells
from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.tables.ruling_lines import RuledGrid
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

ROWS = [["Name", "Size", "Price"], ["Ring", "12", "30"], ["Chain", "45", "70"], ["Clasp", "7", "12"]]


def make_grid(ys: Sequence[float], columns: int) -> RuledGrid:
    xs = tuple(float(WIDTH * c) for c in range(columns + 1))
    rows = len(ys) - 1
    return RuledGrid(xs, tuple(ys), ((True,) * (columns - 1),) * rows, ((True,) * columns,) * (rows - 1))


def count_rows(html: str) -> int:
    return html.count("<tr>")


def test_two_readers_that_agree_need_no_model() -> None:
    """Our rules and liteparse read the same table."""
    lines, model = make_lines(ROWS), Model()
    judge = make_judge(lines, model, place_cells(ROWS))
    html = judge.build_html(range(len(lines)))
    assert count_rows(html) == len(ROWS)
    assert html.startswith('<table data-reader="words">')
    assert model.looks == []


def test_readers_that_agree_outvote_a_grid_whose_rules_hold_several_rows() -> None:
    """Only the head is ruled off, so the drawn grid holds all other rows in one."""
    lines = make_lines(ROWS)
    grid = make_grid([-5.0, 15.0, 195.0], 3)
    judge = make_judge(lines, Model(place_cells(ROWS)), place_cells(ROWS), [grid])
    assert count_rows(judge.build_html(range(len(lines)))) == len(ROWS)


def test_readers_that_disagree_are_settled_by_the_model() -> None:
    """liteparse joins pairs of rows, as the rules and the model do not."""
    lines = make_lines(ROWS)
    pairs = [PlacedCell(c.row // 2, c.column, c.box) for c in place_cells(ROWS)]
    model = Model(place_cells(ROWS))
    judge = make_judge(lines, model, pairs)
    html = judge.build_html(range(len(lines)))
    assert count_rows(html) == len(ROWS)
    assert len(model.looks) == 1
    assert 'data-reader="liteparse"' not in html


@pytest.mark.parametrize(("is_whole", "is_table"), [(True, False), (False, True)])
def test_cells_that_fit_no_text_show_that_there_is_no_table(is_whole: bool, is_table: bool) -> None:
    """A model that was cut off shows nothing."""
    lines = make_lines(ROWS)
    judge = make_judge(lines, Model(place_cells(ROWS, shift=3000.0), is_whole))
    assert bool(judge.build_html(range(len(lines)))) == is_table


@pytest.mark.parametrize(("shift", "is_table"), [(0.0, True), (3000.0, False)])
def test_table_that_only_another_reader_sees_needs_the_model(shift: float, is_table: bool) -> None:
    """Without the model's word it stays text, even where our readers could read it."""
    lines, cells = make_lines(ROWS), place_cells(ROWS)
    held = range(len(lines))
    assert bool(make_judge(lines, Model(place_cells(ROWS, shift)), cells).build_html(held, True)) == is_table
    assert make_judge(lines, None, cells).build_html(held, True) == ""


def test_each_table_is_read_once() -> None:
    """The layout asks again and again for the same lines."""
    lines, model = make_lines(ROWS), Model(place_cells(ROWS))
    judge = make_judge(lines, model)
    held = list(range(len(lines)))
    assert judge.build_html(held) == judge.build_html(held[::-1]) != ""
    assert len(model.looks) == 1


def test_page_with_very_many_tables_is_read_with_the_model_only_so_often() -> None:
    """The rest is read without it, and stays a table."""
    lines, model = make_lines(ROWS * 20), Model(place_cells(ROWS))
    judge = make_judge(lines, model)
    size = len(ROWS) * len(ROWS[0])
    htmls = [judge.build_html(range(n * size, (n + 1) * size)) for n in range(20)]
    assert len(model.looks) == THRESHOLDS.most_model_readings
    assert all(map(bool, htmls[THRESHOLDS.most_model_readings :]))


def test_no_lines_are_no_table() -> None:
    """Nor is a single word."""
    lines = make_lines([["Name"]])
    judge = make_judge(lines, Model())
    assert judge.build_html([]) == "" == judge.build_html([0])
