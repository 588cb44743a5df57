"""Tables that nobody drew or saw: lines of text that stand in columns, row under row. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from markerd.convert.models.embedded.geometry import Box, height, union, vertical_overlap, width
from markerd.convert.models.embedded.lists import ITEM
from markerd.convert.models.embedded.tables import Piece, cells, columns_of, is_prose, rows_of
from markerd.convert.models.embedded.textline import TextLine

_INDEX_ENTRY = re.compile(r"[^\W\d_]{3}.*,\s*\d{1,4}(?:\s?[\u2013-]\s?\d{1,4})?\s*$")
MIN_ROWS = 3
MAX_ROW_GAP = 1.6  # of the height of a line, between two rows of a table
MIN_FILLED = 0.55
MIN_COLUMN_LINES = 8
MAX_CROSSING = 0.15  # of the lines of running text, over the gap between two columns
MIN_COLUMN_SHARE = 0.25  # of the lines of running text in the smaller of two columns


def text_grids(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    """Groups of the lines that make a table each: rows of two parts or more, with the rows between them."""
    found = []
    for side in text_columns(lines, indices):
        for run in _runs(_rows(lines, side), lines):
            members = [i for row in run for i in row]
            if _is_table(run, lines):
                found.append(members)
    return found


def text_columns(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    """The lines of each column of running text, from left to right; all together where there are no such columns.

    What runs over several columns is in none.
    """
    wide = [i for i in indices if _is_wide(lines[i])]
    if len(wide) < MIN_COLUMN_LINES:
        return [list(indices)]
    page = union(lines[i].box for i in indices)
    cuts = [_sides(page[0] + width(page) * step / 100, lines, indices, wide) for step in range(20, 81)]
    crossing, left, right = min(cuts, key=lambda cut: len(cut[0]))
    if len(crossing) >= MAX_CROSSING * len(wide) or not all(
        _is_column(side, wide, lines, page) for side in (left, right)
    ):
        return [list(indices)]
    return [*text_columns(lines, left), *text_columns(lines, right)]


def is_index_entry(line: TextLine) -> bool:
    """Whether it is a word with the pages that it is on."""
    return bool(_INDEX_ENTRY.search(line.text))


def _is_wide(line: TextLine) -> bool:
    """Whether it is no table's cell: a line of running text, of code, or of an index."""
    return is_index_entry(line) or len(line.text.split()) >= 4 or (line.is_mono and line.letters > 15)


def _sides(
    x: float, lines: Sequence[TextLine], indices: Sequence[int], wide: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """The wide lines that cross x, and the lines left and right of it."""
    crossing = [i for i in wide if lines[i].box[0] < x - 1 and lines[i].box[2] > x + 1]
    left = [i for i in indices if lines[i].box[2] <= x + 1]
    return crossing, left, [i for i in indices if lines[i].box[0] >= x - 1]


def _is_column(side: Sequence[int], wide: Sequence[int], lines: Sequence[TextLine], page: Box) -> bool:
    held = [i for i in set(side) & set(wide) if width(lines[i].box) > 0.1 * width(page)]
    return len(held) > MIN_COLUMN_SHARE * len(wide)


def _rows(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    for index in sorted(indices, key=lambda i: (lines[i].box[1] + lines[i].box[3]) / 2):
        box = lines[index].box
        if rows and _is_level(box, [lines[i].box for i in rows[-1]]):
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def _is_level(box: Box, row: Sequence[Box]) -> bool:
    top, bottom = median(b[1] for b in row), median(b[3] for b in row)
    return vertical_overlap(box, (0.0, top, 0.0, bottom)) > 0.5 * min(height(box), bottom - top)


def _runs(rows: Sequence[list[int]], lines: Sequence[TextLine]) -> list[list[list[int]]]:
    """Rows of several parts that follow each other; a row of one part between two of them goes with them."""
    runs: list[list[list[int]]] = []
    pending: list[list[int]] = []
    for row in rows:
        if (
            runs
            and runs[-1]
            and _gap(([*runs[-1], *pending])[-1], row, lines) > MAX_ROW_GAP * max(lines[i].size for i in row)
        ):
            pending = []
            runs.append([])
        if len(_pieces(row, lines)) > 1:
            if not runs:
                runs.append([])
            runs[-1].extend([*pending, row] if runs[-1] else [row])
            pending = []
        elif runs and runs[-1]:
            pending.append(row)
            if len(pending) > 1:
                pending = []
                runs.append([])
    return [run for run in runs if run]


def _pieces(row: Sequence[int], lines: Sequence[TextLine]) -> list[Piece]:
    return [piece for i in row for piece in lines[i].parts or ((lines[i].box, lines[i].text.strip()),)]


def _gap(above: Sequence[int], below: Sequence[int], lines: Sequence[TextLine]) -> float:
    return min(lines[i].box[1] for i in below) - max(lines[i].box[3] for i in above)


def _is_table(run: Sequence[Sequence[int]], lines: Sequence[TextLine]) -> bool:
    if all(lines[i].is_mono for row in run for i in row):
        return False  # a listing keeps its columns as they stand
    several = [row for row in run if len(_pieces(row, lines)) > 1]
    if len(several) < MIN_ROWS:
        return False
    pieces = [piece for row in run for piece in _pieces(row, lines)]
    if len(columns_of(rows_of(pieces))) < 2:
        return False
    grid = cells(pieces)
    filled = sum(bool(text) for row in grid for text in row) / max(1, sum(len(row) for row in grid))
    is_list = sum(bool(ITEM.match(f"{row[0]} x")) for row in grid) > 0.6 * len(grid) and len(grid[0]) == 2
    return filled >= MIN_FILLED and not is_list and not is_prose(grid)
