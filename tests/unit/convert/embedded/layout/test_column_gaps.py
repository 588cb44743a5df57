"""The white between columns of running text."""

from __future__ import annotations

from markerd.convert.embedded.geometry import Box, union
from markerd.convert.embedded.layout.column_gaps import (
    find_column,
    find_column_gaps,
    group_orphan_paragraphs,
    split_by_columns,
)
from markerd.convert.embedded.layout.regions import Region

ROW, HIGH = 32.0, 30.0  # as OCR draws its boxes: nearly from line to line


def make_column(left: float, right: float, rows: int, top: float = 100.0) -> list[Box]:
    """Make a column of running text; the last line is short."""
    full = [(left, top + ROW * row, right, top + ROW * row + HIGH) for row in range(rows - 1)]
    return [*full, (left, top + ROW * (rows - 1), left + (right - left) / 3, top + ROW * (rows - 1) + HIGH)]


LEFT, RIGHT = make_column(50, 440, 12), make_column(455, 850, 9)
TITLE = (50.0, 40.0, 700.0, 80.0)


def test_narrow_gap_between_columns_is_found() -> None:
    """A gap half as wide as a line is high reaches up to the title, and down to the end of the longer column."""
    (column_gap,) = find_column_gaps([TITLE, *LEFT, *RIGHT])
    assert 440 < column_gap.x < 455
    assert column_gap.top <= 100
    assert column_gap.bottom >= LEFT[-1][3]


def test_table_has_no_column_gap() -> None:
    """Cells are short, or do not fill their column."""
    cells = [
        (left, 100 + ROW * row, left + size, 100 + ROW * row + HIGH)
        for row, sizes in enumerate([(300, 50), (120, 60), (90, 50), (140, 70), (110, 60), (70, 50)])
        for left, size in zip((50.0, 500.0), sizes, strict=True)
    ]
    assert find_column_gaps(cells) == []


def test_white_in_a_few_lines_is_no_column_gap() -> None:
    """Three rows may have their white at one place by chance."""
    assert find_column_gaps([*make_column(50, 440, 3), *make_column(455, 850, 3)]) == []


def test_each_column_has_its_own_region() -> None:
    """A region drawn over both columns is split. A region above all columns stays whole, as does a table below."""
    lines = [TITLE, *LEFT, *RIGHT]
    found = find_column_gaps(lines)
    whole = Region(union(LEFT + RIGHT), "Text", lines=tuple(range(1, len(lines))))
    title = Region(TITLE, "Text", lines=(0,))
    parts = split_by_columns([title, whole], lines, found)
    assert [part.lines for part in parts] == [(0,), tuple(range(1, 13)), tuple(range(13, 22))]
    table = Region(union(LEFT[9:]), "Table", lines=(10, 11, 12))
    assert split_by_columns([table], lines, found) == [table]


def test_a_newspaper_is_no_table() -> None:
    """Columns that the layout model called a table become text."""
    lines = [*LEFT, *RIGHT]
    paper = Region(union(lines), "Table", lines=tuple(range(len(lines))))
    assert [part.label for part in split_by_columns([paper], lines, find_column_gaps(lines))] == ["Text", "Text"]


def test_paragraphs_do_not_cross_a_column_gap() -> None:
    """Lines without a region are grouped by column, although they stand near enough to be one paragraph."""
    lines = [*LEFT, *RIGHT]
    groups = group_orphan_paragraphs(lines, range(len(lines)), find_column_gaps(lines))
    assert sorted(map(tuple, groups)) == [tuple(range(12)), tuple(range(12, 21))]
    assert len(group_orphan_paragraphs(lines, range(len(lines)), [])) == 1


def test_a_line_is_in_one_column_or_over_all() -> None:
    """A line beside the gap is in a column; a line across it, above or below it is in none."""
    found = find_column_gaps([TITLE, *LEFT, *RIGHT])
    assert [find_column(box, found) for box in (LEFT[3], RIGHT[3], TITLE)] == [(-1,), (1,), (0,)]
