"""A page that shows something and says nothing is shown as its picture, and named; blank paper stays blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine_scene import EngineScene
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConversionResult
from sheets import BLANK, DRAWN, PICTURES, draw_words, write_drawn_page, write_picture

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings


@pytest.fixture(scope="module")
def scene(engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> EngineScene:
    """The models, loaded once."""
    return EngineScene(engine, events)


def _convert(scene: EngineScene, root: Path, name: str, content: bytes, **options: Any) -> tuple[ConversionResult, str]:
    scene.events.clear()
    for folder in ("output", "scratch"):
        (root / folder).mkdir()
    (root / name).write_bytes(content)
    source, output, scratch = (str(root / each) for each in (name, "output", "scratch"))
    request = ConversionRequest(name, source, output, scratch, formats=("markdown",), options=options)
    result = scene.convert(request)
    return result, (root / "output" / "document-markdown.md").read_text("utf-8")


def _check_is_shown(scene: EngineScene, result: ConversionResult, markdown: str) -> None:
    assert (markdown.count("!["), result.images) == (1, 1)
    if markdown[:2] == "![":  # else OCR read letters in it
        assert result.quality.unread_pages == (1,)
        assert scene.said("document.text_missing")[0]["missing_pages"] == ["1"]


@pytest.mark.parametrize("name", PICTURES)
def test_soft_picture_of_a_page_is_shown_and_said(tmp_path: Path, scene: EngineScene, name: str) -> None:
    """Marker takes it for blank, because it has no edge."""
    _check_is_shown(scene, *_convert(scene, tmp_path, "a.pdf", write_picture(PICTURES[name], "PDF")))


@pytest.mark.parametrize("name", DRAWN)
def test_page_of_vectors_alone_is_shown(tmp_path: Path, scene: EngineScene, name: str) -> None:
    _check_is_shown(scene, *_convert(scene, tmp_path, "a.pdf", write_drawn_page(DRAWN[name])))


def test_page_of_few_words_is_not_shown_as_a_picture(tmp_path: Path, scene: EngineScene) -> None:
    """Its words are all that is drawn on it."""
    _, markdown = _convert(scene, tmp_path, "a.pdf", write_picture(draw_words("Part Two", 90), "PDF", grain=4))
    assert "Part Two" in markdown
    assert "![" not in markdown


@pytest.mark.parametrize("size_px", [26, 34, 48])
def test_few_small_words_on_a_scanned_page_are_read(tmp_path: Path, scene: EngineScene, size_px: int) -> None:
    """The finder of lines overlooks them in so much paper."""
    _, markdown = _convert(scene, tmp_path, "a.pdf", write_picture(draw_words("Part Two", size_px), "PDF", grain=4))
    assert "Part Two" in markdown


def test_page_of_vectors_is_shown_without_ocr(tmp_path: Path, scene: EngineScene) -> None:
    """Where a folder switches OCR off, a page has no text layer and no reading."""
    content = write_drawn_page(DRAWN["shading"])
    _check_is_shown(scene, *_convert(scene, tmp_path, "a.pdf", content, disable_ocr=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize("name", ["sky", "gradient of greys"])
def test_soft_image_file_is_shown_and_said(tmp_path: Path, scene: EngineScene, kind: str, name: str) -> None:
    content = write_picture(PICTURES[name], kind, grain=3)
    _check_is_shown(scene, *_convert(scene, tmp_path, f"a.{kind.lower()}", content))


@pytest.mark.parametrize("kind", ["PDF", "JPEG"])
@pytest.mark.parametrize("name", BLANK)
def test_blank_paper_stays_blank(tmp_path: Path, scene: EngineScene, name: str, kind: str) -> None:
    """As a scanner sees it, with grain."""
    content = write_picture(BLANK[name], kind, grain=5)
    result, markdown = _convert(scene, tmp_path, f"a.{kind.lower()}", content)
    assert (markdown.strip(), result.images) == ("", 0)
    if name != "holes":  # these are seen, but are too little for a picture
        assert scene.said("document.text_missing") == []
