"""Made tables through the real engine: their cells are in the output, and pages without a table show none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from fidelity_measures import Shown, found_share
from made_tables import TABLES, known_cells, page_html, page_without
from markerd.convert.embedded.tables.table_choice import DRAWN, MODEL
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConverterSpec
from markerd.convert.sandbox import environment
from table_relations import read_html, read_markdown, score_tables
from wrapped_tables import make_single, make_wrapped

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    before = dict(os.environ)
    environment.apply_environment(1)
    loaded = Engine(lambda *_, **__: None, ConverterSpec(threads=2))
    loaded.load()
    yield loaded
    os.environ.clear()
    os.environ.update(before)


def convert(engine: Engine, html: str, job: Path, extension: str = "md") -> str:
    """Convert a page of HTML, drawn as a PDF, to Markdown or to the format with that extension."""
    from weasyprint import HTML

    for name in ("out", "tmp"):
        (job / name).mkdir(parents=True)
    source = job / "made.pdf"
    HTML(string=html).write_pdf(source)
    request = ConversionRequest(source.name, str(source), str(job / "out"), str(job / "tmp"), ("markdown", "html"))
    engine.convert(request, lambda *_: None)
    return next((job / "out").glob(f"*.{extension}")).read_text("utf-8")


@pytest.mark.parametrize(
    ("style", "table"),
    [
        ("booktabs", "merged"), ("bare", "merged"), ("zebra", "plain"), ("lines", "texts"), ("open grid", "finance"),
        ("grid", "rows"), ("bare", "sparse"), ("bare", "pairs"),
    ],
)  # fmt: skip
def test_cells_are_in_the_output(engine: Engine, tmp_path: Path, style: str, table: str) -> None:
    """Whatever the rules, each cell has its text, once for each row and column that it spans."""
    shown = Shown(convert(engine, page_html(TABLES[table], style), tmp_path)).cells
    wanted = known_cells(TABLES[table])
    assert found_share(wanted, shown, 90) == 1.0
    assert found_share(shown, wanted, 90) == 1.0


@pytest.mark.parametrize("name", ["two columns", "contents", "listing", "letter", "references"])
def test_pages_without_a_table_show_none(engine: Engine, tmp_path: Path, name: str) -> None:
    """They have columns of running text, of addresses, of code and its comments, or entries with their pages."""
    assert Shown(convert(engine, page_without(name), tmp_path)).cells == []


@pytest.mark.parametrize("extension", ["pdf", "png"])
def test_readers_of_tables_are_named(engine: Engine, tmp_path: Path, extension: str) -> None:
    """The result says who read each table, of a digital page and of a scan; the output says nothing of it."""
    source = tmp_path / f"made.{extension}"
    write_page(page_html(TABLES["merged"], "grid"), source)
    for name in ("out", "tmp"):
        (tmp_path / name).mkdir()
    request = ConversionRequest(source.name, str(source), str(tmp_path / "out"), str(tmp_path / "tmp"), ("html",))
    result = engine.convert(request, lambda *_: None)
    assert [table.page for table in result.quality.tables] == [1]
    assert result.quality.tables[0].reader in {DRAWN, MODEL}
    assert "data-reader" not in next((tmp_path / "out").glob("*.html")).read_text("utf-8")


def write_page(html: str, target: Path) -> None:
    """Write a page as a PDF, or as a picture of it."""
    from pypdfium2 import PdfDocument
    from weasyprint import HTML

    pdf = HTML(string=html).write_pdf()
    if target.suffix == ".pdf":
        target.write_bytes(pdf)
    else:
        PdfDocument(pdf)[0].render(scale=2).to_pil().save(target)


def test_html_shows_spans(engine: Engine, tmp_path: Path) -> None:
    """Each cell is there once, with its numbers of rows and columns."""
    page = BeautifulSoup(convert(engine, page_html(TABLES["merged"], "booktabs"), tmp_path, "html"), "html.parser")
    spans = [
        (cell.get_text(strip=True), cell.get("colspan"), cell.get("rowspan")) for cell in page.select("tr")[0]("th")
    ]
    assert spans == [("Model", None, "2"), ("Size", None, "2"), ("Score", "3", None), ("Time (s)", "2", None)]


@pytest.mark.parametrize(
    "name",
    [
        "bands/top/labels", "bands/middle/texts", "bands/bottom/labels", "bands over every second row/middle/german",
        "shaded cells apart/bottom/german", "white/bottom/texts", "little white/middle/labels", "nothing/top/labels",
        "nothing/middle/german", "nothing/bottom/labels",
    ],
)  # fmt: skip
def test_lines_of_a_cell_are_in_one_row(engine: Engine, tmp_path: Path, name: str) -> None:
    """Shades, white or only the numbers beside a line of each label tell the rows apart."""
    table, html = make_wrapped()[name]
    assert score_tables(read_html(table), read_markdown(convert(engine, html, tmp_path))).f1 == 1.0


@pytest.mark.parametrize("name", ["zebra/groups", "bands of three/parts", "white after three/names", "dense/parts"])
def test_lines_with_their_own_numbers_are_rows(engine: Engine, tmp_path: Path, name: str) -> None:
    """Shades and white may part groups of rows."""
    table, html = make_single()[f"each line a row/{name}"]
    assert score_tables(read_html(table), read_markdown(convert(engine, html, tmp_path))).f1 == 1.0
