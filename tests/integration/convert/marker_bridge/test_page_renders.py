"""How often the pages of a document are drawn, and how finely: drawing is a good part of what a digital page costs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from weasyprint import HTML

from documents import letter_scan_pdf, page_of, pdf_bytes
from engine_scene import EngineScene, markdown
from markerd.convert.engine import Engine

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

LOW_DPI, HIGH_DPI = 96, 192


@pytest.fixture(scope="module")
def scene(engine: Engine, events: list[tuple[str, dict[str, Any]]]) -> EngineScene:
    """The models, loaded once."""
    return EngineScene(engine, events)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[int, float]]:
    """How often each page was drawn, by its number and the resolution."""
    from marker.providers.pdf import PdfProvider

    counts: Counter[tuple[int, float]] = Counter()
    own = PdfProvider._render_image

    def render(pdf: Any, idx: int, dpi: float, flatten_page: bool) -> Any:
        counts[idx, dpi] += 1
        return own(pdf, idx, dpi, flatten_page)

    monkeypatch.setattr(PdfProvider, "_render_image", staticmethod(render))
    return counts


def test_page_of_text_is_drawn_once(tmp_path: Path, scene: EngineScene, drawn: Counter[tuple[int, float]]) -> None:
    """At the resolution of the layout model."""
    scene.convert(scene.request(tmp_path, pdf_bytes(page_of("Anna"), page_of("Berta"))))
    assert drawn == {(0, LOW_DPI): 1, (1, LOW_DPI): 1}


def test_page_with_a_table_is_drawn_once(tmp_path: Path, scene: EngineScene, drawn: Counter[tuple[int, float]]) -> None:
    """The table has its HTML from the text layer: nobody looks at it more closely."""
    rows = "".join(f"<tr><td>Mill {n}</td><td>{n * 17}</td><td>built in {1700 + n}</td></tr>" for n in range(12))
    style = "<style>td { border: 1px solid; padding: 3pt }</style>"
    pdf = HTML(string=f"{style}<h1>Mills</h1><table>{rows}</table>").write_pdf()
    request = scene.request(tmp_path, pdf)
    scene.convert(request)
    assert "| Mill 3" in markdown(request)
    assert drawn == {(0, LOW_DPI): 1}


def test_scan_is_drawn_once_for_each_use(tmp_path: Path, scene: EngineScene, drawn: Counter[tuple[int, float]]) -> None:
    """Coarsely for the layout model, finely for OCR."""
    scene.convert(scene.request(tmp_path, letter_scan_pdf()))
    assert drawn == {(0, LOW_DPI): 1, (0, HIGH_DPI): 1}
