"""The converters for tables alone and for OCR alone, through the real engine with the embedded models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import documents
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult, JoinRequest
from markerd.errors import DocumentError
from placed_pages import Page, Text, grid, placed_pdf
from scanning import scan

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

BEFORE = (
    "A paragraph of the first page",
    "Fruit was counted in the morning",
    "Nothing to report",
    "Once more the baskets came in late, says the clerk",
    "Holiday",
    "The year ends with what is listed here",
)
"""All different: what stands on top of several pages alike is a running head."""
ALL = ("markdown", "html", "json", "chunks")


def page_with_table(number: int) -> Page:
    """A paragraph, a ruled table of three rows and three columns, and a paragraph."""
    rows = [("Item", "Count", "Price"), (f"Apples{number}", "12", "3.50"), (f"Pears{number}", "7", "2.25")]
    words = [
        Text(80 + 130 * column, 660 - 24 * row, word)
        for row, cells in enumerate(rows)
        for column, word in enumerate(cells)
    ]
    around = [Text(72, 740, f"{BEFORE[number]}."), Text(72, 540, f"After it: {BEFORE[-number]}.")]
    return [*around, *words, *grid(72, 676, (130, 130, 130), (24, 24, 24))]


def page_of_text(number: int) -> Page:
    lines = [f"{BEFORE[number]}.", *(f"Page {number} has line {line} and no table at all." for line in range(8))]
    return [Text(72, 740 - 16 * line, text) for line, text in enumerate(lines)]


class Job:
    """One document below a folder, converted whole or in parts."""

    def __init__(self, engine: Engine, root: Path, name: str, content: bytes) -> None:
        self._engine, self._root = engine, root
        (root / name).write_bytes(content)
        self.source = root / name

    def convert(self, kind: str, formats: tuple[str, ...], **options: Any) -> ConversionResult:
        return self._engine.convert(self._request(kind, formats, options), lambda _: None)

    def convert_in_parts(self, kind: str, formats: tuple[str, ...], part_pages: int, parts: int) -> ConversionResult:
        for part in range(parts):
            request = self._request(kind, formats, {}, kept="kept")
            result = self._engine.convert(replace(request, part_pages=part_pages, part=part), lambda _: None)
            assert result.is_part
            shutil.copytree(self._root / "out", self._root / "parts" / f"{part:04}")
        request = self._request(kind, formats, {})
        folders = (str(self._root / "parts"), request.output_dir, request.scratch_dir)
        return self._engine.join(JoinRequest("x", *folders, formats, request.options, result.pages))

    def read(self, name: str) -> str:
        return (self._root / "out" / name).read_text("utf-8")

    def _request(
        self, kind: str, formats: tuple[str, ...], options: Mapping[str, Any], kept: str = ""
    ) -> ConversionRequest:
        for name in ("out", "scratch"):
            shutil.rmtree(self._root / name, ignore_errors=True)
            (self._root / name).mkdir()
        if kept:
            (self._root / kept).mkdir(exist_ok=True)
        folders = (str(self.source), str(self._root / "out"), str(self._root / "scratch"))
        kept_dir = str(self._root / kept) if kept else ""
        return ConversionRequest("x", *folders, formats, {"converter": kind, **options}, kept_dir=kept_dir)


@pytest.mark.parametrize("is_scan", [False, True])
def test_table_converter_keeps_tables_alone(engine: Engine, tmp_path: Path, is_scan: bool) -> None:
    """The cells of each table are in every format, and the text around them is in none."""
    pdf = placed_pdf(page_with_table(1), page_of_text(2), page_with_table(3))
    job = Job(engine, tmp_path, "pages.pdf", scan(pdf, "tables") if is_scan else pdf)
    result = job.convert("table", ALL)
    assert result.pages == 3
    names = ("document-markdown.md", "document-html.html", "document-json.json", "document-chunks.json")
    for text in map(job.read, names):
        assert [word for word in ("Apples1", "Pears3", "3.50") if word not in text] == []
        assert [word for word in ("counted", "After it", "no table") if word in text] == []
    assert job.read("document-markdown.md").count("| Apples") == 2
    blocks = [block["block_type"] for block in json.loads(job.read("document-chunks.json"))["blocks"]]
    assert blocks == ["Table", "Table"]


def test_table_converter_takes_ranges_and_checks_pages(engine: Engine, tmp_path: Path) -> None:
    """Only the pages of the range are read, and the check compares the whole page with its text layer."""
    pdf = placed_pdf(page_with_table(1), page_of_text(2), page_with_table(3))
    job = Job(engine, tmp_path, "pages.pdf", pdf)
    result = job.convert("table", ("markdown",), page_range="1-2")
    assert "Pears3" in job.read("document-markdown.md")
    assert "Apples1" not in job.read("document-markdown.md")
    assert result.quality.coverage is not None
    assert result.quality.coverage > 0.95
    assert [table.page for table in result.quality.tables] == [3]


def test_document_without_tables_is_empty_and_no_error(engine: Engine, tmp_path: Path) -> None:
    """Its pages were read: that they have no table is the answer."""
    job = Job(engine, tmp_path, "pages.pdf", placed_pdf(page_of_text(1)))
    result = job.convert("table", ("markdown", "json"))
    assert result.pages == 1
    assert job.read("document-markdown.md").strip() == ""
    assert result.quality.missing_pages == ()


@pytest.mark.parametrize(("kind", "formats"), [("table", ALL), ("ocr", ("json",))])
def test_parts_equal_the_whole(engine: Engine, tmp_path: Path, kind: str, formats: tuple[str, ...]) -> None:
    """A big document that is converted in parts comes out as it does at once."""
    pages = [page_with_table(number) if number % 2 else page_of_text(number) for number in range(6)]
    job = Job(engine, tmp_path, "pages.pdf", placed_pdf(*pages))
    whole = job.convert(kind, formats)
    expected = {artifact.file_name: job.read(artifact.file_name) for artifact in whole.artifacts}
    joined = job.convert_in_parts(kind, formats, part_pages=3, parts=2)
    assert joined.artifacts == whole.artifacts
    assert {artifact.file_name: job.read(artifact.file_name) for artifact in joined.artifacts} == expected
    assert (joined.quality.coverage is None) == (whole.quality.coverage is None)


def test_ocr_converter_reads_a_text_layer_by_ocr(engine: Engine, tmp_path: Path) -> None:
    """Each page has blocks with what was read and where, whatever its text layer says."""
    pdf = placed_pdf(page_of_text(1), page_of_text(2))
    job = Job(engine, tmp_path, "pages.pdf", pdf)
    result = job.convert("ocr", ("json",), page_range="1")
    assert result.pages == 1
    document = json.loads(job.read("document-json.json"))
    assert document["block_type"] == "Document"
    (page,) = document["children"]
    assert page["block_type"] == "Page"
    text = " ".join(block["html"] for block in page["children"])
    assert "no table at all" in text
    assert "Page 2" in text
    left, top, right, bottom = page["bbox"]
    for block in page["children"]:
        assert left <= block["bbox"][0] < block["bbox"][2] <= right
        assert top <= block["bbox"][1] < block["bbox"][3] <= bottom
    assert json.loads(job.read("document_meta.json"))["page_stats"][0]["text_extraction_method"] == "surya"


def test_ocr_converter_reads_pictures(engine: Engine, tmp_path: Path) -> None:
    """A picture is one page."""
    picture = documents.scan_png(tmp_path / "drawn.png", "Read by sight")
    job = Job(engine, tmp_path, "picture.png", picture.read_bytes())
    job.convert("ocr", ("json",))
    (page,) = json.loads(job.read("document-json.json"))["children"]
    assert "Read by sight" in " ".join(block["html"] for block in page["children"])


@pytest.mark.parametrize("kind", ["table", "ocr"])
@pytest.mark.parametrize("ending", ["docx", "html", "eml"])
def test_office_documents_are_refused(engine: Engine, tmp_path: Path, kind: str, ending: str) -> None:
    """They have no such converter: the message says what it reads."""
    content = {
        "docx": documents.docx(tmp_path / "written.docx", "Heading", "Paragraph").read_bytes(),
        "html": documents.html_bytes("Heading", "Paragraph"),
        "eml": b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Heading\r\nMIME-Version: 1.0\r\n\r\nParagraph\r\n",
    }
    job = Job(engine, tmp_path, f"letter.{ending}", content[ending])
    with pytest.raises(DocumentError, match=rf'converter = "{kind}" reads PDFs and pictures, not \.{ending}') as caught:
        job.convert(kind, ("json",))
    assert (caught.value.kind, caught.value.is_permanent) == ("not_for_converter", True)
