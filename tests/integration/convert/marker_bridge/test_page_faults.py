"""A fault in code costs the page on which it is met its structure: neither its text, nor the document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents import drawing_pdf, letter_scan_pdf, page_of, pdf_bytes
from engine_scene import EngineScene, markdown
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.errors import DocumentError

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PAGES = [page_of(f"{word} comes first on this page.") for word in ("Anna", "Berta", "Clara")]
BROKEN = 1
"""The page, from 0, on which each fault is met."""
Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def scene(engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> EngineScene:
    """The models, loaded once."""
    return EngineScene(engine, events)


def _raise(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("a rule divided by the height of nothing")


def break_layout(patch: pytest.MonkeyPatch) -> None:
    """A rule of ours for the layout."""
    from markerd.convert.embedded import page_assembly
    from markerd.convert.embedded.marker_hooks import layout_builder

    own = page_assembly.assemble_page
    patch.setattr(
        layout_builder, "assemble_page", lambda page, *a: _raise() if page.page_id == BROKEN else own(page, *a)
    )


def break_text_layer(patch: pytest.MonkeyPatch) -> None:
    """Our reading of the text layer."""
    from markerd.convert.embedded.marker_hooks import layout_builder

    own = layout_builder._read_layer
    patch.setattr(
        layout_builder, "_read_layer", lambda page, **k: _raise() if page.page_id == BROKEN else own(page, **k)
    )


def break_provider(patch: pytest.MonkeyPatch) -> None:
    """What reads the PDF for Marker."""
    from marker.providers import pdf

    own = pdf.dictionary_output
    patch.setattr(pdf, "dictionary_output", lambda path, **k: _raise() if BROKEN in k["page_range"] else own(path, **k))


def _break_where_page_is_laid_out(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Fail in a function of Marker's that gets the document where the page in it was read by Marker."""
    own = getattr(owner, name)

    def broken(self: Any, document: Any, *arguments: Any, **options: Any) -> Any:
        page = document.get_page(BROKEN)
        if page is not None and any(page.get_block(block_id).structure for block_id in page.structure):
            _raise()
        return own(self, document, *arguments, **options)

    patch.setattr(owner, name, broken)


def break_builder(patch: pytest.MonkeyPatch) -> None:
    """A builder of Marker's."""
    from marker.builders.line import LineBuilder

    _break_where_page_is_laid_out(patch, LineBuilder, "order_blocks_by_reading_order")


def break_processor(patch: pytest.MonkeyPatch) -> None:
    """A processor of Marker's."""
    from marker.processors.text import TextProcessor

    _break_where_page_is_laid_out(patch, TextProcessor, "__call__")


def break_renderer(patch: pytest.MonkeyPatch) -> None:
    """A renderer."""
    from markerd.convert.rendering.renderers import MarkdownRenderer

    _break_where_page_is_laid_out(patch, MarkdownRenderer, "__call__")


ALL = [break_layout, break_text_layer, break_provider, break_builder, break_processor, break_renderer]


@pytest.mark.parametrize("break_stage", ALL)
def test_fault_on_one_page_costs_that_page_its_structure_alone(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch, break_stage: Break
) -> None:
    """All words are there, in order, and the page is named with the fault's place."""
    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    break_stage(monkeypatch)
    result = scene.convert(request)
    text = markdown(request)
    assert text.index("Anna") < text.index("Berta") < text.index("Clara")
    assert text.count("The quick brown fox") == 18
    [page] = result.quality.degraded_pages
    assert (page.page, page.reader) == (BROKEN + 1, "liteparse")
    [said] = scene.said("document.page_degraded")
    assert said["document"] == "document.pdf"
    assert said["where"].startswith(("markerd.convert.", "test_page_faults:"))
    assert result.quality.worst_coverage == 1.0


@pytest.mark.parametrize("break_stage", [break_layout, break_processor])
def test_document_of_one_page_survives_its_fault(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch, break_stage: Break
) -> None:
    """There is no other page for Marker to convert."""
    monkeypatch.setitem(globals(), "BROKEN", 0)
    request = scene.request(tmp_path, pdf_bytes(PAGES[0]))
    break_stage(monkeypatch)
    result = scene.convert(request)
    assert "Anna comes first" in markdown(request)
    assert [page.page for page in result.quality.degraded_pages] == [1]


def test_page_is_read_from_its_text_layer_where_the_independent_reader_fails_too(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plainest reader is the last."""
    from markerd.convert.embedded.readers.liteparse_reader import LiteparseReader

    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    break_layout(monkeypatch)
    monkeypatch.setattr(LiteparseReader, "read_blocks", _raise)
    result = scene.convert(request)
    assert [page.reader for page in result.quality.degraded_pages] == ["text layer"]
    assert markdown(request).count("The quick brown fox") == 18


def test_fault_that_comes_with_all_pages_together_costs_them_their_structure(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page alone is fine, so none of them is to blame."""
    from markerd.convert.embedded.layout import running_headers
    from markerd.convert.embedded.marker_hooks import layout_builder

    own = running_headers.find_running_heads
    monkeypatch.setattr(layout_builder, "find_running_heads", lambda pages: _raise() if len(pages) > 1 else own(pages))
    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    result = scene.convert(request)
    assert [page.page for page in result.quality.degraded_pages] == [1, 2, 3]
    assert markdown(request).count("The quick brown fox") == 18


def test_fault_in_all_readers_is_a_dead_letter_that_can_be_reported(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says in words what could not be done, and keeps the exception and its place apart."""
    from markerd.convert.marker_bridge.self_check import SelfCheck

    monkeypatch.setattr(SelfCheck, "run", _raise)
    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    with pytest.raises(DocumentError) as caught:
        scene.convert(request)
    assert "pages that could not be converted" in str(caught.value)
    assert "ZeroDivisionError" not in str(caught.value)
    assert caught.value.is_fault
    assert caught.value.details["exception"] == "ZeroDivisionError: a rule divided by the height of nothing"
    assert caught.value.details["where"]
    assert caught.value.details["versions"]["marker-pdf"]


def test_page_whose_lines_a_rule_lost_is_read_again(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No exception, but most of the text is not there: the check sees it."""
    from markerd.convert.embedded.marker_hooks import layout_builder

    own = layout_builder._rebuild_structure

    def losing(page: Any, placed: Any, layer: Any) -> Any:
        blocks = own(page, placed, layer)
        if page.page_id == BROKEN:
            for block in blocks:
                block.html = "<p>nothing</p>"
        return blocks

    monkeypatch.setattr(layout_builder, "_rebuild_structure", losing)
    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    result = scene.convert(request)
    [page] = result.quality.degraded_pages
    assert (page.page, page.where) == (BROKEN + 1, "")
    assert markdown(request).count("The quick brown fox") == 18
    assert result.quality.worst_coverage == 1.0


def test_text_that_no_reader_finds_is_said(tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published without some of its words says on which pages."""
    from markerd.convert.embedded.readers.text_layer import TextLayer

    own = TextLayer.read_text
    lost = " ".join(f"lost{chr(97 + i)}word" for i in range(26)) * 20
    monkeypatch.setattr(TextLayer, "read_text", lambda self, n: own(self, n) + (lost if n == BROKEN else ""))
    monkeypatch.setattr(TextLayer, "read_shown_text", lambda self, n: own(self, n) + (lost if n == BROKEN else ""))
    monkeypatch.setattr(TextLayer, "read_blocks", lambda self, n: [])
    request = scene.request(tmp_path, pdf_bytes(*PAGES))
    result = scene.convert(request)
    assert result.quality.missing_pages == (BROKEN + 1,)
    [said] = scene.said("document.text_missing")
    assert said["missing_pages"] == [str(BROKEN + 1)]


def test_parts_know_their_faults_when_they_are_joined(
    tmp_path: Path, scene: EngineScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A big document's quality is that of all its parts, pages counted from its beginning."""
    request = scene.request(tmp_path, pdf_bytes(*PAGES, *PAGES), part_pages=3)
    parts = tmp_path / "job" / "parts"
    break_processor(monkeypatch)
    for part in range(2):
        output = parts / str(part)
        output.mkdir(parents=True)
        one = ConversionRequest(**{**vars(request), "part": part, "output_dir": str(output)})
        assert scene.convert(one).is_part
    joined = scene.join(
        JoinRequest(
            document="document.pdf",
            parts_dir=str(parts),
            output_dir=request.output_dir,
            scratch_dir=request.scratch_dir,
            formats=request.formats,
            options={},
            pages=6,
        )
    )
    assert [page.page for page in joined.quality.degraded_pages] == [BROKEN + 1]
    assert joined.quality.coverage == 1.0
    assert markdown(request).count("The quick brown fox") == 36
    assert json.loads((Path(request.output_dir) / "document-json.json").read_text(encoding="utf-8"))["children"]


def test_scan_that_says_nothing_is_said(tmp_path: Path, scene: EngineScene) -> None:
    """A page that is not blank and gives no text by OCR is named."""
    request = scene.request(tmp_path, drawing_pdf())
    result = scene.convert(request)
    assert result.quality.unread_pages == (1,)
    assert scene.said("document.text_missing")[0]["missing_pages"] == ["1"]


def test_head_of_a_scanned_letter_is_content(tmp_path: Path, scene: EngineScene) -> None:
    """It stands once, whatever the layout model takes it for."""
    request = scene.request(tmp_path, letter_scan_pdf())
    scene.convert(request)
    assert "Mill Lane" in markdown(request)
