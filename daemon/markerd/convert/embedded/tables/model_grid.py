"""Puts lines of text into the cells that the table model found in a picture of them. Pure.

The model is sure of the rows, the columns and the spans of a table, and less so of where its cells lie: their boxes
stray by up to a row, more and more down a long table. So whole lines of text are matched to rows of cells in their
order, and only the columns are chosen by place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, height
from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.tables.cells import Cell
from markerd.convert.embedded.tables.columns import Range, measure_usual_height
from markerd.convert.embedded.tables.grid import Piece, group_rows
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.bidi import join_words
from markerd.convert.embedded.text.line_joining import join_lines

Path = tuple[float, tuple[int, ...]]
"""What it costs to match the first lines to these rows."""


def fill_cells(found: Sequence[PlacedCell], pieces: Sequence[Piece]) -> list[Cell]:
    """Build the cells with the text of the pieces, each of which is in one cell; none for no cells or no pieces.

    Both have their boxes in one unit. Rows and columns without text are left out.
    """
    if not found or not pieces:
        return []
    lines = group_rows(pieces)
    choices = _choose_cells(found, lines)
    rows = match_rows(found, lines, choices, max(1.0, measure_usual_height(pieces)))
    held: dict[int, list[Piece]] = {}
    for line, row, chosen in zip(lines, rows, choices, strict=True):
        for piece, index in zip(line, chosen[row], strict=True):
            held.setdefault(index, []).append(piece)
    return _drop_empty([_build_cell(cell, held.get(index, ())) for index, cell in enumerate(found)])


def measure_fit(found: Sequence[PlacedCell], filled: Sequence[Cell], pieces: Sequence[Piece]) -> float:
    """Measure how well cells and text fit each other, 0 to 1: the share of the cells that hold text, times the share of
    the text that lies in cells. `filled` is what `fill_cells` built of both.
    """
    if not found or not pieces:
        return 0.0
    text, cells = np.asarray([box for box, _ in pieces])[:, None], np.asarray([cell.box for cell in found])[None]
    shared = _measure_areas(np.maximum(text[..., :2], cells[..., :2]), np.minimum(text[..., 2:], cells[..., 2:]))
    inside = shared / np.maximum(_measure_areas(text[..., :2], text[..., 2:]), 1e-9)
    around = shared / np.maximum(_measure_areas(cells[..., :2], cells[..., 2:]), 1e-9)
    return len(filled) / len(found) * float(np.minimum(1.0, inside + around).max(axis=1).mean())


def _measure_areas(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the areas of boxes from their upper left and lower right corners; 0 for those turned inside out."""
    areas: NDArray[np.float64] = (ends - starts).clip(min=0.0).prod(axis=-1)
    return areas


def _choose_cells(found: Sequence[PlacedCell], lines: Sequence[Sequence[Piece]]) -> list[list[list[int]]]:
    """Choose, by line and row, the cell of each piece: the one whose columns share most of its width or are nearest."""
    columns = _find_columns(found)
    rows: list[list[int]] = [[] for _ in range(max(cell.row + cell.row_span for cell in found))]
    for index, cell in enumerate(found):
        for row in range(cell.row, cell.row + cell.row_span):
            rows[row].append(index)

    def measure_share(index: int, box: Box) -> float:
        cell = found[index]
        right = columns[cell.column + cell.column_span - 1][1]
        return min(right, box[2]) - max(columns[cell.column][0], box[0])

    filled = [row or next(filter(None, rows)) for row in rows]  # the model may have written a row without cells
    return [
        [[max(row, key=lambda index: measure_share(index, box)) for box, _ in line] for row in filled] for line in lines
    ]


def _find_columns(found: Sequence[PlacedCell]) -> list[Range]:
    """Find the x range of each column, from its cells that span no other."""
    columns: list[Range] = []
    for column in range(max(cell.column + cell.column_span for cell in found)):
        boxes = [cell.box for cell in found if cell.column == column and cell.column_span == 1]
        last = columns[-1][1] if columns else 0.0
        columns.append((median(b[0] for b in boxes), median(b[2] for b in boxes)) if boxes else (last, last))
    return columns


def match_rows(
    found: Sequence[PlacedCell],
    lines: Sequence[Sequence[Piece]],
    choices: Sequence[Sequence[Sequence[int]]],
    size: float,
) -> list[int]:
    """Match each line to a row, in order, so that the lines stray least from their cells and few rows stay empty.

    `choices` has the cell of each piece, by line and row; `size` is the height of a line.
    """
    count = len(choices[0])
    best: list[Path] = [(THRESHOLDS.empty_row_cost * row, (row,)) for row in range(count)]
    for number, line in enumerate(lines):
        if number:
            step = partial(_measure_step, found=found, choices=choices[number - 1 : number + 1], size=size)
            best = [_go_on(best[: row + 1], row, step) for row in range(count)]
        best = [
            (cost + _measure_stray(line, choices[number][row], found, size), path)
            for row, (cost, path) in enumerate(best)
        ]
    return list(min((cost + THRESHOLDS.empty_row_cost * (count - 1 - path[-1]), path) for cost, path in best)[1])


def _go_on(before: Sequence[Path], row: int, measure_step: Callable[[int, int], float]) -> Path:
    """Go on to the row from where it costs least."""
    cost, path = min((cost + measure_step(path[-1], row), path) for cost, path in before)
    return cost, (*path, row)


def _measure_step(
    last: int, row: int, found: Sequence[PlacedCell], choices: Sequence[Sequence[Sequence[int]]], size: float
) -> float:
    """Measure what a step costs: for rows that are left out, and for two lines in a cell that seems to hold one."""
    if row > last:
        return THRESHOLDS.empty_row_cost * (row - last - 1)
    shared = set(choices[0][row]) & set(choices[1][row])
    is_low = any(height(found[index].box) < THRESHOLDS.min_two_line_cell * size for index in shared)
    return THRESHOLDS.shared_cell_cost if is_low else THRESHOLDS.shared_row_cost


def _measure_stray(line: Sequence[Piece], chosen: Sequence[int], found: Sequence[PlacedCell], size: float) -> float:
    """Measure how far the pieces lie above or below their cells, in heights of a line, at most a few."""
    strays = [
        max(0.0, found[index].box[1] - (box[1] + box[3]) / 2, (box[1] + box[3]) / 2 - found[index].box[3]) / size
        + abs(box[1] + box[3] - found[index].box[1] - found[index].box[3]) / 2 / max(size, height(found[index].box))
        for (box, _), index in zip(line, chosen, strict=True)
    ]
    return min(fmean(strays), THRESHOLDS.max_stray)


def _build_cell(cell: PlacedCell, parts: Sequence[Piece]) -> Cell:
    text = join_lines([join_words([text for _, text in row]) for row in group_rows(parts)])
    return Cell(cell.row, cell.column, text, cell.is_head, cell.row_span, cell.column_span)


def _drop_empty(cells: Sequence[Cell]) -> list[Cell]:
    """Drop the rows and columns in which no cell with text begins."""
    rows = {row: place for place, row in enumerate(sorted({cell.row for cell in cells if cell.text}))}
    columns = {column: place for place, column in enumerate(sorted({cell.column for cell in cells if cell.text}))}
    kept = []
    for cell in cells:
        down = sum(cell.row <= row < cell.row + cell.row_span for row in rows)
        across = sum(cell.column <= column < cell.column + cell.column_span for column in columns)
        if cell.text:
            kept.append(Cell(rows[cell.row], columns[cell.column], cell.text, cell.is_head, down, across))
    return sorted(kept, key=lambda cell: (cell.row, cell.column))
