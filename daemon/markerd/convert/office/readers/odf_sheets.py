"""The cells of an OpenDocument sheet, with what is repeated and what is merged."""

from __future__ import annotations

from typing import Any

from markerd.convert.office.readers.odf_styles import q
from markerd.convert.office.readers.odf_text import TextWriter, escape_text
from markerd.convert.office.readers.sheet_regions import Place
from markerd.convert.office.readers.sheet_tables import MOST_CELLS, write_tables
from markerd.convert.office.readers.xlsx_workbook import merge_ranges
from markerd.errors import DocumentError

_VALUES = ("office:string-value", "office:date-value", "office:time-value", "office:boolean-value", "office:value")


def convert_sheet(table: Any, writer: TextWriter) -> str:
    """Write the tables of a sheet. Raises DocumentError for a sheet with too many filled cells."""
    cells: dict[Place, str] = {}
    spans: list[tuple[Place, Place]] = []
    row = 1
    for line in table.iter(q("table:table-row")):
        count = _read_count(line, "rows-repeated")
        found = _read_row(line, writer)
        _check_cells(len(cells) + count * sum(repeated for _, repeated, *_ in found))
        for at in range(row, row + (count if found else 0)):
            for first, repeated, text, wide, tall in found:
                for column in range(first, first + repeated):
                    cells[at, column] = text
                    if wide > 1 or tall > 1:
                        spans.append(((at, column), (at + tall - 1, column + wide - 1)))
        row += count
    merged = merge_ranges(spans, cells)
    shown = {place: text for place, text in cells.items() if place not in merged.covered}
    return write_tables(shown, merged.spans, merged.covered)


def _check_cells(count: int) -> None:
    if count > MOST_CELLS:
        raise DocumentError(
            f"a sheet with more than {MOST_CELLS:,} filled cells", kind="too_many_parts", is_permanent=True
        )


def _read_row(line: Any, writer: TextWriter) -> list[tuple[int, int, str, int, int]]:
    """Return the filled cells of a row: column, how often it is repeated, HTML, and over how many columns and rows it
    reaches.
    """
    found = []
    column = 1
    for cell in line:
        count = _read_count(cell, "columns-repeated")
        text = _write_cell(cell, writer) if cell.tag == q("table:table-cell") else ""
        if text:
            wide, tall = (_read_count(cell, f"{each}-spanned") for each in ("columns", "rows"))
            found.append((column, count, text, wide, tall))
        column += count
    return found


def _write_cell(cell: Any, writer: TextWriter) -> str:
    """Write the lines of a cell and what is drawn in it; the value of one whose program wrote no text."""
    lines = [text for p in cell.findall(q("text:p")) if (text := writer.write_inline(p).strip())]
    drawn = [writer.write_frame(frame) for frame in cell.findall(q("draw:frame"))]
    value = next((str(value) for name in _VALUES if (value := cell.get(q(name)))), "")
    return "<br>".join([*lines, *filter(None, drawn), *filter(None, [writer.take_beside()])]) or escape_text(value)


def _read_count(element: Any, name: str) -> int:
    digits = str(element.get(q(f"table:number-{name}")) or "1")
    return max(int(digits[:9]), 1) if digits.isdigit() else 1
