"""Where the tables of a page are, by our own finders and by liteparse."""

from __future__ import annotations

import pytest

from judged_tables import Model, make_judge, make_lines, place_cells
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.tables.detection import find_proposed_tables, find_text_tables

FULL = [["Name", "Size", "Price"], ["Ring", "12", "30"], ["Chain", "45", "70"], ["Clasp", "7", "12"]]
SPARSE = [["", "9", ""], ["", "", "15"], ["Ear", "", ""], ["", "", "44"], ["Pin", "2", ""]]
EMPTY: list[list[str]] = [[], []]


def test_sparse_rows_below_a_table_are_rows() -> None:
    """Our finder ends where rows have one cell; liteparse goes on to the end."""
    rows = [*FULL, *SPARSE]
    lines = make_lines(rows)
    judge = make_judge(lines, Model(place_cells(rows)), place_cells(rows))
    left, tables = find_text_tables(judge, [Region((0.0, 0.0, 300.0, 200.0), "Text", lines=tuple(range(len(lines))))])
    assert [len(table.lines) for table in tables] == [len(lines)]
    assert left == []


@pytest.mark.parametrize(("label", "count"), [("Text", 1), ("Figure", 1), ("Table", 0)])
def test_tables_of_liteparse_are_looked_for_in_text_and_pictures(label: str, count: int) -> None:
    """A region that is a table already is left as it is."""
    lines = make_lines(FULL)
    judge = make_judge(lines, Model(place_cells(FULL)), place_cells(FULL))
    region = Region((0.0, 0.0, 300.0, 200.0), label, lines=tuple(range(len(lines))))
    left, tables = find_proposed_tables(judge, [region])
    assert len(tables) == count
    assert len(left) == 1 - count


def test_lines_of_another_region_stay_there() -> None:
    """A paragraph below the table keeps its lines."""
    lines = make_lines([*FULL, *EMPTY, ["A paragraph."]])
    judge = make_judge(lines, Model(place_cells(FULL)), place_cells(FULL), height=75.0)
    region = Region((0.0, 0.0, 300.0, 200.0), "Text", lines=tuple(range(len(lines))))
    left, tables = find_proposed_tables(judge, [region])
    assert [region.lines for region in left] == [(12,)]
    assert [set(table.lines) for table in tables] == [set(range(12))]
