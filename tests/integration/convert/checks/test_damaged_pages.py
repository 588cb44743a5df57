"""A PDF with pages that PDFium cannot load: the others come out, and what is missing is said in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from documents import page_of, pdf_bytes
from markerd.convert.checks.damaged_pages import find_damaged_pages, replace_with_notes
from markerd.convert.engine import Engine
from markerd.convert.marker_bridge.page_ranges import name_pages
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.errors import DocumentError

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

NAMES = ("alpha", "bravo", "charlie", "delta")
DAMAGES: dict[str, Callable[[bytes, int], bytes]] = {
    "no dictionary": lambda pdf, page: _with_object(pdf, page, b"null"),
    "rubbish": lambda pdf, page: _with_object(pdf, page, b"\xff\xfe\xfd"),
    "its content in its stead": lambda pdf, page: pdf.replace(b" %d 0 R" % (4 + 2 * page), b" %d 0 R" % (5 + 2 * page)),
}
Events = list[tuple[str, dict[str, Any]]]


def _with_object(pdf: bytes, page: int, body: bytes) -> bytes:
    """Another page object, of the same length."""
    start = pdf.index(b"\n%d 0 obj\n" % (4 + 2 * page)) + len(b"\nN 0 obj\n") + (4 + 2 * page > 9)
    end = pdf.index(b"\nendobj", start)
    return pdf[:start] + body.ljust(end - start) + pdf[end:]


def damaged(path: Path, *pages: int, how: str = "no dictionary") -> Path:
    pdf = pdf_bytes(*(page_of(name) for name in NAMES))
    for page in pages:
        pdf = DAMAGES[how](pdf, page)
    path.write_bytes(pdf)
    return path


@pytest.fixture
def job(tmp_path: Path) -> Path:
    for name in ("out", "tmp", "kept", "parts"):
        (tmp_path / name).mkdir()
    return tmp_path


def request(source: Path, job: Path, **options: Any) -> ConversionRequest:
    return ConversionRequest(source.name, str(source), str(job / "out"), str(job / "tmp"), ("markdown",), **options)


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_page_leaves_the_others(engine: Engine, events: Events, job: Path, how: str) -> None:
    """In order, with a note where one is missing, and an event that names it."""
    source = damaged(job / "letters.pdf", 1, how=how)
    events.clear()
    result = engine.convert(request(source, job), lambda _: None)
    text = next((job / "out").glob("*.md")).read_text("utf-8")
    said = ["alpha", "Page 2 is damaged and could not be read.", "charlie", "delta"]
    assert [text.index(words) for words in said] == sorted(text.index(words) for words in said)
    assert "bravo" not in text
    assert result.pages == len(NAMES)
    missing = [fields for event, fields in events if event == "warning document.pages_missing"]
    assert missing == [{"document": "letters.pdf", "missing_pages": ["2"]}]


def test_damaged_page_of_a_document_in_parts_leaves_the_others(engine: Engine, events: Events, job: Path) -> None:
    """It is checked once: the later parts find what the first made."""
    source = damaged(job / "letters.pdf", 3)
    events.clear()
    for part in range(2):
        made = job / "parts" / str(part)
        made.mkdir()
        wanted = request(source, job, part_pages=2, part=part, kept_dir=str(job / "kept"))
        engine.convert(ConversionRequest(**{**vars(wanted), "output_dir": str(made)}), lambda _: None)
    engine.join(JoinRequest("a", str(job / "parts"), str(job / "out"), str(job / "tmp"), ("markdown",), {}, 4))
    text = next((job / "out").glob("*.md")).read_text("utf-8")
    assert "charlie" in text
    assert "Page 4 is damaged and could not be read." in text
    assert [event for event, _ in events].count("warning document.pages_missing") == 1


def test_document_without_readable_page_is_refused(engine: Engine, job: Path) -> None:
    """It is permanent: the document stays a dead letter."""
    source = damaged(job / "letters.pdf", 0, 1, 2, 3)
    with pytest.raises(DocumentError, match="no page of the PDF can be read") as refused:
        engine.convert(request(source, job), lambda _: None)
    assert (refused.value.kind, refused.value.is_permanent) == ("unreadable", True)


def test_undamaged_document_is_not_copied(tmp_path: Path) -> None:
    assert find_damaged_pages(damaged(tmp_path / "whole.pdf")) == ()


def test_copy_has_all_pages_in_their_places(tmp_path: Path) -> None:
    """Each with its text, and in its place."""
    copy = replace_with_notes(damaged(tmp_path / "letters.pdf", 0), (0,), tmp_path / "copy.pdf")
    with pypdfium2.PdfDocument(copy) as pdf:
        texts = [page.get_textpage().get_text_bounded() for page in pdf]
    assert [text.split()[0] for text in texts] == ["Page", "bravo", "charlie", "delta"]


def test_pages_are_named_from_one_with_ranges() -> None:
    """From 1; what follows each other in one."""
    assert name_pages((1, 4, 5, 6, 9)) == ["2", "5-7", "10"]
