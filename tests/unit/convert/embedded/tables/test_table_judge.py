"""Several readings of one table, and the judge between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.readers.read_block import PlacedCell, PlacedTable
from markerd.convert.embedded.readers.table_model import ModelTable
from markerd.convert.embedded.tables.cells import DrawnRules
from markerd.convert.embedded.tables.page_tables import PageTables
from markerd.convert.embedded.tables.ruling_lines import RuledGrid
from markerd.convert.embedded.tables.table_judge import TableJudge, TableReaders
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.text_line import TextLine

PITCH, WIDTH, LINE = 20, 100, 10
ROWS = [["Name", "Size", "Price"], ["Ring", "12", "30"], ["Chain", "45", "70"], ["Clasp", "7", "12"]]


@dataclass
class Model:
    """A table model that sees these cells, and counts how often it looks."""

    cells: Sequence[PlacedCell] = ()
    is_whole: bool = True
    looks: list[Box] = field(default_factory=list)

    def read(self, box: Box) -> ModelTable:
        self.looks.append(box)
        return ModelTable(tuple(self.cells), 0.99, self.is_whole)


def place_cells(rows: Sequence[Sequence[str]], shift: float = 0.0) -> tuple[PlacedCell, ...]:
    """Place a cell for each text; `shift` moves all of them away from it, in points."""
    return tuple(
        PlacedCell(r, c, (WIDTH * c + shift, PITCH * r, WIDTH * c + 60.0 + shift, PITCH * r + LINE), r == 0)
        for r, row in enumerate(rows)
        for c in range(len(row))
    )


def make_lines(rows: Sequence[Sequence[str]]) -> list[TextLine]:
    lines = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            box = (10.0 + WIDTH * c, float(PITCH * r), 10.0 + WIDTH * c + 6 * len(text), float(PITCH * r + LINE))
            lines.append(TextLine(box, text, 10.0, is_bold=False, parts=((box, text),)))
    return lines


def make_judge(
    lines: Sequence[TextLine],
    model: Model | None = None,
    cells: Sequence[PlacedCell] = (),
    grids: Sequence[RuledGrid] = (),
) -> TableJudge:
    words = tuple((line.box, line.text) for line in lines)
    known = PageTables(words, DrawnRules(), tuple(grids), 1.0, 1.0, np.zeros((200, 400), np.uint8))
    tables = [PlacedTable((0.0, 0.0, 400.0, 200.0), tuple(cells))] if cells else []
    return TableJudge(known, lines, TableReaders(model.read if model else None, lambda: tables))


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
