"""XLSX: a page for each sheet that is shown, with a heading, its tables, pictures and charts.

A title above a table is a paragraph, not its first row. Only cells that hold something count, so a sheet with one cell
in its last row is as quick as any.
"""

from __future__ import annotations

import html
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markerd.convert.structured import graphics
from markerd.convert.structured.cell_text import shown
from markerd.convert.structured.packages import content, parse_xml, relations, xpath
from markerd.convert.structured.pictures import Pictures, alt_of
from markerd.convert.structured.regions import Place, Region, regions
from markerd.convert.structured.unreadable import unreadable

_MOST_CELLS = 1_000_000  # about 1.5 GB


def read(path: Path, pictures: Pictures) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of each extension that it does not know
        values = _workbook(path, data_only=True)
        formulas = _workbook(path, data_only=False) if _has_formulas(path) else values
    with zipfile.ZipFile(path) as archive:
        drawings = _drawings(archive)
        pages = []
        for name in values.sheetnames:
            sheet = values[name]
            if sheet.sheet_state == "visible":
                body = _tables(sheet, formulas[name]) if hasattr(sheet, "merged_cells") else ""
                drawn = _drawn(archive, drawings.get(name, []), pictures)
                pages.append(f"<h1>{html.escape(name)}</h1>{body}{drawn}")
    if not pages:
        raise unreadable("the workbook shows no sheet")
    return pages


def _workbook(path: Path, *, data_only: bool) -> Any:
    from openpyxl import load_workbook

    with path.open("rb") as file:  # by its name openpyxl would refuse many
        return load_workbook(file, data_only=data_only)


def _has_formulas(path: Path) -> bool:
    """Whether any cell is a formula: one may have no stored value, or be a link."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if "/worksheets/" in name and name.endswith(".xml")]
        return any(b"<f>" in (data := archive.read(name)) or b"<f " in data for name in names)


def _tables(sheet: Any, formulas: Any) -> str:
    grid = _grid(sheet, formulas)
    covered, spans = _merged(sheet, max((row for row, _ in grid), default=0))
    cells = {place: text for place, text in grid.items() if place not in covered}
    table = _Cells(cells, spans, covered)
    return "".join(table.html(region) for region in regions(set(cells), spans))


def _grid(sheet: Any, formulas: Any) -> dict[Place, str]:
    """The HTML of the cells that hold something."""
    grid = {}
    for (row, column), cell in sheet._cells.items():
        formula = formulas._cells.get((row, column)) if formulas is not sheet else None
        inside = _cell(cell, formula.value if formula is not None else None)
        if inside:
            grid[row, column] = inside
        if len(grid) > _MOST_CELLS:
            raise unreadable(f"a sheet with more than {_MOST_CELLS} cells")
    return grid


def _cell(cell: Any, formula: Any) -> str:
    text = shown(cell.value, cell.number_format)
    is_formula = isinstance(formula, str) and formula.startswith("=")
    address = _address(cell, formula if is_formula else "")
    if not text and is_formula:
        text = formula if not address or formula.count('"') < 4 else formula.split('"')[3]
    inside = html.escape(text.strip()).replace("\n", "<br>")
    if inside and cell.font is not None and cell.font.b:
        inside = f"<b>{inside}</b>"
    return f'<a href="{html.escape(address)}">{inside}</a>' if address and inside else inside


def _address(cell: Any, formula: str) -> str:
    if cell.hyperlink is not None and cell.hyperlink.target:
        target = str(cell.hyperlink.target)
        return f"{target}#{cell.hyperlink.location}" if cell.hyperlink.location else target
    if formula.upper().startswith("=HYPERLINK("):
        parts = formula.split('"')
        return parts[1] if len(parts) > 2 else ""
    return ""


def _merged(sheet: Any, last_row: int) -> tuple[set[Place], dict[Place, Place]]:
    """The cells that others reach over, and the last place of those that do."""
    covered: set[Place] = set()
    spans: dict[Place, Place] = {}
    for merged in sheet.merged_cells.ranges:
        bottom, right = min(merged.max_row, last_row), merged.max_col
        if (bottom - merged.min_row + 1) * (right - merged.min_col + 1) > _MOST_CELLS:
            continue
        spans[merged.min_row, merged.min_col] = (bottom, right)
        covered.update(
            (row, column) for row in range(merged.min_row, bottom + 1) for column in range(merged.min_col, right + 1)
        )
        covered.discard((merged.min_row, merged.min_col))
    return covered, spans


@dataclass(frozen=True)
class _Cells:
    """A sheet's cells as HTML, what reaches over what, and the tables made of them."""

    cells: dict[Place, str]
    spans: dict[Place, Place]
    covered: set[Place]

    def html(self, region: Region) -> str:
        """A table; a paragraph where there is one cell alone. Columns without content are left out."""
        rows, columns = region.rows, region.columns
        if len(rows) == len(columns) == 1:
            return f"<p>{self.cells[rows[0], columns[0]]}</p>"
        has_header = len(rows) > 1 and all(
            (rows[0], column) in self.cells and (rows[0], column) not in self.spans for column in columns
        )
        lines = []
        for number, row in enumerate(rows):
            tag = "th" if has_header and number == 0 else "td"
            line = [self._cell(tag, (row, column), region) for column in columns if (row, column) not in self.covered]
            lines.append(f"<tr>{''.join(line)}</tr>")
        return f"<table>{''.join(lines)}</table>"

    def _cell(self, tag: str, place: Place, region: Region) -> str:
        bottom, right = self.spans.get(place, place)
        tall = sum(place[0] <= row <= bottom for row in region.rows) if bottom > place[0] else 1
        wide = sum(place[1] <= column <= right for column in region.columns) if right > place[1] else 1
        attributes = (f' rowspan="{tall}"' if tall > 1 else "") + (f' colspan="{wide}"' if wide > 1 else "")
        return f"<{tag}{attributes}>{self.cells.get(place, '')}</{tag}>"


def _drawings(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """The names of the parts with what is drawn upon each sheet, by the sheet's name."""
    main = next((r.target for r in relations(archive, "").values() if r.kind == "officeDocument"), "xl/workbook.xml")
    sheets = relations(archive, main)
    found = {}
    data = content(archive, main)
    for sheet in parse_xml(data).xpath("//*[local-name()='sheet']") if data else []:
        ids = sheet.xpath("./@*[local-name()='id' and namespace-uri()!='']")
        relation = sheets.get(str(ids[0])) if ids else None
        if relation is not None:
            named = relations(archive, relation.target).values()
            found[str(sheet.get("name"))] = [r.target for r in named if r.kind == "drawing"]
    return found


def _drawn(archive: zipfile.ZipFile, drawings: list[str], pictures: Pictures) -> str:
    """Pictures, texts of shapes, and charts by their title: their numbers stand in the cells."""
    out = []
    for name in drawings:
        named, data = relations(archive, name), content(archive, name)
        for shape in xpath(parse_xml(data), "//xdr:pic | //xdr:sp | //xdr:graphicFrame") if data else []:
            for blip in xpath(shape, ".//a:blip/@r:embed")[:1]:
                alt = alt_of(next(iter(xpath(shape, "./xdr:nvPicPr/xdr:cNvPr/@descr")), ""))
                held = content(archive, named[blip].target) if blip in named else None
                out.append(f"<p>{pictures.tag(held, alt)}</p>")
            for paragraph in xpath(shape, "./xdr:txBody/a:p"):
                out.append(f"<p>{html.escape(''.join(xpath(paragraph, './/a:t/text()')))}</p>")
            for chart in xpath(shape, ".//*[local-name()='chart']/@r:id")[:1]:
                held = content(archive, named[chart].target) if chart in named else None
                title = graphics.chart(held)[0] if held else ""
                out.append(f"<p>{html.escape(title)}</p>" if title else "")
    return "".join(out)
