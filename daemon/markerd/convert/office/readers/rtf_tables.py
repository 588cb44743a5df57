"""The tables of a rich text: the cells that it merges, or makes as wide as several others, as cells that span. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

_SAME_EDGE_TWIPS = 60
"""How far the edges of cells below each other may differ: 1 mm, which office programs round by."""


class Merge(Enum):
    """What a cell is merged with."""

    NOTHING = "nothing"
    FOLLOWING = "the cells that follow"
    PRECEDING = "the cell before"


_ACROSS = {"clmgf": Merge.FOLLOWING, "clmrg": Merge.PRECEDING}
_DOWN = {"clvmgf": Merge.FOLLOWING, "clvmrg": Merge.PRECEDING}


@dataclass(frozen=True)
class CellShape:
    """Where a cell ends, in twips, and what it is merged with in its row and in its column."""

    right: int | None = None
    across: Merge = Merge.NOTHING
    down: Merge = Merge.NOTHING


@dataclass
class RowShape:
    """The cells of a row, as the document defines them before the row ends; they hold for later rows too."""

    cells: list[CellShape] = field(default_factory=list)
    _next: CellShape = field(default_factory=CellShape)

    def do_word(self, word: str, number: int | None) -> None:
        """Do what a control word says of the row's cells."""
        if word == "trowd":
            self.cells, self._next = [], CellShape()
        elif word in _ACROSS:
            self._next = replace(self._next, across=_ACROSS[word])
        elif word in _DOWN:
            self._next = replace(self._next, down=_DOWN[word])
        elif word == "cellx":
            self.cells.append(replace(self._next, right=number))
            self._next = CellShape()

    def shape(self, texts: Sequence[str]) -> list[RowCell]:
        """Give the texts of a row, in HTML, the shapes of its cells."""
        shapes = [*self.cells, *[CellShape()] * len(texts)]
        return [RowCell(text, shape) for text, shape in zip(texts, shapes, strict=False)]


@dataclass(frozen=True)
class RowCell:
    """A cell as it stands in its row, with its text in HTML."""

    text: str
    shape: CellShape


@dataclass
class _Placed:
    """A cell in the columns of the table."""

    text: str
    column: int
    columns: int
    down: Merge
    rows: int = 1


def write_table(rows: Sequence[Sequence[RowCell]]) -> str:
    """Return the table as HTML."""
    edges = _find_edges(rows)
    placed = [_merge_across(row, edges) for row in rows]
    kept = _merge_down(placed)
    return f"<table>{''.join(f'<tr>{_write_cells(row)}</tr>' for row in kept)}</table>"


def _find_edges(rows: Sequence[Sequence[RowCell]]) -> list[int]:
    """Find where columns end, if one of the rows has a cell in each of them; none where cells lie across each other."""
    edges: list[int] = []
    for right in sorted(cell.shape.right for row in rows for cell in row if cell.shape.right is not None):
        if not edges or right - edges[-1] > _SAME_EDGE_TWIPS:
            edges.append(right)
    return edges if len(edges) == max(map(len, rows)) else []


def _merge_across(row: Sequence[RowCell], edges: Sequence[int]) -> list[_Placed]:
    placed: list[_Placed] = []
    column = 0
    for cell in row:
        columns = _count_columns(cell.shape.right, column, edges)
        if cell.shape.across is Merge.PRECEDING and placed:
            placed[-1].columns += columns
            placed[-1].text = _join([placed[-1].text, cell.text])
        else:
            placed.append(_Placed(cell.text, column, columns, cell.shape.down))
        column += columns
    return placed


def _count_columns(right: int | None, column: int, edges: Sequence[int]) -> int:
    if right is None:
        return 1
    return max(1, sum(edge <= right + _SAME_EDGE_TWIPS for edge in edges) - column)


def _merge_down(rows: Sequence[Sequence[_Placed]]) -> list[list[_Placed]]:
    """Let a cell span the rows below it whose cells at its place are merged with it."""
    open_cells: dict[int, _Placed] = {}
    kept: list[list[_Placed]] = []
    for row in rows:
        kept.append([])
        below: dict[int, _Placed] = {}
        for cell in row:
            above = open_cells.get(cell.column)
            if cell.down is Merge.PRECEDING and above is not None and above.columns == cell.columns:
                above.rows += 1
                above.text = _join([above.text, cell.text])
                below[cell.column] = above
                continue
            kept[-1].append(cell)
            if cell.down is not Merge.NOTHING:
                below[cell.column] = cell
        open_cells = below
    return kept


def _join(texts: Iterable[str]) -> str:
    return "<br>".join(filter(None, texts))


def _write_cells(cells: Iterable[_Placed]) -> str:
    return "".join(
        f"<td{_write_span('rowspan', cell.rows)}{_write_span('colspan', cell.columns)}>{cell.text}</td>"
        for cell in cells
    )


def _write_span(name: str, count: int) -> str:
    return f' {name}="{count}"' if count > 1 else ""
