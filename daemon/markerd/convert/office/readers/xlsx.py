"""XLSX: a page for each visible sheet, with a heading, its tables, pictures and charts.

A title above a table is a paragraph, not its first row. Only filled cells count, so a sheet with one cell in its last
row is as quick as any other.
"""

from __future__ import annotations

import html
import warnings
import zipfile
from pathlib import Path
from typing import Any

from markerd.convert.office.canonical_html.pictures import Pictures, clean_alt
from markerd.convert.office.ooxml import graphics
from markerd.convert.office.ooxml.packages import parse_xml, read_part, read_relations, xpath
from markerd.convert.office.readers.cell_text import show_value
from markerd.convert.office.readers.sheet_regions import Place
from markerd.convert.office.readers.sheet_tables import MOST_CELLS, write_tables
from markerd.convert.office.readers.unreadable import build_unreadable_error
from markerd.convert.office.readers.xlsx_workbook import Sheet, needs_formulas, read_sheets
from markerd.convert.protocol import DocumentLimits
from markerd.errors import DocumentError


def read(path: Path, pictures: Pictures, limits: DocumentLimits) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of each extension that it does not know
        values = read_sheets(path, limits, data_only=True)
        formulas = read_sheets(path, limits, data_only=False) if needs_formulas(path) else values
    with zipfile.ZipFile(path) as archive:
        drawings = _find_drawings(archive)
        pages = []
        for name, sheet in values.items():
            if sheet.is_visible:
                body = _convert_tables(sheet, formulas[name])
                drawn = _convert_drawings(archive, drawings.get(name, []), pictures)
                pages.append(f"<h1>{html.escape(name)}</h1>{body}{drawn}")
    if not pages:
        raise build_unreadable_error("the workbook shows no sheet")
    return pages


def _convert_tables(sheet: Sheet, formulas: Sheet) -> str:
    covered = sheet.merged.covered
    cells = {place: text for place, text in _build_grid(sheet, formulas).items() if place not in covered}
    return write_tables(cells, sheet.merged.spans, covered)


def _build_grid(sheet: Sheet, formulas: Sheet) -> dict[Place, str]:
    """Return the HTML of the filled cells."""
    grid = {}
    for place, cell in sheet.cells.items():
        formula = formulas.cells.get(place) if formulas is not sheet else None
        inside = _convert_cell(cell, formula.value if formula is not None else None)
        if inside:
            grid[place] = inside
        if len(grid) > MOST_CELLS:
            raise DocumentError(
                f"a sheet with more than {MOST_CELLS:,} filled cells", kind="too_many_parts", is_permanent=True
            )
    return grid


def _convert_cell(cell: Any, formula: Any) -> str:
    value = cell.value
    text = str(value) if isinstance(value, list) else show_value(value, cell.number_format)
    is_formula = isinstance(formula, str) and formula.startswith("=")
    address = _find_address(cell, formula if is_formula else "")
    if not text and is_formula:
        text = formula if not address or formula.count('"') < 4 else formula.split('"')[3]
    inside = _write_runs(value) if isinstance(value, list) else _write_text(text.strip())
    font = cell.font if inside else None  # built anew each time it is asked for
    if font is not None:
        for name, applies in (("b", font.b), ("del", font.strike)):
            inside = f"<{name}>{inside}</{name}>" if applies else inside
    return f'<a href="{html.escape(address)}">{inside}</a>' if address and inside else inside


def _write_text(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def _write_runs(runs: list[Any]) -> str:
    """Write the runs of a cell, each with its own font, which stands for that of the cell."""
    out = ""
    for run in runs:
        font, text = getattr(run, "font", None), str(getattr(run, "text", run))
        written = _write_text(text)
        if font is not None and text.strip():
            raised = {"superscript": "sup", "subscript": "sub"}.get(str(font.vertAlign), "")
            for name, applies in ((raised, raised), ("i", font.i), ("b", font.b), ("del", font.strike)):
                written = f"<{name}>{written}</{name}>" if applies else written
        out += written
    return out.strip()


def _find_address(cell: Any, formula: str) -> str:
    if cell.hyperlink is not None and cell.hyperlink.target:
        target = str(cell.hyperlink.target)
        return f"{target}#{cell.hyperlink.location}" if cell.hyperlink.location else target
    if formula.upper().startswith("=HYPERLINK("):
        parts = formula.split('"')
        return parts[1] if len(parts) > 2 else ""
    return ""


def _find_drawings(archive: zipfile.ZipFile) -> dict[str, list[str]]:
    """Return the names of the parts with drawings for each sheet, by the sheet's name."""
    main = next(
        (r.target for r in read_relations(archive, "").values() if r.kind == "officeDocument"), "xl/workbook.xml"
    )
    read_sheets = read_relations(archive, main)
    found = {}
    data = read_part(archive, main)
    for sheet in parse_xml(data).xpath("//*[local-name()='sheet']") if data else []:
        ids = sheet.xpath("./@*[local-name()='id' and namespace-uri()!='']")
        relation = read_sheets.get(str(ids[0])) if ids else None
        if relation is not None:
            named = read_relations(archive, relation.target).values()
            found[str(sheet.get("name"))] = [r.target for r in named if r.kind == "drawing"]
    return found


def _convert_drawings(archive: zipfile.ZipFile, drawings: list[str], pictures: Pictures) -> str:
    """Write pictures, texts of shapes, and the titles of charts: their numbers are in the cells."""
    out = []
    for name in drawings:
        named, data = read_relations(archive, name), read_part(archive, name)
        for shape in xpath(parse_xml(data), "//xdr:pic | //xdr:sp | //xdr:graphicFrame") if data else []:
            for blip in xpath(shape, ".//a:blip/@r:embed")[:1]:
                alt = clean_alt(next(iter(xpath(shape, "./xdr:nvPicPr/xdr:cNvPr/@descr")), ""))
                held = read_part(archive, named[blip].target) if blip in named else None
                out.append(f"<p>{pictures.tag(held, alt)}</p>")
            for paragraph in xpath(shape, "./xdr:txBody/a:p"):
                out.append(f"<p>{html.escape(''.join(xpath(paragraph, './/a:t/text()')))}</p>")
            for chart in xpath(shape, ".//*[local-name()='chart']/@r:id")[:1]:
                held = read_part(archive, named[chart].target) if chart in named else None
                title = graphics.read_chart(held)[0] if held else ""
                out.append(f"<p>{html.escape(title)}</p>" if title else "")
    return "".join(out)
