"""Tables without rules that the layout model does not see: lines of text in columns, row under row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile

from markerd.convert.embedded.geometry import Box, group_by_height, height, horizontal_overlap, union, width
from markerd.convert.embedded.tables.columns import find_columns, find_reach, measure_usual_height
from markerd.convert.embedded.tables.grid import Piece, build_grid, find_grid_columns, group_rows, is_prose
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import INDEX_ENTRY, ITEM
from markerd.convert.embedded.text_layer.text_line import TextLine

Phrases = Mapping[int, Sequence[Piece]]
Run = Sequence[Sequence[int]]


def find_aligned_tables(
    lines: Sequence[TextLine], indices: Sequence[int], phrases: Phrases | None = None
) -> list[list[int]]:
    """Find groups of lines that make a table each: rows of two parts or more, with the rows between them.

    `phrases` are the parts of each line between gaps that are hardly wider than a space, as between cells of numbers.
    """
    wide = {i: lines[i].parts or ((lines[i].box, lines[i].text.strip()),) for i in indices}
    found = _find_tables(lines, indices, wide, _is_wide_table)
    taken = {i for group in found for i in group}
    left = [i for i in indices if i not in taken and not lines[i].is_mono]
    return [*found, *(_find_tables(lines, left, phrases, _is_narrow_table) if phrases else ())]


def _find_tables(
    lines: Sequence[TextLine], indices: Sequence[int], parts: Phrases, is_table: Callable[[Run, Phrases], bool]
) -> list[list[int]]:
    runs = [
        run
        for side in split_text_columns(lines, indices)
        for run in _split_runs(_group_rows(lines, side), lines, parts)
    ]
    is_listing = [
        all(lines[i].is_mono for row in run for i in row) for run in runs
    ]  # the comments of a listing stand in a column
    return [
        [i for row in run for i in row]
        for run, is_code in zip(runs, is_listing, strict=True)
        if not is_code and _has_enough_rows(run, parts) and is_table(run, parts)
    ]


def _has_enough_rows(run: Run, parts: Phrases) -> bool:
    """Whether there are enough rows for a table: three, or a head and the numbers below it."""
    return sum(
        1 for row in run if len(_collect_pieces(row, parts)) > 1
    ) >= THRESHOLDS.min_aligned_rows or _is_head_with_row(run, parts)


def _is_head_with_row(run: Run, parts: Phrases) -> bool:
    if len(run) != 2:
        return False
    head, row = (_collect_pieces(row, parts) for row in run)
    if len(head) != len(row) or len(head) < THRESHOLDS.min_short_table_columns:
        return False
    are_level = all(horizontal_overlap(one[0], other[0]) > 0 for one, other in zip(head, row, strict=True))
    are_labels = not any(c.isdigit() for _, text in head for c in text)
    return are_level and are_labels and any(c.isdigit() for _, text in row for c in text)


def split_text_columns(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    """Split the lines into columns of running text, from left to right; one group where there are no columns.

    A line that crosses several columns is in no group.
    """
    wide = [i for i in indices if _is_running_text(lines[i])]
    if len(wide) < THRESHOLDS.min_column_lines:
        return [list(indices)]
    page = union(lines[i].box for i in indices)
    cuts = [
        _split_at(page[0] + width(page) * step / 100, lines, indices, wide)
        for step in range(THRESHOLDS.first_cut_percent, THRESHOLDS.last_cut_percent + 1)
    ]
    crossing, left, right = min(cuts, key=lambda cut: len(cut[0]))
    if len(crossing) >= THRESHOLDS.max_crossing_lines * len(wide) or not all(
        _is_column(side, wide, lines, page) for side in (left, right)
    ):
        return [list(indices)]
    return [*split_text_columns(lines, left), *split_text_columns(lines, right)]


def is_index_entry(line: TextLine) -> bool:
    """Whether the line is a word with the pages that it is on, as in an index."""
    return bool(INDEX_ENTRY.search(line.text))


def _is_running_text(line: TextLine) -> bool:
    """Whether the line is no cell of a table: it is running text, code, or an entry of an index."""
    return (
        is_index_entry(line)
        or len(line.text.split()) >= THRESHOLDS.min_running_words
        or (line.is_mono and line.letters > THRESHOLDS.max_code_cell_letters)
    )


def _split_at(
    x: float, lines: Sequence[TextLine], indices: Sequence[int], wide: Sequence[int]
) -> tuple[list[int], list[int], list[int]]:
    """Split the lines at x: the lines of running text that cross it, and all lines to its left and to its right."""
    crossing = [i for i in wide if lines[i].box[0] < x - 1 and lines[i].box[2] > x + 1]
    left = [i for i in indices if lines[i].box[2] <= x + 1]
    right = [i for i in indices if lines[i].box[0] >= x - 1 and lines[i].box[2] > x + 1]
    return crossing, left, right


def _is_column(side: Sequence[int], wide: Sequence[int], lines: Sequence[TextLine], page: Box) -> bool:
    held = [i for i in set(side) & set(wide) if width(lines[i].box) > THRESHOLDS.min_column_line_width * width(page)]
    return len(held) > THRESHOLDS.min_column_share * len(wide)


def _group_rows(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    return [[indices[place] for place in row] for row in group_by_height([lines[i].box for i in indices])]


def _split_runs(rows: Sequence[list[int]], lines: Sequence[TextLine], parts: Phrases) -> list[list[list[int]]]:
    """Split rows into runs of rows with several parts. A row of one part between two of them belongs to the run.

    So do several within a column, as the lines of a label. None does if its type is larger: then it is the title of the
    table below it.
    """
    runs: list[list[list[int]]] = []
    pending: list[list[int]] = []
    for row in rows:
        if (
            runs
            and runs[-1]
            and _measure_gap(([*runs[-1], *pending])[-1], row, lines)
            > THRESHOLDS.max_aligned_row_gap * max(lines[i].size for i in row)
        ):
            runs[-1].extend(_take_label_lines(runs[-1][-1], pending, parts))
            pending = []
            runs.append([])
        if len(_collect_pieces(row, parts)) > 1:
            if not runs:
                runs.append([])
            runs[-1].extend([*pending, row] if runs[-1] else [row])
            pending = []
        elif runs and runs[-1]:
            pending.append(row)
            if not _may_hold(runs[-1][-1], pending, parts) or _is_title(row, runs[-1][-1], lines):
                runs[-1].extend(_take_label_lines(runs[-1][-1], pending, parts))
                pending = []
                runs.append([])
    if runs and runs[-1]:
        runs[-1].extend(_take_label_lines(runs[-1][-1], pending, parts))
    return [run for run in runs if run]


def _take_label_lines(above: Sequence[int], pending: Sequence[list[int]], parts: Phrases) -> list[list[int]]:
    """Take the lines below the last row that lie within a column and go on in small letters."""
    return list(takewhile(lambda row: _goes_on(row, parts) and _lie_within(above, [row], parts), pending))


def _goes_on(row: Sequence[int], parts: Phrases) -> bool:
    return all(text[:1].islower() for _, text in _collect_pieces(row, parts))


def _may_hold(above: Sequence[int], pending: Sequence[Sequence[int]], parts: Phrases) -> bool:
    """Whether rows of one part may be of the run above them: there is one, or all lie within a column."""
    return len(pending) < 2 or (len(pending) < THRESHOLDS.max_row_lines and _lie_within(above, pending, parts))


def _lie_within(above: Sequence[int], rows: Sequence[Sequence[int]], parts: Phrases) -> bool:
    """Whether each part of the rows ends before the next column of the row above begins."""
    starts = [box[0] for box, _ in _collect_pieces(above, parts)]
    boxes = [box for row in rows for box, _ in _collect_pieces(row, parts)]
    return all(min((x for x in starts if x > box[0] + height(box)), default=box[0]) > box[2] for box in boxes)


def _is_title(row: Sequence[int], above: Sequence[int], lines: Sequence[TextLine]) -> bool:
    return min(lines[i].size for i in row) > THRESHOLDS.min_title_growth * max(lines[i].size for i in above)


def _collect_pieces(row: Sequence[int], parts: Phrases) -> list[Piece]:
    return sorted((piece for i in row for piece in parts[i]), key=lambda piece: piece[0][0])


def _measure_gap(above: Sequence[int], below: Sequence[int], lines: Sequence[TextLine]) -> float:
    return min(lines[i].box[1] for i in below) - max(lines[i].box[3] for i in above)


def _is_wide_table(run: Run, parts: Phrases) -> bool:
    pieces = [piece for row in run for piece in _collect_pieces(row, parts)]
    columns = find_grid_columns(group_rows(pieces))
    if len(columns) < 2 or are_blocks(pieces):
        return False
    grid = build_grid(pieces)
    is_list = (
        sum(bool(ITEM.match(f"{row[0]} x")) for row in grid) > THRESHOLDS.max_item_rows * len(grid)
        and len(grid[0]) == 2
    )
    return _measure_filled(grid) >= _choose_least_filled(grid) and not is_list and not is_prose(grid)


def are_blocks(pieces: Sequence[Piece]) -> bool:
    """Whether two columns far apart hold no numbers: addresses, signatures, a head and a date."""
    columns = find_grid_columns(group_rows(pieces))
    if len(columns) != 2 or columns[1][0] - columns[0][1] < THRESHOLDS.max_pair_gap * measure_usual_height(pieces):
        return False
    return not sum(_is_numeric(text) for box, text in pieces if box[0] >= columns[1][0]) >= THRESHOLDS.min_aligned_rows


def _choose_least_filled(grid: Sequence[Sequence[str]]) -> float:
    """The share of filled cells that is required: less where neither the head nor the labels have empty cells."""
    is_labelled = len(grid[0]) > 2 and all(grid[0][1:]) and all(row[0] for row in grid[1:])
    return THRESHOLDS.min_labelled_filled if is_labelled else THRESHOLDS.min_aligned_filled


def _measure_filled(grid: Sequence[Sequence[str]]) -> float:
    """Measure the share of filled cells; a row of one text may be a line of a cell of the row above."""
    rows = [row for row in grid if sum(map(bool, row)) > 1]
    return sum(bool(text) for row in rows for text in row) / max(1, sum(len(row) for row in rows))


def _is_narrow_table(run: Run, parts: Phrases) -> bool:
    """Whether the rows are a table of narrow gaps, as only numbers stand in."""
    lines = [_collect_pieces(row, parts) for row in run]
    columns = find_columns(lines, ())
    if len(columns) < THRESHOLDS.min_narrow_columns or len(lines) <= THRESHOLDS.min_aligned_rows:
        return False
    numeric = [_is_numeric(text) for line in lines[1:] for box, text in line if box[0] > columns[0][1]]
    held = [{find_reach(box, columns) for box, _ in line} for line in lines]
    is_full = sum(map(len, held)) > THRESHOLDS.min_narrow_filled * len(lines) * len(columns)
    return is_full and sum(numeric) > THRESHOLDS.min_narrow_filled * len(numeric)


def _is_numeric(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 0.5 * max(1, sum(c.isalnum() for c in text)) and any(
        map(str.isdigit, text)
    )
