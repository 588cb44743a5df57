"""Checked options do what they say, through the real engine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from documents import page_of, pdf_bytes
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult
from markerd.errors import DocumentError

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PAGES = ("Page zero", "Page one", "Page two", "Page three")


@pytest.fixture
def document(tmp_path: Path) -> Path:
    source = tmp_path / "pages.pdf"
    source.write_bytes(pdf_bytes(*(page_of(text) for text in PAGES)))
    return source


def convert(engine: Engine, source: Path, options: Mapping[str, Any]) -> tuple[ConversionResult, str]:
    """Convert with options that the engine has no problem with; return the Markdown too."""
    assert engine.check_options(options) == []
    folder = source.parent / "job"
    for name in ("out", "scratch"):
        (folder / name).mkdir(parents=True)
    request = ConversionRequest(
        "x", str(source), str(folder / "out"), str(folder / "scratch"), ("markdown",), options=options
    )
    result = engine.convert(request, lambda _: None)
    return result, "".join(file.read_text() for file in (folder / "out").glob("*.md"))


@pytest.mark.parametrize(
    ("page_range", "shown"),
    [("0-1", PAGES[:2]), ("3,1", (PAGES[1], PAGES[3])), ([2], PAGES[2:3]), ("2-900", PAGES[2:])],
)
@pytest.mark.parametrize("name", ["page_range", "PdfProvider_page_range"])
def test_pages_are_chosen(
    engine: Engine, document: Path, name: str, page_range: object, shown: tuple[str, ...]
) -> None:
    """The pages that the range names are converted, and no others."""
    result, markdown = convert(engine, document, {name: page_range})
    assert result.pages == len(shown)
    assert [text for text in PAGES if text in markdown] == list(shown)


def test_range_beyond_the_document_is_refused(engine: Engine, document: Path) -> None:
    """A document that has none of the pages ends with a reason."""
    with pytest.raises(DocumentError, match="page_range names none of the 4 pages") as caught:
        convert(engine, document, {"page_range": "7-9"})
    assert (caught.value.kind, caught.value.is_permanent) == ("no_pages", True)


def test_picture_is_page_zero(engine: Engine, tmp_path: Path) -> None:
    """A range that begins with page 0 takes a picture, which is one page; another one does not."""
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(picture, "PNG")
    source = tmp_path / "picture.png"
    source.write_bytes(picture.getvalue())
    with pytest.raises(DocumentError, match="page_range names none of the 1 page"):
        convert(engine, source, {"page_range": "1-2"})


def test_option_of_a_class_reaches_it(engine: Engine, document: Path) -> None:
    """The name of Marker's class means the class of ours that stands in for it."""
    _, markdown = convert(engine, document, {"MarkdownRenderer_paginate_output": True})
    assert "{0}------" in markdown
