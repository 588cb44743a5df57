"""Text layers that are of no use, on pages in a script that OCR does not read either."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from documents import scan_png
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

LAYER = "8nxrt kbpdgt zfgkt rtzpl xkcd wqrtz bvcxm plkjh gfdss qwrtp "
CYRILLIC = "\n".join(
    ["Река течёт через долину", "и вращает колёса семи", "мельниц прежде чем", "встретиться морем"] * 4
)
LATIN = "\n".join(
    ["The river runs through", "the valley and turns the", "wheels of seven mills", "before it meets the sea"] * 4
)


def converted(engine: Engine, folder: Path, shown: str) -> str:
    """The Markdown of a page that shows one text in a picture, and has a garbled one over it."""
    from weasyprint import HTML

    picture = base64.b64encode(scan_png(folder / "shown.png", shown).read_bytes()).decode("ascii")
    style = "@page { size: 620px 450px; margin: 0 } img { position: absolute; width: 620px } p { opacity: 0.01 }"
    source = folder / "page.pdf"
    page = f"<style>{style}</style><img src='data:image/png;base64,{picture}'><p style='margin: 60px'>{LAYER * 5}</p>"
    HTML(string=page).write_pdf(source)
    for name in ("out", "tmp"):
        (folder / name).mkdir()
    request = ConversionRequest(
        source.name, str(source), str(folder / "out"), str(folder / "tmp"), ("markdown",), {"disable_links": True}
    )
    engine.convert(request, lambda *_: None)
    return next((folder / "out").glob("*.md")).read_text("utf-8")


def test_text_layer_stays_where_ocr_reads_nothing(engine: Engine, tmp_path: Path) -> None:
    """Its letters are wrong, but there are no others."""
    assert "kbpdgt zfgkt rtzpl" in converted(engine, tmp_path, CYRILLIC)


def test_ocr_replaces_text_layer_where_it_reads_the_page(engine: Engine, tmp_path: Path) -> None:
    """As for every other document."""
    text = converted(engine, tmp_path, LATIN)
    assert "wheels of seven mills" in " ".join(text.split())
    assert "kbpdgt" not in text
