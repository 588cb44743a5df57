"""The cells of an OpenDocument sheet, with what is repeated and what is merged."""

from __future__ import annotations

from typing import Any

from markerd.convert.office.readers.odf_styles import q, xpath
from markerd.convert.office.readers.odf_text import TextWriter
from markerd.convert.office.readers.sheet_regions import Place
from markerd.convert.office.readers.sheet_tables import write_tables
from markerd.convert.office.readers.xlsx_workbook import merge_ranges
from markerd.errors import DocumentError

_MOST_CELLS = 1_000_000
"""Most filled cells of a sheet, as in a workbook of Excel."""
_MOST_REPEATED = 1_000
"""Cells and rows with content that are repeated, at most; empty ones up to the sheet's end are written so, too."""


def convert_sheet(table: Any, writer: TextWriter) -> str:
    """Write the tables of a sheet. Raises DocumentError for a sheet with too many cells."""
    cells: dict[Place, str] = {}
    spans: list[tuple[Place, Place]] = []
    row = 1
    for line in xpath(table, ".//table:table-row"):
        count = _read_count(line, "rows-repeated")
        found = _read_row(line, writer)
        for at in range(row, row + (min(count, _MOST_REPEATED) if found else 0)):
            for column, text, wide, tall in found:
                cells[at, column] = text
                if wide > 1 or tall > 1:
                    spans.append(((at, column), (at + tall - 1, column + wide - 1)))
        if len(cells) > _MOST_CELLS:
            raise DocumentError(
                f"a sheet with more than {_MOST_CELLS:,} filled cells", kind="too_many_parts", is_permanent=True
            )
        row += count
    merged = merge_ranges(spans, cells)
    shown = {place: text for place, text in cells.items() if place not in merged.covered}
    return write_tables(shown, merged.spans, merged.covered)


def _read_row(line: Any, writer: TextWriter) -> list[tuple[int, str, int, int]]:
    """Return the filled cells of a row: column, HTML, and how many columns and rows each reaches over."""
    found = []
    column = 1
    for cell in line:
        count = _read_count(cell, "columns-repeated")
        text = _write_cell(cell, writer) if cell.tag == q("table:table-cell") else ""
        for at in range(column, column + (min(count, _MOST_REPEATED) if text else 0)):
            found.append((at, text, _read_count(cell, "columns-spanned"), _read_count(cell, "rows-spanned")))
        column += count
    return found


def _write_cell(cell: Any, writer: TextWriter) -> str:
    return "<br>".join(text for p in cell.findall(q("text:p")) if (text := writer.write_inline(p).strip()))


def _read_count(element: Any, name: str) -> int:
    digits = str(element.get(q(f"table:number-{name}")) or "1")
    return max(int(digits[:9]), 1) if digits.isdigit() else 1
