"""Cells over several rows and columns in Markdown, as the option of the folder says, from every kind of document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

import open_documents
from made_tables import TABLES, page_html
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.sandbox import environment
from markerd.pipeline.part_store import name_part
from markerd.values import Spans
from structured import markdown, page
from word_documents import paragraph, write

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings

_GRID = [["Mill", "Flour", "Flour"], ["Mill", "May", "June"], ["Sea", "12", "one<br>two"]]
_ONCE = [["Mill", "Flour", ""], ["", "May", "June"], ["Sea", "12", "one<br>two"]]


def make_html(folder: Path) -> Path:
    body = "<tr><th rowspan=2>Mill<th colspan=2>Flour<tr><th>May<th>June<tr><td>Sea<td>12<td>one<br>two"
    return page(folder, f"<table>{body}</table>")


def make_docx(folder: Path) -> Path:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(map(paragraph, text.split('|')))}</w:tc>"

    start, wide = '<w:vMerge w:val="restart"/>', '<w:gridSpan w:val="2"/>'
    rows = (
        cell("Mill", start) + cell("Flour", wide),
        cell("", "<w:vMerge/>") + cell("May") + cell("June"),
        cell("Sea") + cell("12") + cell("one|two"),
    )
    return write(folder / "a.docx", f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>")


def make_xlsx(folder: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Mill", "Flour", None], [None, "May", "June"], ["Sea", "12", "one\ntwo"]):
        book.active.append(row)
    book.active.merge_cells("A1:A2")
    book.active.merge_cells("B1:C1")
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def make_pptx(folder: Path) -> Path:
    from pptx import Presentation

    deck = Presentation()
    table = deck.slides.add_slide(deck.slide_layouts[6]).shapes.add_table(3, 3, 0, 0, 999, 999).table
    for row, texts in enumerate((["Mill", "Flour", ""], ["", "May", "June"], ["Sea", "12", "one\ntwo"])):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 0).merge(table.cell(1, 0))
    table.cell(0, 1).merge(table.cell(0, 2))
    deck.save(str(folder / "a.pptx"))
    return folder / "a.pptx"


def _make_open_table(folder: Path, suffix: str, kind: str) -> Path:
    def cell(text: str, spans: str = "") -> str:
        return (
            f"<table:table-cell {spans}>{''.join(f'<text:p>{p}</text:p>' for p in text.split('|'))}</table:table-cell>"
        )

    covered = "<table:covered-table-cell/>"
    rows = (
        cell("Mill", "table:number-rows-spanned='2'") + cell("Flour", "table:number-columns-spanned='2'") + covered,
        covered + cell("May") + cell("June"),
        cell("Sea") + cell("12") + cell("one|two"),
    )
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return open_documents.write(folder / f"a{suffix}", kind, f"<table:table table:name='T'>{table}</table:table>")


def make_odt(folder: Path) -> Path:
    return _make_open_table(folder, ".odt", "text")


def make_ods(folder: Path) -> Path:
    return _make_open_table(folder, ".ods", "spreadsheet")


MAKERS = {"html": make_html, "docx": make_docx, "xlsx": make_xlsx, "pptx": make_pptx, "odt": make_odt, "ods": make_ods}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    ("options", "expected"), [({}, _GRID), ({"spans": "repeat"}, _GRID), ({"spans": "once"}, _ONCE)]
)
def test_spans_of_office_and_web_tables(
    tmp_path: Path, kind: str, options: dict[str, str], expected: list[list[str]]
) -> None:
    """They are repeated by default, or shown once; a cell of two lines keeps both."""
    assert read_pipes(markdown(MAKERS[kind](tmp_path), **options)) == expected


@pytest.mark.parametrize("kind", MAKERS)
def test_office_and_web_tables_with_spans_as_html(tmp_path: Path, kind: str) -> None:
    shown = markdown(MAKERS[kind](tmp_path), spans="html")
    assert "|" not in shown
    table = parse(shown)
    assert [(cell.get_text(), spans_of(cell)) for cell in table.find_all(["th", "td"])[:4]] == [
        ("Mill", (2, 1)), ("Flour", (1, 2)), ("May", (1, 1)), ("June", (1, 1)),
    ]  # fmt: skip
    assert list(table.find_all(["th", "td"])[-1].stripped_strings) == ["one", "two"]


def test_tables_without_spans_stay_markdown(tmp_path: Path) -> None:
    made = page(tmp_path, "<table><tr><th>a<th>b<tr><td rowspan=1>1<td>2</table>")
    assert markdown(made, spans="html") == markdown(made) == "| a | b |\n|---|---|\n| 1 | 2 |"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("a *b* &lt;c&gt; [d](e) &amp;amp; f|g", "a *b* <c> [d](e) &amp; f|g"),
        ("<pre>x\n\n  y</pre>", "x\n\n  y"),
        ("<p>a</p>\n\n\n<p>b</p>", "ab"),
        ("<math>a_1 &lt; b</math>", "$a_1 < b$"),
        ("\ufdd0a\ufdd5", "a"),
    ],
)
def test_html_table_shows_its_cells_as_they_are(cell: str, shown: str) -> None:
    """Markdown would read none of it as markup, and no line of it is blank, which would end the table."""
    written = convert(f"<table><tr><td colspan=2>{cell}</td></tr><tr><td>1</td><td>2</td></tr></table>", Spans.HTML)
    assert "\n\n" not in written
    found = parse(written).find("td")
    assert found is not None
    for line_break in found.find_all("br"):
        line_break.replace_with("\n")
    assert "".join(found.get_text().split(" ")) == "".join(shown.split(" "))


@pytest.mark.parametrize(
    "around", ["<ul><li>x<p>{}</p></li></ul>", "<blockquote>{}</blockquote>", "<p block-type='Table'>{}</p>"]
)
def test_html_table_within_other_blocks_is_one_table(around: str) -> None:
    table = "<table><tr><th colspan=2>Wide</th></tr><tr><td>1</td><td>2</td></tr></table>"
    assert texts(show(convert(around.format(table), Spans.HTML))) == [["Wide"], ["1", "2"]]


_MERGED_ONCE = [["Model", "Size", "Score", "", "", "Time (s)", ""], ["", "", "easy", "hard", "all", "train", "test"]]


_MERGED = [
    ["Model", "Size", "Score", "Score", "Score", "Time (s)", "Time (s)"],
    ["Model", "Size", "easy", "hard", "all", "train", "test"],
]


@pytest.mark.parametrize(("options", "head"), [({}, _MERGED), ({"spans": "once"}, _MERGED_ONCE)])
def test_spans_of_pdf_tables(engine: Engine, tmp_path: Path, options: dict[str, str], head: list[list[str]]) -> None:
    shown = convert_pdf(engine, tmp_path, options)
    assert read_pipes(shown)[:2] == head
    assert len(read_pipes(shown)) == 6


def test_pdf_tables_with_spans_as_html(engine: Engine, tmp_path: Path) -> None:
    shown = convert_pdf(engine, tmp_path, {"spans": "html"})
    assert not read_pipes(shown)
    head = parse(shown).find_all("tr")[0].find_all("th")
    assert [(cell.get_text(strip=True), spans_of(cell)) for cell in head] == [
        ("Model", (2, 1)), ("Size", (2, 1)), ("Score", (1, 3)), ("Time (s)", (1, 2)),
    ]  # fmt: skip


def test_joined_parts_show_spans_as_the_whole_does(engine: Engine, tmp_path: Path) -> None:
    """Parts keep HTML; what Markdown shows is decided when they are joined."""
    from weasyprint import HTML

    pages = f"<div style='page-break-after: always'>{TABLES['merged']}</div>" * 2 + TABLES["merged"]
    HTML(string=page_html(pages, "grid")).write_pdf(tmp_path / "made.pdf")
    request = ConversionRequest(
        "made.pdf", str(tmp_path / "made.pdf"), str(tmp_path / "out"), str(tmp_path / "tmp"), ("markdown",),
        {"spans": "once"}, part_pages=2, kept_dir=str(tmp_path / "kept"),
    )  # fmt: skip
    for name in ("out", "tmp", "kept", "parts"):
        (tmp_path / name).mkdir()
    for part in range(2):
        assert engine.convert(replace(request, part=part), lambda _: None).is_part
        (tmp_path / "out").rename(tmp_path / "parts" / name_part(part))
        (tmp_path / "out").mkdir()
    joined = JoinRequest("made.pdf", str(tmp_path / "parts"), request.output_dir, request.scratch_dir, ("markdown",),
                         request.options, 3)  # fmt: skip
    engine.join(joined)
    shown = next((tmp_path / "out").glob("*.md")).read_text("utf-8")
    assert [row for row in read_pipes(shown) if row[0] == "Model"] == [_MERGED_ONCE[0]] * 3


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Draw a table whose cells all have a text of their own and do not overlap."""
    height, width = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    taken: set[tuple[int, int]] = set()
    numbers, rows = count(1), ""
    for row in range(height):
        cells = ""
        for column in range(width):
            if (row, column) in taken:
                continue
            tall, wide = draw(st.integers(1, height - row)), draw(st.integers(1, width - column))
            while any((row, column + x) in taken for x in range(wide)):
                wide -= 1
            taken |= {(row + y, column + x) for y in range(tall) for x in range(wide)}
            cells += f"<td rowspan={tall} colspan={wide}>c{next(numbers)}</td>"
        rows += f"<tr>{cells}</tr>"
    return f"<table>{rows}</table>"


@given(html=tables())
def test_the_three_forms_say_the_same(html: str) -> None:
    """Each text is shown once where it is to be, at the first of the places where it is repeated; HTML has all."""
    repeated, once = (read_pipes(convert(html, spans)) for spans in (Spans.REPEAT, Spans.ONCE))
    seen: set[str] = set()
    for full, sparse in zip(repeated, once, strict=True):
        assert sparse == ["" if text in seen or seen.add(text) else text for text in full]  # type: ignore[func-returns-value]
    as_html = convert(html, Spans.HTML)
    assert texts(as_html) == texts(html) if "|" not in as_html else read_pipes(as_html) == repeated


def convert(html: str, spans: Spans) -> str:
    from markerd.convert.rendering.renderers import MarkdownRenderer

    return str(MarkdownRenderer({"spans": spans.value}).md_cls.convert(html)).strip()


def convert_pdf(engine: Engine, job: Path, options: dict[str, str]) -> str:
    from weasyprint import HTML

    for name in ("out", "tmp"):
        (job / name).mkdir()
    source = job / "made.pdf"
    HTML(string=page_html(TABLES["merged"], "grid")).write_pdf(source)
    request = ConversionRequest("made.pdf", str(source), str(job / "out"), str(job / "tmp"), ("markdown",), options)
    engine.convert(request, lambda _: None)
    return next((job / "out").glob("*.md")).read_text("utf-8")


def read_pipes(shown: str) -> list[list[str]]:
    """Return the cells of the only Markdown table, without the line below its head."""
    rows = [line.strip("|").split("|") for line in shown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if set("".join(row)) != {"-"}]


def show(shown: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(shown))


def parse(shown: str) -> Tag:
    """Return the only table of the page that the Markdown is shown as."""
    (table,) = BeautifulSoup(show(shown), "html.parser").find_all("table")
    return table


def texts(html: str) -> list[list[str]]:
    rows: Iterator[Tag] = iter(BeautifulSoup(html, "html.parser").find_all("tr"))
    return [[cell.get_text(strip=True) for cell in row.find_all(["td", "th"])] for row in rows]


def spans_of(cell: Tag) -> tuple[int, int]:
    return int(str(cell.get("rowspan", "1"))), int(str(cell.get("colspan", "1")))
