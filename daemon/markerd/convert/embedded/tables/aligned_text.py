"""Tables that nobody drew or saw: lines of text that stand in columns, row under row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markerd.convert.embedded.geometry import Box, horizontal_overlap, rows_by_height, union, width
from markerd.convert.embedded.tables.columns import columns_of_lines, reach, usual_height
from markerd.convert.embedded.tables.grid import Piece, cells, columns_of, is_prose, rows_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import INDEX_ENTRY, ITEM
from markerd.convert.embedded.text_layer.text_line import TextLine

Phrases = Mapping[int, Sequence[Piece]]
Run = Sequence[Sequence[int]]


def text_grids(lines: Sequence[TextLine], indices: Sequence[int], phrases: Phrases | None = None) -> list[list[int]]:
    """Groups of the lines that make a table each: rows of two parts or more, with the rows between them.

    `phrases` are the parts of each line that gaps part which are hardly wider than a space: as cells of numbers are.
    """
    wide = {i: lines[i].parts or ((lines[i].box, lines[i].text.strip()),) for i in indices}
    found = _found(lines, indices, wide, _is_wide_table)
    taken = {i for group in found for i in group}
    left = [i for i in indices if i not in taken and not lines[i].is_mono]
    return [*found, *(_found(lines, left, phrases, _is_narrow_table) if phrases else ())]


def _found(
    lines: Sequence[TextLine], indices: Sequence[int], parts: Phrases, is_table: Callable[[Run, Phrases], bool]
) -> list[list[int]]:
    runs = [run for side in text_columns(lines, indices) for run in _runs(_rows(lines, side), lines, parts)]
    is_listing = [all(lines[i].is_mono for row in run for i in row) for run in runs]  # its comments stand in a column
    return [
        [i for row in run for i in row]
        for run, is_code in zip(runs, is_listing, strict=True)
        if not is_code and _has_rows(run, parts) and is_table(run, parts)
    ]


def _has_rows(run: Run, parts: Phrases) -> bool:
    """Whether there are rows enough for a table: three, or a head and the numbers below it."""
    return sum(1 for row in run if len(_pieces(row, parts)) > 1) >= THRESHOLDS.min_aligned_rows or _is_head_with_row(
        run, parts
    )


def _is_head_with_row(run: Run, parts: Phrases) -> bool:
    if len(run) != 2:
        return False
    head, row = (_pieces(row, parts) for row in run)
    if len(head) != len(row) or len(head) < THRESHOLDS.min_short_table_columns:
        return False
    are_level = all(horizontal_overlap(one[0], other[0]) > 0 for one, other in zip(head, row, strict=True))
    are_labels = not any(c.isdigit() for _, text in head for c in text)
    return are_level and are_labels and any(c.isdigit() for _, text in row for c in text)


def text_columns(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    """The lines of each column of running text, from left to right; all together where there are no such columns.

    What runs over several columns is in none.
    """
    wide = [i for i in indices if _is_wide(lines[i])]
    if len(wide) < THRESHOLDS.min_column_lines:
        return [list(indices)]
    page = union(lines[i].box for i in indices)
    cuts = [
        _sides(page[0] + width(page) * step / 100, lines, indices, wide)
        for step in range(THRESHOLDS.first_cut_percent, THRESHOLDS.last_cut_percent + 1)
    ]
    crossing, left, right = min(cuts, key=lambda cut: len(cut[0]))
    if len(crossing) >= THRESHOLDS.max_crossing_lines * len(wide) or not all(
        _is_column(side, wide, lines, page) for side in (left, right)
    ):
        return [list(indices)]
    return [*text_columns(lines, left), *text_columns(lines, right)]


def is_index_entry(line: TextLine) -> bool:
    """Whether it is a word with the pages that it is on."""
    return bool(INDEX_ENTRY.search(line.text))


def _is_wide(line: TextLine) -> bool:
    """Whether it is no table's cell: a line of running text, of code, or of an index."""
    return (
        is_index_entry(line)
        or len(line.text.split()) >= THRESHOLDS.min_running_words
        or (line.is_mono and line.letters > THRESHOLDS.max_code_cell_letters)
    )


def _sides(
    x: float, lines: Sequence[TextLine], indices: Sequence[int], wide: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """The wide lines that cross x, and the lines left and right of it."""
    crossing = [i for i in wide if lines[i].box[0] < x - 1 and lines[i].box[2] > x + 1]
    left = [i for i in indices if lines[i].box[2] <= x + 1]
    right = [i for i in indices if lines[i].box[0] >= x - 1 and lines[i].box[2] > x + 1]
    return crossing, left, right


def _is_column(side: Sequence[int], wide: Sequence[int], lines: Sequence[TextLine], page: Box) -> bool:
    held = [i for i in set(side) & set(wide) if width(lines[i].box) > THRESHOLDS.min_column_line_width * width(page)]
    return len(held) > THRESHOLDS.min_column_share * len(wide)


def _rows(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    return [[indices[place] for place in row] for row in rows_by_height([lines[i].box for i in indices])]


def _runs(rows: Sequence[list[int]], lines: Sequence[TextLine], parts: Phrases) -> list[list[list[int]]]:
    """Rows of several parts that follow each other; a row of one part between two of them goes with them.

    Unless it is larger: then it is the title of the table below it.
    """
    runs: list[list[list[int]]] = []
    pending: list[list[int]] = []
    for row in rows:
        if (
            runs
            and runs[-1]
            and _gap(([*runs[-1], *pending])[-1], row, lines)
            > THRESHOLDS.max_aligned_row_gap * max(lines[i].size for i in row)
        ):
            pending = []
            runs.append([])
        if len(_pieces(row, parts)) > 1:
            if not runs:
                runs.append([])
            runs[-1].extend([*pending, row] if runs[-1] else [row])
            pending = []
        elif runs and runs[-1]:
            pending.append(row)
            if len(pending) > 1 or _is_title(row, runs[-1][-1], lines):
                pending = []
                runs.append([])
    return [run for run in runs if run]


def _is_title(row: Sequence[int], above: Sequence[int], lines: Sequence[TextLine]) -> bool:
    return min(lines[i].size for i in row) > THRESHOLDS.min_title_growth * max(lines[i].size for i in above)


def _pieces(row: Sequence[int], parts: Phrases) -> list[Piece]:
    return sorted((piece for i in row for piece in parts[i]), key=lambda piece: piece[0][0])


def _gap(above: Sequence[int], below: Sequence[int], lines: Sequence[TextLine]) -> float:
    return min(lines[i].box[1] for i in below) - max(lines[i].box[3] for i in above)


def _is_wide_table(run: Run, parts: Phrases) -> bool:
    pieces = [piece for row in run for piece in _pieces(row, parts)]
    columns = columns_of(rows_of(pieces))
    if len(columns) < 2 or _are_blocks(columns, pieces):
        return False
    grid = cells(pieces)
    is_list = (
        sum(bool(ITEM.match(f"{row[0]} x")) for row in grid) > THRESHOLDS.max_item_rows * len(grid)
        and len(grid[0]) == 2
    )
    return _filled(grid) >= _least_filled(grid) and not is_list and not is_prose(grid)


def _are_blocks(columns: Sequence[tuple[float, float]], pieces: Sequence[Piece]) -> bool:
    """Two columns far from each other without numbers: addresses, signatures, a head and a date."""
    if len(columns) > 2 or columns[1][0] - columns[0][1] < THRESHOLDS.max_pair_gap * usual_height(pieces):
        return False
    return not sum(_is_numeric(text) for box, text in pieces if box[0] >= columns[1][0]) >= THRESHOLDS.min_aligned_rows


def _least_filled(grid: Sequence[Sequence[str]]) -> float:
    """A table may have many empty cells where its head and its labels have none."""
    is_labelled = len(grid[0]) > 2 and all(grid[0][1:]) and all(row[0] for row in grid[1:])
    return THRESHOLDS.min_labelled_filled if is_labelled else THRESHOLDS.min_aligned_filled


def _filled(grid: Sequence[Sequence[str]]) -> float:
    return sum(bool(text) for row in grid for text in row) / max(1, sum(len(row) for row in grid))


def _is_narrow_table(run: Run, parts: Phrases) -> bool:
    """Only numbers stand so near to each other."""
    lines = [_pieces(row, parts) for row in run]
    columns = columns_of_lines(lines, ())
    if len(columns) < THRESHOLDS.min_narrow_columns or len(lines) <= THRESHOLDS.min_aligned_rows:
        return False
    numeric = [_is_numeric(text) for line in lines[1:] for box, text in line if box[0] > columns[0][1]]
    held = [{reach(box, columns) for box, _ in line} for line in lines]
    is_full = sum(map(len, held)) > THRESHOLDS.min_narrow_filled * len(lines) * len(columns)
    return is_full and sum(numeric) > THRESHOLDS.min_narrow_filled * len(numeric)


def _is_numeric(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 0.5 * max(1, sum(c.isalnum() for c in text)) and any(
        map(str.isdigit, text)
    )
