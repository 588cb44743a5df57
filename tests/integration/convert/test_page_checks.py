"""What is known of how each page was read: the facts that `--explain` shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import documents
from mails import build_request, convert
from markerd.convert.engine import Engine
from markerd.convert.protocol import PageCheck

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings
NO_LAYER = "the page has no usable text layer"


def check(engine: Engine, folder: Path, content: bytes, **options: Any) -> tuple[PageCheck, ...]:
    return convert(engine, build_request(folder, "a.pdf", content, **options))[0].quality.pages


def test_text_layer_is_laid_out_by_model_and_rules(tmp_path: Path, engine: Engine) -> None:
    """Its words are counted, and OCR is not asked."""
    (page,) = check(engine, tmp_path / "job", documents.letter_pdf("A letter to be read"))
    assert (page.page, page.layout, page.text, page.text_reason) == (1, "model and rules", "text layer", "")
    assert page.coverage == 1.0
    assert page.words > 10


def test_scan_is_read_by_ocr(tmp_path: Path, engine: Engine) -> None:
    """There are no words to compare with."""
    content = documents.scan_pdf(tmp_path / "scan.pdf", "Read me by optical means").read_bytes()
    (page,) = check(engine, tmp_path / "job", content)
    assert (page.layout, page.text, page.text_reason, page.coverage) == ("model", "OCR", NO_LAYER, None)


def test_options_are_the_reason_where_they_decide(tmp_path: Path, engine: Engine) -> None:
    """OCR that is forced, and a layout that is."""
    content = documents.letter_pdf("A letter to be read")
    (ocr,) = check(engine, tmp_path / "ocr", content, force_ocr=True)
    (layout,) = check(engine, tmp_path / "layout", content, force_layout_block="Text")
    assert (ocr.text, ocr.text_reason) == ("OCR", "force_ocr asks for it")
    assert layout.layout == "forced"


def test_garbled_text_layer_is_named(tmp_path: Path, engine: Engine) -> None:
    """A page whose letters make no words is read by OCR, and says so."""
    content = documents.pdf_bytes("\n".join(["zqxwvkjhf qqzxvwkkj zzqwqxvkj hfqbcdfg ghjklmnp"] * 12))
    (page,) = check(engine, tmp_path / "job", content)
    assert (page.text, page.text_reason) == ("OCR", "its text layer is garbled")


def test_parts_and_page_ranges_keep_the_numbers_of_the_pages(tmp_path: Path, engine: Engine) -> None:
    """Those of the document, as in its file."""
    content = documents.pdf_bytes(*[documents.page_of(f"Page {number}", lines=8) for number in range(6)])
    pages = check(engine, tmp_path / "range", content, page_range="2-3")
    assert [page.page for page in pages] == [3, 4]
    request = replace(build_request(tmp_path / "part", "a.pdf", content), part_pages=5, kept_dir=str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    part = engine.convert(request, lambda _: None)
    assert part.is_part
    assert [page.page for page in part.quality.pages] == [1, 2, 3]


def test_office_documents_have_no_pages_to_explain(tmp_path: Path, engine: Engine) -> None:
    """They are read from their structure."""
    content = documents.docx(tmp_path / "a.docx", "Heading", "Paragraph").read_bytes()
    result, _ = convert(engine, build_request(tmp_path / "job", "a.docx", content))
    assert result.quality.pages == ()
