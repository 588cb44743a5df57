"""The cells of a table from its words and its rules, with spans over columns and rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.columns import Range, find_columns, find_reach, join_phrases, measure_usual_height
from markerd.convert.embedded.tables.grid import Piece, group_rows
from markerd.convert.embedded.tables.header_rows import (
    count_head_lines,
    find_spanned_columns,
    split_levels,
    widen_headings,
)
from markerd.convert.embedded.tables.rows import (
    PlacedPhrase,
    TableLine,
    are_rows,
    group_lines_into_rows,
    split_bands,
    straddles,
)
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.bidi import join_words
from markerd.convert.embedded.text.line_joining import join_lines

READER_MARK = "data-reader"


@dataclass(frozen=True)
class Cell:
    r"""The text of a cell, with `\n` between lines that are kept, its place, and how many rows and columns it spans."""

    row: int
    column: int
    text: str
    is_head: bool = False
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True)
class DrawnRules:
    """The horizontal and vertical rules of a page, as thin boxes in the unit of the words."""

    horizontal: tuple[Box, ...] = ()
    vertical: tuple[Box, ...] = ()
    shades: tuple[Box, ...] = ()
    """Where the shade behind the words changes, as horizontal rules."""


def build_cells(words: Sequence[Piece], rules: DrawnRules) -> list[Cell]:
    """Build the cells row by row, from left to right; every word is in one of them. There are none for no words."""
    if not words:
        return []
    size = measure_usual_height(words)
    phrased = [join_phrases(row, size, rules.vertical) for row in group_rows(words)]
    columns = find_columns(phrased, rules.vertical)
    lines = [_place_line(line, columns) for line in phrased]
    bands = split_bands(lines, [*rules.horizontal, *rules.shades], (columns[0][0], columns[-1][1]))
    count = count_head_lines(bands, size)
    head = _build_head_cells(widen_headings(lines[:count], columns, rules.horizontal, size))
    in_head = {id(line) for line in lines[:count]}  # by identity, because lines that lie on each other may be equal
    below = [[line for line in band if id(line) not in in_head] for band in bands]
    return head + _build_body_cells(
        [band for band in below if band], max(c.row + c.row_span for c in head), columns, size
    )


def _place_line(line: Sequence[Piece], columns: Sequence[Range]) -> TableLine:
    return TableLine(tuple(PlacedPhrase(piece, *find_reach(piece[0], columns)) for piece in line))


def _build_head_cells(lines: Sequence[TableLine]) -> list[Cell]:
    levels, covered = split_levels(lines), find_spanned_columns(lines)
    cells = []
    for row, level in enumerate(levels):
        cells += _build_row_cells(
            (p for line in level for p in line.parts if {p.first, p.last} & covered), row, is_head=True
        )
    parts = [part for line in lines for part in line.parts]
    for column in sorted({part.first for part in parts} - covered):
        held = [part for part in parts if part.first == column]
        homes = [row for row, level in enumerate(levels) if all(any(p in line.parts for line in level) for p in held)]
        row, down = (homes[0], 1) if homes else (0, len(levels))
        cells.append(Cell(row, column, _join_phrases(held), True, down))
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _build_body_cells(
    bands: Sequence[Sequence[TableLine]], first_row: int, columns: Sequence[Range], size: float
) -> list[Cell]:
    cells: list[Cell] = []
    between = [_find_straddling(band) for band in bands]
    kept = [
        [line for i, line in enumerate(band) if i not in beside] for band, beside in zip(bands, between, strict=True)
    ]
    for row, lines in enumerate(kept if are_rows(bands) else group_lines_into_rows(kept, size), start=first_row):
        band, beside = next((b, s) for b, s in zip(bands, between, strict=True) if any(lines[0] is line for line in b))
        labels = [band[i] for i in beside if band[i - 1] in lines and band[i + 1] not in lines]
        inside = [band[i] for i in beside if band[i - 1] in lines and band[i + 1] in lines]
        parts = [part for line in [*lines, *inside] for part in line.parts]
        cells += _build_row_cells(_widen_title(parts, columns, size), row)
        cells += [
            Cell(row, p.first, p.text, row_span=2, column_span=p.last - p.first + 1) for la in labels for p in la.parts
        ]
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _find_straddling(band: Sequence[TableLine]) -> list[int]:
    """Find the lines of a band that belong to both of the lines around them."""
    return [i for i in range(1, len(band) - 1) if straddles(*band[i - 1 : i + 2])]


def _widen_title(parts: Sequence[PlacedPhrase], columns: Sequence[Range], size: float) -> Sequence[PlacedPhrase]:
    """Widen a title between rows to all columns, if it stands in the middle of the table."""
    if len(parts) > 1 or parts[0].first == 0 or len(columns) < THRESHOLDS.min_titled_columns:
        return parts
    middle = (parts[0].box[0] + parts[0].box[2]) / 2
    is_centred = abs(middle - (columns[0][0] + columns[-1][1]) / 2) < size
    return [replace(parts[0], first=0, last=len(columns) - 1)] if is_centred else parts


def _build_row_cells(parts: Iterable[PlacedPhrase], row: int, is_head: bool = False) -> list[Cell]:
    """Build the cells of one row; phrases that share a column are one cell."""
    groups: list[list[PlacedPhrase]] = []
    for part in sorted(parts, key=lambda p: p.first):
        if groups and part.first <= max(p.last for p in groups[-1]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [
        Cell(row, g[0].first, _join_phrases(g), is_head, column_span=max(p.last for p in g) - g[0].first + 1)
        for g in groups
    ]


def _join_phrases(parts: Iterable[PlacedPhrase]) -> str:
    """Join phrases from top to bottom, those of one line from left to right, and mend hyphenated words."""
    return join_lines([join_words([text for _, text in row]) for row in group_rows([part.piece for part in parts])])


def count_rows_and_columns(cells: Sequence[Cell]) -> tuple[int, int]:
    """Count the rows and the columns."""
    return max((c.row + c.row_span for c in cells), default=0), max(
        (c.column + c.column_span for c in cells), default=0
    )


def build_text_grid(cells: Sequence[Cell]) -> list[list[str]]:
    """Build text by row and column, as a full rectangle. A cell that spans several has its text in the first."""
    rows, columns = count_rows_and_columns(cells)
    grid = [[""] * columns for _ in range(rows)]
    for cell in cells:
        grid[cell.row][cell.column] = cell.text
    return grid


def build_spread_grid(cells: Sequence[Cell]) -> list[list[str]]:
    """Build text by row and column, as a full rectangle. A cell that spans several has its text in each."""
    rows, columns = count_rows_and_columns(cells)
    grid = [[""] * columns for _ in range(rows)]
    for cell in cells:
        for row in grid[cell.row : cell.row + cell.row_span]:
            row[cell.column : cell.column + cell.column_span] = [cell.text] * cell.column_span
    return grid


def place_texts(grid: Sequence[Sequence[str]]) -> list[Cell]:
    """Place text by row and column in cells; the first row is the head. There are none for less than two of either."""
    if len(grid) < 2 or len(grid[0]) < 2:
        return []
    return [Cell(r, c, text, r == 0) for r, row in enumerate(grid) for c, text in enumerate(row)]


def build_cells_html(cells: Sequence[Cell], reader: str = "") -> str:
    """Build a `<table>`, with empty cells where a row or column has none, and with the name of its reader, if given.

    It is empty where there are fewer than two rows or columns.
    """
    rows, columns = count_rows_and_columns(cells)
    if rows < 2 or columns < 2:
        return ""
    at = {(cell.row, cell.column): cell for cell in cells}
    taken = {(r, c) for cell in cells for r in range(cell.row, cell.row + cell.row_span)
             for c in range(cell.column, cell.column + cell.column_span)}  # fmt: skip
    head = max((cell.row + cell.row_span for cell in cells if cell.is_head), default=0)
    shown = [
        "<tr>" + "".join(
            _build_cell_html(at.get((row, column)), row < head)
            for column in range(columns) if (row, column) in at or (row, column) not in taken
        ) + "</tr>"
        for row in range(rows)
    ]  # fmt: skip
    mark = f' {READER_MARK}="{escape(reader)}"' if reader else ""
    return f"<table{mark}><thead>{''.join(shown[:head])}</thead><tbody>{''.join(shown[head:])}</tbody></table>"


def _build_cell_html(cell: Cell | None, is_head: bool) -> str:
    tag = "th" if is_head else "td"
    if cell is None:
        return f"<{tag}></{tag}>"
    spans = (f' rowspan="{cell.row_span}"' if cell.row_span > 1 else "") + (
        f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    )
    text = escape(cell.text).replace("\n", "<br/>")
    return f"<{tag}{spans}>{text}</{tag}>"
