"""Workbooks that are small and would be much work, made by the tests in moments, and never kept."""

from __future__ import annotations

import html
import zipfile
from collections.abc import Iterable
from pathlib import Path

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WHOLE_SHEET = "A1:XFD1048576"


def column(number: int) -> str:
    """The letters of a column, counted from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def xlsx(
    path: Path, rows: Iterable[str], after: str = "", *, before: str = "", strings: Iterable[str] = (), sheets: int = 1
) -> Path:
    """A workbook of raw `<row>` elements; `before` and `after` stand around its data."""
    relation = '<Relationship Id="r{0}" Type="{1}/{2}" Target="{3}"/>'
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    named = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r1"/>' for n in range(1, sheets + 1))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{main}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{main}.sharedStrings+xml"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{relation.format(1, _OFFICE, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
        )
        package.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        )
        package.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{relation.format(1, _OFFICE, 'worksheet', 'worksheets/sheet1.xml')}"
            f"{relation.format(2, _OFFICE, 'sharedStrings', 'sharedStrings.xml')}</Relationships>",
        )
        with package.open("xl/sharedStrings.xml", "w") as part:
            part.write(f'<sst xmlns="{_SHEET}">'.encode())
            for string in strings:
                part.write(f"<si><t>{html.escape(string)}</t></si>".encode())
            part.write(b"</sst>")
        with package.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{_SHEET}" xmlns:r="{_OFFICE}">{before}<sheetData>'.encode())
            for row in rows:
                part.write(row.encode())
            part.write(f"</sheetData>{after}</worksheet>".encode())
    return path


def row(number: int, cells: Iterable[tuple[int, str]]) -> str:
    """A row of (column, text)."""
    inside = "".join(
        f'<c r="{column(at)}{number}" t="inlineStr"><is><t>{html.escape(text)}</t></is></c>' for at, text in cells
    )
    return f'<row r="{number}">{inside}</row>'


_TITLE = [row(1, [(1, "Title")]), row(2, [(1, "Words of the sheet"), (2, "more")])]


def merged(path: Path, ranges: Iterable[str]) -> Path:
    refs = "".join(f'<mergeCell ref="{ref}"/>' for ref in ranges)
    return xlsx(path, _TITLE, f"<mergeCells>{refs}</mergeCells>")


def merged_whole(path: Path) -> Path:
    return merged(path, [_WHOLE_SHEET])


def merged_often(path: Path) -> Path:
    """Ranges over one another, each below what one may have."""
    return merged(path, [f"A1:{column(900)}{1000 + n}" for n in range(2_000)])


def linked_whole(path: Path) -> Path:
    link = f'<hyperlinks><hyperlink ref="{_WHOLE_SHEET}" location="A1"/></hyperlinks>'
    return xlsx(path, _TITLE, link)


def dimensioned(path: Path) -> Path:
    """A sheet that claims to be full, with formats and rules for every cell."""
    rule = "<formula>1</formula>"
    formats = f'<conditionalFormatting sqref="{_WHOLE_SHEET}"><cfRule type="expression" priority="1">{rule}</cfRule>'
    return xlsx(
        path,
        _TITLE,
        f"{formats}</conditionalFormatting>"
        f'<dataValidations count="1"><dataValidation type="whole" sqref="{_WHOLE_SHEET}">{rule}'
        "<formula2>2</formula2></dataValidation></dataValidations>",
        before=f'<dimension ref="{_WHOLE_SHEET}"/><cols><col min="1" max="16384" width="9"/></cols>',
    )


def diagonal(path: Path, size: int = 16_384) -> Path:
    """A cell in each row and each column: a table of 268 million cells, hardly one of them filled."""
    return xlsx(path, (row(n, [(n, "x")]) for n in range(1, size + 1)))


def striped(path: Path, rows: int = 100_000) -> Path:
    """Every other row is empty: so many tables."""
    return xlsx(path, (row(2 * n + 1, [(1, f"a{n}"), (2, "b")]) for n in range(rows)))


def tall(path: Path, rows: int = 100_000) -> Path:
    """An ordinary sheet of so many rows of six cells."""
    return xlsx(path, (row(n + 1, [(at, f"cell {n} {at}") for at in range(1, 7)]) for n in range(rows)))


def small_merges(path: Path, rows: int = 50_000) -> Path:
    """Two rows in one cell, all the way down."""
    refs = "".join(f'<mergeCell ref="A{2 * n + 1}:A{2 * n + 2}"/>' for n in range(rows // 2))
    cells = (row(n + 1, [(1, f"a{n}"), (2, "b"), (3, "c")]) for n in range(rows))
    return xlsx(path, cells, f"<mergeCells>{refs}</mergeCells>")


def repeated_sheet(path: Path) -> Path:
    """One sheet under 20,000 names."""
    return xlsx(path, _TITLE, sheets=20_000)


def many_strings(path: Path) -> Path:
    return xlsx(path, _TITLE, strings=(f"string {n}" for n in range(500_000)))


def array_formula(path: Path) -> Path:
    cell = f'<row r="1"><c r="A1"><f t="array" ref="{_WHOLE_SHEET}">1+1</f><v>2</v></c></row>'
    return xlsx(path, [cell])


def shared_formulas(path: Path, cells: int = 200_000) -> Path:
    rows = (f'<row r="{n}"><c r="A{n}"><f t="shared" si="0"/><v>{n}</v></c></row>' for n in range(2, cells))
    first = f'<row r="1"><c r="A1"><f t="shared" si="0" ref="A1:A{cells}">SUM(B1:C1)+D1*2</f><v>1</v></c></row>'
    return xlsx(path, [first, *rows])
