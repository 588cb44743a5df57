"""A document converted in parts comes to what it comes to at once."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import documents
from fakes import RecordingLog
from markerd.convert.marker_bridge.page_ranges import count_parts
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterSpec, JoinRequest
from markerd.pipeline.part_store import Parts

pytestmark = pytest.mark.models
FORMATS = ("markdown", "json", "html", "chunks")
CHUNK = 4


@pytest.fixture(scope="module")
def converter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessConverter]:
    settings = ProcessSettings(ConverterSpec(), 300.0, 30.0, tmp_path_factory.mktemp("working"))
    made = ProcessConverter(settings, RecordingLog(), tick=lambda: None)
    yield made
    made.stop()


def at_once(converter: ProcessConverter, request: ConversionRequest) -> ConversionResult:
    renew(request)
    return converter.convert(replace(request, part_pages=0, kept_dir=""), on_pages=lambda _: None)


def in_parts(converter: ProcessConverter, request: ConversionRequest) -> ConversionResult:
    job = Path(request.output_dir).parent
    parts = Parts(job, {}, request.part_pages)
    while parts.pages is None or parts.missing:
        renew(request)
        parts.link_kept(Path(request.kept_dir))
        number = 0 if parts.pages is None else parts.missing[0]
        result = converter.convert(replace(request, part=number), on_pages=lambda _: None)
        assert result.is_part
        parts.add(number, result.pages, Path(request.output_dir), Path(request.kept_dir))
    renew(request)
    parts.link_all(job / "joined")
    return converter.join(
        JoinRequest(
            request.document, str(job / "joined"), request.output_dir, request.scratch_dir, request.formats,
            request.options, parts.pages,
        )
    )  # fmt: skip


def renew(request: ConversionRequest) -> None:
    """Empty folders, as the core gives them."""
    for place in (request.output_dir, request.scratch_dir, request.kept_dir):
        shutil.rmtree(place, ignore_errors=True)
    for place in (request.output_dir, request.scratch_dir):
        os.mkdir(place)


def book_request(root: Path, **options: object) -> ConversionRequest:
    source = documents.book(root / "document.pdf", chapters=2)
    return ConversionRequest(
        "book.pdf", str(source), str(root / "out"), str(root / "tmp"), FORMATS, options, CHUNK,
        kept_dir=str(root / "kept"),
    )  # fmt: skip


def files(folder: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def is_text(name: str) -> bool:
    return name.endswith((".md", ".html", ".json"))


@pytest.mark.parametrize("options", [{}, {"paginate_output": True, "page_range": [0, *range(2, 9)]}])
def test_joined_parts_equal_the_whole(converter: ProcessConverter, tmp_path: Path, options: dict[str, object]) -> None:
    """They are equal in every format to the byte: text, heading levels, images, links, table of contents, page
    statistics. Paragraphs and lists continue from part to part, and links lead to other parts."""
    request = book_request(tmp_path, **options)
    whole = at_once(converter, request)
    expected = files(request.output_dir)
    assert_has_what_could_differ(whole, expected)
    joined = in_parts(converter, request)
    assert (joined.pages, joined.images, joined.artifacts) == (whole.pages, whole.images, whole.artifacts)
    found = files(request.output_dir)
    assert sorted(found) == sorted(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    assert [name for name in found if is_text(name) and not found[name].endswith(b"\n")] == []


def assert_has_what_could_differ(result: ConversionResult, found: dict[str, bytes]) -> None:
    html, markdown = found["document-html.html"].decode(), found["document-markdown.md"].decode()
    assert count_parts(result.pages, CHUNK) > 1
    assert result.images > 0
    assert "has-continuation" in html
    assert "<ul" in html
    assert len(set(re.findall(r"<h(\d)", html))) > 1
    assert "](#page-" in markdown
    assert "<span id=" in markdown
    contents = json.loads(found["document_meta.json"])["table_of_contents"]
    assert len({entry["page_id"] // CHUNK for entry in contents}) > 1
