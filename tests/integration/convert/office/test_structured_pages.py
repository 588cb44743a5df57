"""PPTX, XLSX and EPUB: slides, sheets and chapters are pages with their titles, lists, tables, pictures and links."""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

import documents
from markerd.convert.protocol import ArtifactRole
from markerd.errors import DocumentError
from structured import FORMATS, markdown, picture, rendered


def slides(path: Path) -> Path:
    """A title slide, one with a list and notes, one with a table, pictures in and out of a group, and a chart."""
    from pptx import Presentation
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    deck = Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "Deck <1>", "By us"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "List"
    body = second.placeholders[1].text_frame
    body.text = "one"
    for text, level in (("deeper", 1), ("two", 0)):
        added = body.add_paragraph()
        added.text, added.level = text, level
    linked = body.paragraphs[2].add_run()
    linked.text, linked.hyperlink.address = " site", "http://s.org/"
    second.notes_slide.notes_text_frame.text = "say this"
    third = deck.slides.add_slide(deck.slide_layouts[5])
    table = third.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    table.cell(0, 0).text, table.cell(1, 1).text = "wide", "x"
    table.cell(0, 0).merge(table.cell(0, 1))
    third.shapes.add_picture(io.BytesIO(picture("red")), 0, 0)
    group = third.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "grouped"
    group.shapes.add_picture(io.BytesIO(picture("blue")), 0, 0)
    data = CategoryChartData()
    data.categories = ["Q1", "Q2"]
    data.add_series("Sales", (1.5, 2))
    third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 9, 9, data)
    third.shapes.title.text = "Things"
    deck.save(str(path))
    return path


def test_slides_come_out_with_titles_bullets_notes_and_charts(tmp_path: Path) -> None:
    """Titles come first, bullets are those of the layout, notes are a quotation, a chart is its table."""
    output = rendered(slides(tmp_path / "deck.pptx"), paginate_output=True)[ArtifactRole.MARKDOWN]
    red, blue = output.images
    pages = [page.partition("}" + "-" * 48)[2].strip() for page in output.markdown.split("\n{")[1:]]
    assert pages == [
        "# Deck <1>\n\nBy us",
        "## List\n\n- one\n  - deeper\n- two [site](http://s.org/)\n\n> **Notes:**\n>\n> say this",
        "## Things\n\n| wide | wide |\n|---|---|\n|  | x |\n\n"
        f"![]({red})\n\ngrouped\n\n![]({blue})\n\n|  | Sales |\n|---|---|\n| Q1 | 1.5 |\n| Q2 | 2 |",
    ]


def sheets(path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Stock & co"
    for row in (["Report"], [], ["Item", "Price", "Day", "Sum"], ["a|b", 1234.5, datetime.date(2026, 3, 5), "=B4*2"]):
        sheet.append(row)
    sheet["B4"].number_format = '#,##0.00 "EUR"'
    sheet["C4"].number_format = "dd.mm.yyyy"
    sheet["A4"].hyperlink = "http://i.org/a"
    sheet["XFD1048576"] = "far"
    sheet.merge_cells("A7:B7")
    sheet["A7"], sheet["C7"], sheet["A8"], sheet["B8"] = "both", "c", 0.1 + 0.2, True
    hidden = book.create_sheet("Hidden")
    hidden["A1"], hidden.sheet_state = "secret", "hidden"
    book.save(path)
    return path


def test_sheets_come_out_with_values_as_shown(tmp_path: Path) -> None:
    """A formula without a value comes out as itself; the last cell of all costs nothing."""
    assert markdown(sheets(tmp_path / "book.xlsx")) == (
        "# Stock & co\n\nReport\n\n| Item | Price | Day | Sum |\n|---|---|---|---|\n"
        "| [a\\|b](http://i.org/a) | 1,234.50 EUR | 05.03.2026 | =B4\\*2 |\n\n"
        "| both | both | c |\n|---|---|---|\n| 0.3 | TRUE |  |\n\nfar"
    )


CHAPTER = '<html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'


CONTAINER = '<container><rootfiles><rootfile full-path="OPS/p.opf"/></rootfiles></container>'


def book(path: Path, *chapters: str, extra: dict[str, Any] | None = None) -> Path:
    """An EPUB whose spine is the reverse of its manifest, without the table of contents that many lack."""
    numbers = range(len(chapters))
    items = [f'<item id="c{n}" href="text/c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in numbers]
    spine = "".join(f'<itemref idref="c{n}"/>' for n in numbers)
    manifest = "".join(reversed(items))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OPS/p.opf", f"<package><manifest>{manifest}</manifest><spine>{spine}</spine></package>")
        for number, chapter in enumerate(chapters):
            archive.writestr(f"OPS/text/c{number}.xhtml", '<?xml version="1.0"?>' + CHAPTER.format(chapter))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def test_chapters_come_out_in_order_of_the_spine(tmp_path: Path) -> None:
    """Links between them lead on; pictures are found from where they are named."""
    made = book(
        tmp_path / "b.epub",
        "<h1>First</h1><p><a href='c1.xhtml#end'>on</a></p><svg><image xlink:href='../i.png'/></svg>",
        "<h1>Second</h1><p id='end'>end</p>",
        extra={"OPS/i.png": picture()},
    )
    output = rendered(made)[ArtifactRole.MARKDOWN]
    (name,) = output.images
    assert output.markdown == (
        f'# First\n\n[on](#chapter-2-end)\n\n![]({name})\n\n# Second\n\n<span id="chapter-2-end"></span>end'
    )
    assert [stats["page_id"] for stats in output.metadata["page_stats"]] == [0, 1]


def test_protected_book_is_refused_as_encrypted(tmp_path: Path) -> None:
    """Only its shop's program can read it; obfuscated fonts do no harm."""
    scheme = (
        "<encryption><EncryptedData><CipherData><CipherReference URI='{}'/></CipherData></EncryptedData></encryption>"
    )
    name = "META-INF/encryption.xml"
    open_book = book(tmp_path / "f.epub", "<p>text</p>", extra={name: scheme.format("OPS/font.otf")})
    assert markdown(open_book) == "text"
    with pytest.raises(DocumentError) as caught:
        rendered(book(tmp_path / "e.epub", "<p>x</p>", extra={name: scheme.format("OPS/text/c0.xhtml")}))
    assert (caught.value.kind, caught.value.is_permanent) == ("encrypted", True)


def test_cells_keep_what_is_struck_and_raised(tmp_path: Path) -> None:
    """In their runs, and as a whole; an empty range that is merged is nothing."""
    from openpyxl import Workbook
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Kind", "Text"])
    struck, low = InlineFont(strike=True), InlineFont(vertAlign="subscript")
    sheet.append(["runs", CellRichText("H", TextBlock(low, "2"), "O ", TextBlock(struck, "old"), " new")])
    sheet.append(["whole", "gone"])
    sheet["B3"].font = Font(strike=True)
    sheet.merge_cells("D1:F9")
    book.save(tmp_path / "a.xlsx")
    rows = ["| Kind | Text |", "|---|---|", "| runs | H<sub>2</sub>O ~~old~~ new |", "| whole | ~~gone~~ |"]
    assert markdown(tmp_path / "a.xlsx").splitlines()[2:] == rows


def test_all_formats_have_the_same_content(tmp_path: Path) -> None:
    """JSON and chunks have Marker's shape: pages of blocks with ids, kinds, hierarchy and pictures by their id."""
    output = rendered(slides(tmp_path / "deck.pptx"))
    assert output.keys() == set(FORMATS)
    pages = output[ArtifactRole.JSON].children
    assert [[block.block_type for block in page.children] for page in pages] == [
        ["SectionHeader", "Text"],
        ["SectionHeader", "ListGroup", "Text"],
        ["SectionHeader", "Table", "Picture", "Text", "Picture", "Table"],
    ]
    assert [item.block_type for item in pages[1].children[1].children] == ["ListItem", "ListItem"]
    assert list(pages[2].children[2].images) == [pages[2].children[2].id]
    assert pages[1].children[1].section_hierarchy == {1: "/page/0/SectionHeader/0", 2: "/page/1/SectionHeader/0"}
    chunks = output[ArtifactRole.CHUNKS]
    assert [chunk.page for chunk in chunks.blocks] == [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert chunks.page_info.keys() == {0, 1, 2}
    assert '<a href="http://s.org/">' in chunks.blocks[3].html
    assert output[ArtifactRole.MARKDOWN].images.keys() == output[ArtifactRole.HTML].images.keys()
    contents = output[ArtifactRole.MARKDOWN].metadata["table_of_contents"]
    assert [(item["title"], item["heading_level"], item["page_id"]) for item in contents] == [
        ("Deck <1>", 1, 0),
        ("List", 2, 1),
        ("Things", 2, 2),
    ]


def test_text_like_elements_stays_text_in_chunks_of_lists(tmp_path: Path) -> None:
    """What the document shows as `<b>` stays text in every format."""
    path = tmp_path / "page.html"
    path.write_text("<ul><li>write &lt;b&gt; so</li></ul>", encoding="utf-8")
    output = rendered(path)
    assert "write &lt;b&gt; so" in output[ArtifactRole.CHUNKS].blocks[0].html
    assert "write &lt;b&gt; so" in output[ArtifactRole.HTML].html


def test_marker_options_keep_their_meaning(tmp_path: Path) -> None:
    """Chosen pages keep their number; without pictures their texts are left."""
    made = slides(tmp_path / "deck.pptx")
    chosen = markdown(made, page_range=[1, 9], paginate_output=True)
    assert chosen.startswith("\n\n{1}" + "-" * 48)
    assert "Deck" not in chosen
    assert "![" not in markdown(made, extract_images=False)
    with pytest.raises(DocumentError, match="page_range names none of the 3 pages"):
        rendered(made, page_range=[7])


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx", "epub"])
def test_damaged_package_is_unreadable(tmp_path: Path, kind: str) -> None:
    """Not only cut off: parts that are no XML, or are missing."""
    make: dict[str, Any] = {
        "docx": lambda path: documents.docx(path, "H", "p"),
        "pptx": lambda path: documents.pptx(path, "H", "p"),
        "xlsx": lambda path: documents.xlsx(path, [["a"]]),
        "epub": lambda path: documents.epub(path, "H", "p"),
    }
    whole = make[kind](tmp_path / f"whole.{kind}")
    broken = tmp_path / f"broken.{kind}"
    spoiled = {"docx": "document.xml", "pptx": "presentation.xml", "xlsx": "workbook.xml", "epub": "content.opf"}
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<broken" if name.endswith(spoiled[kind]) else source.read(name))
    with pytest.raises(DocumentError) as caught:
        rendered(broken)
    assert (caught.value.kind, caught.value.is_permanent) == ("unreadable", True)
