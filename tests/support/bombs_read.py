"""Office and web documents that are small and would be much work, made by the tests in moments, and never kept."""

from __future__ import annotations

import html
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import bombs

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


# --- HTML -------------------------------------------------------------------------------------------------------------


def web_page(path: Path, body: str, head: str = "") -> Path:
    path.write_text(
        f"<!DOCTYPE html><html><head>{head}</head><body><p>Words of the page</p>{body}</body></html>", encoding="utf-8"
    )
    return path


def repeated(piece: str, megabytes: float = 2) -> Callable[[Path], Path]:
    """A page of nothing else than `piece`."""
    return lambda path: web_page(path, piece * int(megabytes * bombs.MB / len(piece)))


def spanned(down: int, across: int, rows: int = 10_000) -> Callable[[Path], Path]:
    """A table with one cell a row that says to reach over many."""
    cell = f"<td rowspan={down} colspan={across}>x</td>"
    return lambda path: web_page(path, f"<table>{f'<tr>{cell}</tr>' * rows}</table>")


def prose(path: Path, megabytes: float = 5) -> Path:
    """An ordinary page, but long."""
    piece = "<h2>Part {0}</h2><p>Words of <b>part</b> {0} that <a href='http://e.org/{0}'>go on</a> for a while.</p>"
    piece += (
        "<ul><li>one</li><li>two</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )
    return web_page(path, "".join(piece.format(n) for n in range(int(megabytes * bombs.MB / len(piece)))))


def sheet_rules(path: Path) -> Path:
    """Twenty thousand rules of style for fifty thousand elements."""
    rules = "".join(f".a{n} .b{n} {{display:none}}" for n in range(20_000))
    return web_page(path, "<i>x</i>" * 50_000, f"<style>{rules}</style>")


def deep_tables(path: Path, depth: int = 1_600) -> Path:
    return web_page(path, "<table><tr><td>x" * depth)


def attributes(path: Path) -> Path:
    return web_page(path, f"<p {' '.join(f'a{n}=b' for n in range(150_000))}>x</p>")


# --- DOCX, PPTX, EPUB -------------------------------------------------------------------------------------------------


def long_word(path: Path, paragraphs: int = 300_000) -> Path:
    return bombs.docx(path, (f"Paragraph {n} of the letter" for n in range(paragraphs)))


def chunks_again(path: Path, marks: int = 20_000) -> Path:
    """One page within the document, to be taken in again and again."""
    mark = f'<w:altChunk xmlns:r="{_OFFICE}" r:id="c1"/>'
    body = f"</w:t></w:r></w:p>{mark * marks}<w:p><w:r><w:t>"
    return _with_chunk(bombs.docx(path, ["Words", body]), b"<html><p>chunk</p></html>" * 100, "html")


def chunk_bomb(path: Path) -> Path:
    """A package in the package, which is no other archive's business until it is taken into the text."""
    inner = bombs.with_part(bombs.docx(path.with_suffix(".inner"), ["Inner words"]), "word/media/a.bin", 600)
    mark = f'</w:t></w:r></w:p><w:altChunk xmlns:r="{_OFFICE}" r:id="c1"/><w:p><w:r><w:t>'
    made = _with_chunk(bombs.docx(path, ["Words", mark]), inner.read_bytes(), "docx")
    inner.unlink()
    return made


def _with_chunk(path: Path, data: bytes, extension: str) -> Path:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as package:
        package.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="c1" '
            f'Type="{_OFFICE}/aFChunk" Target="chunk.{extension}"/></Relationships>',
        )
        package.writestr(f"word/chunk.{extension}", data)
    return path


def book(path: Path, files: int, times: int = 1, body: str = "<p>Words of the chapter</p>") -> Path:
    """An EPUB of so many chapters, each so many times in its spine."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        package.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
        )
        items = "".join(f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(files))
        spine = "".join(f'<itemref idref="c{n}"/>' for n in range(files)) * times
        package.writestr(
            "b.opf",
            f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>',
        )
        for n in range(files):
            package.writestr(f"c{n}.xhtml", f"<html><body><h1>Chapter {n}</h1>{body}</body></html>")
    return path


def novel(path: Path) -> Path:
    """An ordinary book: 200 chapters of 25,000 letters."""
    return book(path, 200, body=f"<p>{'Words of the chapter, and more. ' * 16}</p>" * 50)


def spine(path: Path) -> Path:
    return book(path, 19_990)


def spine_again(path: Path) -> Path:
    return book(path, 1, 200_000)


def slides(path: Path, times: int = 20_000) -> Path:
    """One slide, as many times in the list of slides."""
    import re

    from pptx import Presentation

    presentation = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[1]).placeholders[1].text_frame.text = "Words of the slide"
    presentation.save(str(path))
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    own = re.search(rb"<p:sldId [^>]*/>", parts["ppt/presentation.xml"])
    assert own is not None
    parts["ppt/presentation.xml"] = parts["ppt/presentation.xml"].replace(own[0], own[0] * times)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def shapes(path: Path, count: int = 50_000) -> Path:
    """Titles, all on one slide."""
    import copy

    from pptx import Presentation

    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    title = slide.shapes.title
    title.text_frame.text = "Words of the title"
    tree = slide.shapes._spTree
    for _ in range(count):
        tree.append(copy.deepcopy(title._element))
    presentation.save(str(path))
    return path
