"""The numbers of lines are left out of digital and scanned pages; numbers that are content stay."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine_scene import EngineScene, markdown
from markerd.convert.engine import Engine
from numbered_lines import CONTENT, LOOKS
from scanning import scan

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


@pytest.fixture(scope="module")
def scene(engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> EngineScene:
    """The models, loaded once."""
    return EngineScene(engine, events)


def _read(scene: EngineScene, root: Path, html: str, *, is_scanned: bool = False) -> tuple[str, Any]:
    from weasyprint import HTML

    pdf = HTML(string=html).write_pdf()
    request = scene.request(root, scan(pdf, "lines") if is_scanned else pdf)
    result = scene.convert(request)
    return markdown(request), result.quality


@pytest.mark.parametrize("name", LOOKS)
def test_numbers_of_lines_are_left_out(tmp_path: Path, scene: EngineScene, name: str) -> None:
    """No word goes with them, and the check of the page does not miss them."""
    text, quality = _read(scene, tmp_path, LOOKS[name])
    assert NUMBER.findall(text) == []
    assert text.split()[:8] == ["The", "river", "runs", "through", "the", "valley", "and", "turns"]
    assert (quality.worst_coverage, quality.degraded_pages) == (1.0, ())


@pytest.mark.parametrize("name", ["a column of numbers", "in the same line of text", "every fifth line, at right"])
def test_numbers_of_scanned_lines_are_left_out(tmp_path: Path, scene: EngineScene, name: str) -> None:
    text, _ = _read(scene, tmp_path, LOOKS[name], is_scanned=True)
    assert NUMBER.findall(text) == []
    assert len(re.findall("[A-Za-z]+", text)) > 350


@pytest.mark.parametrize("name", CONTENT)
def test_numbers_that_are_content_stay(tmp_path: Path, scene: EngineScene, name: str) -> None:
    text, _ = _read(scene, tmp_path, CONTENT[name])
    assert {"1", "2", "3", "4", "5"} <= set(NUMBER.findall(text.replace(".", " ")))
