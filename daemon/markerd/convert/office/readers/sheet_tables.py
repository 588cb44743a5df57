"""The tables of a sheet as HTML, made of its filled cells and of what reaches over what."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from markerd.convert.office.readers.sheet_regions import Place, SheetRegion, find_regions
from markerd.errors import DocumentError

MOST_CELLS = 1_000_000
"""Most filled cells of a sheet, and most cells of one table, filled or not. They take about 1.5 GB."""
_MOST_CHARACTERS = 100_000_000
"""Most characters of a sheet's cells together, with their markup; a million cells of numbers have 10 million."""


def write_tables(cells: Mapping[Place, str], spans: Mapping[Place, Place], covered: Container[Place]) -> str:
    """Write each table. `spans` has the last place of each cell that reaches over others, which are `covered`.

    Raises DocumentError for cells with too much text: one text may be written once and shown in each of them.
    """
    if sum(map(len, cells.values())) > _MOST_CHARACTERS:
        message = f"the cells of a sheet hold more than {_MOST_CHARACTERS:,} characters"
        raise DocumentError(message, kind="too_many_parts", is_permanent=True)
    table = _Cells(cells, spans, covered)
    return "".join(table.convert_region(region) for region in find_regions(set(cells), spans))


@dataclass(frozen=True)
class _Cells:
    """A sheet's cells as HTML, what reaches over what, and the tables made of them."""

    cells: Mapping[Place, str]
    spans: Mapping[Place, Place]
    covered: Container[Place]

    def convert_region(self, region: SheetRegion) -> str:
        """Write a table; a paragraph where there is only one cell. Empty columns are left out."""
        rows, columns = region.rows, region.columns
        if len(rows) == len(columns) == 1:
            return f"<p>{self.cells[rows[0], columns[0]]}</p>"
        if len(rows) * len(columns) > MOST_CELLS:
            return self._write_lines(region)
        has_header = len(rows) > 1 and all(
            (rows[0], column) in self.cells and (rows[0], column) not in self.spans for column in columns
        )
        lines = []
        for number, row in enumerate(rows):
            tag = "th" if has_header and number == 0 else "td"
            line = [
                self._write_cell(tag, (row, column), region) for column in columns if (row, column) not in self.covered
            ]
            lines.append(f"<tr>{''.join(line)}</tr>")
        return f"<table>{''.join(lines)}</table>"

    def _write_lines(self, region: SheetRegion) -> str:
        """Write a line for each row, of the filled cells: as a table nearly all of it would be empty."""
        filled: dict[int, list[str]] = {}
        for row, column in sorted(region.places):
            filled.setdefault(row, []).append(self.cells[row, column])
        return "".join(f"<p>{'; '.join(texts)}</p>" for texts in filled.values())

    def _write_cell(self, tag: str, place: Place, region: SheetRegion) -> str:
        bottom, right = self.spans.get(place, place)
        tall = _count_between(region.rows, place[0], bottom) if bottom > place[0] else 1
        wide = _count_between(region.columns, place[1], right) if right > place[1] else 1
        attributes = (f' rowspan="{tall}"' if tall > 1 else "") + (f' colspan="{wide}"' if wide > 1 else "")
        return f"<{tag}{attributes}>{self.cells.get(place, '')}</{tag}>"


def _count_between(numbers: Sequence[int], first: int, last: int) -> int:
    """Count the numbers, which are in order, from the first to the last."""
    return bisect_right(numbers, last) - bisect_left(numbers, first)
