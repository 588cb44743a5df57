"""A table's cells from its words and rules, with what spans columns and rows: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.columns import Range, columns_of_lines, phrases_of, reach, usual_height
from markerd.convert.embedded.tables.grid import Piece, rows_of
from markerd.convert.embedded.tables.header_rows import head_size, levels_of, spanned, spread
from markerd.convert.embedded.tables.rows import Line, Part, are_rows, bands_of, rows_of_lines, straddles
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.bidi import joined_words
from markerd.convert.embedded.text.line_joining import join_lines


@dataclass(frozen=True)
class Cell:
    """Its text and its place; `down` and `across` are how many rows and columns it spans."""

    row: int
    column: int
    text: str
    is_head: bool = False
    down: int = 1
    across: int = 1


@dataclass(frozen=True)
class Rules:
    """What is drawn: thin boxes, in the unit of the words."""

    acrosses: tuple[Box, ...] = ()
    downs: tuple[Box, ...] = ()


def table_cells(words: Sequence[Piece], rules: Rules) -> list[Cell]:
    """Row by row, from left to right; every word is in one of them. Empty for no words."""
    if not words:
        return []
    size = usual_height(words)
    phrased = [phrases_of(row, size, rules.downs) for row in rows_of(words)]
    columns = columns_of_lines(phrased, rules.downs)
    lines = [_placed(line, columns) for line in phrased]
    bands = bands_of(lines, rules.acrosses, (columns[0][0], columns[-1][1]))
    count = head_size(bands)
    head = _head_cells(spread(lines[:count], columns, rules.acrosses, size))
    in_head = {id(line) for line in lines[:count]}  # lines on each other may be equal
    below = [[line for line in band if id(line) not in in_head] for band in bands]
    return head + _body_cells([band for band in below if band], max(c.row + c.down for c in head), columns, size)


def _placed(line: Sequence[Piece], columns: Sequence[Range]) -> Line:
    return Line(tuple(Part(piece, *reach(piece[0], columns)) for piece in line))


def _head_cells(lines: Sequence[Line]) -> list[Cell]:
    levels, covered = levels_of(lines), spanned(lines)
    cells = []
    for row, level in enumerate(levels):
        cells += _row_cells((p for line in level for p in line.parts if {p.first, p.last} & covered), row, is_head=True)
    parts = [part for line in lines for part in line.parts]
    for column in sorted({part.first for part in parts} - covered):
        held = [part for part in parts if part.first == column]
        homes = [row for row, level in enumerate(levels) if all(any(p in line.parts for line in level) for p in held)]
        row, down = (homes[0], 1) if homes else (0, len(levels))
        cells.append(Cell(row, column, _joined(held), True, down))
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _body_cells(bands: Sequence[Sequence[Line]], first_row: int, columns: Sequence[Range], size: float) -> list[Cell]:
    cells: list[Cell] = []
    row = first_row
    is_ruled = are_rows(bands)
    for band in bands:
        between = {
            i: line
            for i, line in enumerate(band)
            if 0 < i < len(band) - 1 and straddles(band[i - 1], line, band[i + 1])
        }
        kept = [line for i, line in enumerate(band) if i not in between]
        rows = [kept] if is_ruled else rows_of_lines(kept, size)
        for lines in rows:
            labels = [band[i] for i in between if band[i - 1] in lines and band[i + 1] not in lines]
            inside = [band[i] for i in between if band[i - 1] in lines and band[i + 1] in lines]
            parts = [part for line in [*lines, *inside] for part in line.parts]
            cells += _row_cells(_over_all(parts, columns, size), row)
            cells += [
                Cell(row, p.first, p.text, down=2, across=p.last - p.first + 1) for la in labels for p in la.parts
            ]
            row += 1
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _over_all(parts: Sequence[Part], columns: Sequence[Range], size: float) -> Sequence[Part]:
    """A title between rows, set in the middle of the table, is over all of its columns."""
    if len(parts) > 1 or parts[0].first == 0 or len(columns) < THRESHOLDS.min_titled_columns:
        return parts
    middle = (parts[0].box[0] + parts[0].box[2]) / 2
    is_centred = abs(middle - (columns[0][0] + columns[-1][1]) / 2) < size
    return [replace(parts[0], first=0, last=len(columns) - 1)] if is_centred else parts


def _row_cells(parts: Iterable[Part], row: int, is_head: bool = False) -> list[Cell]:
    """Parts that share a column are one cell."""
    groups: list[list[Part]] = []
    for part in sorted(parts, key=lambda p: p.first):
        if groups and part.first <= max(p.last for p in groups[-1]):
            groups[-1].append(part)
        else:
            groups.append([part])
    return [Cell(row, g[0].first, _joined(g), is_head, across=max(p.last for p in g) - g[0].first + 1) for g in groups]


def _joined(parts: Iterable[Part]) -> str:
    """From top to bottom; parts of one line from left to right. Words that a hyphen breaks are whole."""
    return join_lines([joined_words([text for _, text in row]) for row in rows_of([part.piece for part in parts])])


def size_of(cells: Sequence[Cell]) -> tuple[int, int]:
    """How many rows and columns there are."""
    return max((c.row + c.down for c in cells), default=0), max((c.column + c.across for c in cells), default=0)


def grid_of(cells: Sequence[Cell]) -> list[list[str]]:
    """Text by row and column, of what spans several in the first; a full rectangle."""
    rows, columns = size_of(cells)
    grid = [[""] * columns for _ in range(rows)]
    for cell in cells:
        grid[cell.row][cell.column] = cell.text
    return grid


def cells_html(cells: Sequence[Cell]) -> str:
    """`<table>`, rows and columns without a cell filled up; empty where there are fewer than two of either."""
    rows, columns = size_of(cells)
    if rows < 2 or columns < 2:
        return ""
    at = {(cell.row, cell.column): cell for cell in cells}
    taken = {(r, c) for cell in cells for r in range(cell.row, cell.row + cell.down)
             for c in range(cell.column, cell.column + cell.across)}  # fmt: skip
    head = max((cell.row + cell.down for cell in cells if cell.is_head), default=0)
    shown = [
        "<tr>" + "".join(
            _cell_html(at.get((row, column)), row < head)
            for column in range(columns) if (row, column) in at or (row, column) not in taken
        ) + "</tr>"
        for row in range(rows)
    ]  # fmt: skip
    return f"<table><thead>{''.join(shown[:head])}</thead><tbody>{''.join(shown[head:])}</tbody></table>"


def _cell_html(cell: Cell | None, is_head: bool) -> str:
    tag = "th" if is_head else "td"
    if cell is None:
        return f"<{tag}></{tag}>"
    spans = (f' rowspan="{cell.down}"' if cell.down > 1 else "") + (
        f' colspan="{cell.across}"' if cell.across > 1 else ""
    )
    return f"<{tag}{spans}>{escape(cell.text)}</{tag}>"
