"""What every converter keeps: the fake that the core's tests use, and the real ones.

The inline converter runs in a process of its own: importing Marker warns of what is not ours, and warnings are errors.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import page_of, pdf_bytes
from fakes import FakeConverter, RecordingLog
from harness import wait_until
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConversionResult, Converter, ConverterSpec
from markerd.errors import DocumentError
from remote_inline import RemoteInline

FORMATS = ("markdown", "json", "html", "chunks")


@pytest.fixture(
    scope="module",
    params=[
        "fake",
        pytest.param("process", marks=pytest.mark.models),
        pytest.param("inline", marks=pytest.mark.models),
    ],
)
def converter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converter]:
    made: Converter
    if request.param == "fake":
        made = FakeConverter()
    elif request.param == "process":
        settings = ProcessSettings(ConverterSpec(), 120.0, 30.0, tmp_path_factory.mktemp("working"))
        made = ProcessConverter(settings, RecordingLog(), tick=lambda: None)
    else:
        made = RemoteInline(tmp_path_factory.mktemp("remote"))
    yield made
    made.stop()
    if isinstance(made, RemoteInline):
        made.end()


def request_for(root: Path, content: bytes, formats: tuple[str, ...] = FORMATS) -> ConversionRequest:
    """A job's folders with the document in them."""
    source, output, scratch = root / "document.pdf", root / "out", root / "tmp"
    source.write_bytes(content)
    output.mkdir()
    scratch.mkdir()
    return ConversionRequest("a\udcff.pdf", str(source), str(output), str(scratch), formats)


def convert(converter: Converter, root: Path, content: bytes) -> tuple[ConversionResult, list[int]]:
    pages: list[int] = []
    return converter.convert(request_for(root, content), on_pages=pages.append), pages


def test_second_start_changes_nothing(converter: Converter) -> None:
    """The models load once, and what the converter runs on stays the same."""
    first = converter.start()
    assert converter.start() == first
    assert first.model_set == "embedded"
    assert "marker-pdf" in first.versions


def test_all_formats_come_from_one_conversion(converter: Converter, tmp_path: Path) -> None:
    """Every artifact is a file in the output folder; pages are told on the way; nothing is left in the temp folder."""
    result, pages = convert(converter, tmp_path, pdf_bytes(page_of("Heading of the page")))
    written = {artifact.role: tmp_path / "out" / artifact.file_name for artifact in result.artifacts}
    assert written.keys() == {*FORMATS, "meta"}
    assert all(file.is_file() for file in written.values())
    assert b"Heading of the page" in written["markdown"].read_bytes()
    assert (result.pages, pages[-1:], result.images) == (1, [1], 0)
    assert os.listdir(tmp_path / "tmp") == []


def test_file_that_is_no_document_is_refused_permanently(converter: Converter, tmp_path: Path) -> None:
    """The failure is permanent, and the converter goes on."""
    (tmp_path / "again").mkdir()
    with pytest.raises(DocumentError) as caught:
        convert(converter, tmp_path, b"this is no PDF at all")
    assert (caught.value.kind, caught.value.is_permanent) == ("unreadable", True)
    result, _ = convert(converter, tmp_path / "again", pdf_bytes(page_of("still there")))
    assert result.pages == 1


def test_cleanup_returns_its_report(converter: Converter) -> None:
    """The report is for the point that was asked for, and no semaphore and no child is left."""
    converter.start()
    report = converter.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    assert report is not None
    assert (report.point, report.after.semaphores, report.after.children) == (CleanupPoint.BETWEEN_DOCUMENTS, 0, 0)


def test_state_describes_the_converter(converter: Converter, tmp_path: Path) -> None:
    """It has process, memory, documents since the start, semaphores at the last cleanup, and model set."""
    converter.start()
    before = converter.state()
    convert(converter, tmp_path, pdf_bytes(page_of("one more")))
    converter.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    after = converter.state()
    assert after.documents == before.documents + 1
    assert (after.pid, after.model_set, after.semaphores) == (before.pid, "embedded", 0)
    assert after.rss_bytes is not None
    assert after.rss_bytes > 0


def test_options_are_checked_by_name(converter: Converter) -> None:
    """Unknown options are refused with a hint, and those that markerd fixes are refused as fixed."""
    problems = converter.check_options({"page_rang": "0", "pdftext_workers": 4, "page_range": "0"})
    assert sorted(problem.split(":")[0] for problem in problems) == ["page_rang", "pdftext_workers"]
    assert any("did you mean page_range?" in problem for problem in problems)
    assert any("fixed by markerd" in problem for problem in problems)
    assert converter.check_options({}) == []


def test_replaced_converter_goes_on_converting(converter: Converter, tmp_path: Path) -> None:
    """It converts at once, in whichever process there is, and afterwards."""
    converter.recycle("the test wants it")
    result, _ = convert(converter, tmp_path, pdf_bytes(page_of("after the change")))
    assert result.pages == 1

    def is_replaced() -> bool:
        converter.tend()
        return not converter.state().is_retiring

    wait_until(is_replaced, 60, "the replacement")
    (tmp_path / "again").mkdir()
    result, _ = convert(converter, tmp_path / "again", pdf_bytes(page_of("with the new one")))
    assert result.pages == 1


def test_second_stop_changes_nothing(converter: Converter) -> None:
    """A second stop raises no error."""
    converter.stop()
    converter.stop()
    assert converter.state().model_set == "embedded"
