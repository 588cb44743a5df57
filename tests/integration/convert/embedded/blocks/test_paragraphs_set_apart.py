"""Lines that stand further apart than a document's own lines are paragraphs; lines of addresses stay lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine_scene import EngineScene, markdown
from fidelity_measures import Shown, found_share
from made_pages import KINDS, LOOKS, write_page
from markerd.convert.engine import Engine

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

_PAGE = "@page {{ size: {size}; margin: {margin}mm }} body {{ font: {font} }} h1 {{ font-size: 15pt }}"
MORE_LOOKS = {
    "typed, 1.8 lines": _PAGE.format(size="letter", margin=28, font="11pt/1.8 'DejaVu Serif'"),
    "double spaced": _PAGE.format(size="A4", margin=20, font="10pt/2.3 'DejaVu Sans'"),
    "close": _PAGE.format(size="A4", margin=25, font="10pt/1.15 'DejaVu Sans'"),
}


@pytest.fixture(scope="module")
def scene(engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> EngineScene:
    """The models, loaded once."""
    return EngineScene(engine, events)


@pytest.mark.parametrize("look", [*LOOKS, *MORE_LOOKS])
@pytest.mark.parametrize("kind", ["letter", "minutes", "typescript", "drawn bullets"])
def test_each_paragraph_and_line_stands_by_itself(tmp_path: Path, scene: EngineScene, kind: str, look: str) -> None:
    from weasyprint import HTML

    html = (
        write_page(kind, look) if look in LOOKS else write_page(kind, "serif").replace(LOOKS["serif"], MORE_LOOKS[look])
    )
    request = scene.request(tmp_path, HTML(string=html).write_pdf())
    scene.convert(request)
    truth, shown = Shown(KINDS[kind].truth), Shown(markdown(request))
    assert found_share(truth.lines, shown.lines, 85) == 1.0
    assert found_share(shown.lines, truth.lines, 85) == 1.0
