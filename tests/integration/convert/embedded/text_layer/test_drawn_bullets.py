"""Bullets that are drawn, not written, make lists; other small shapes make none."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConverterSpec

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PROSE = "The committee met in the large hall and heard the reports of those who had travelled to the north. " * 3
THINGS = ("warm clothes", "two bottles of water", "a map of the hills")
SHAPES = {
    "disc": "border-radius: 50%; background: black",
    "square": "background: black",
    "coloured disc": "border-radius: 50%; background: #06c",
    "diamond": "transform: rotate(45deg); background: black",
    "picture": "content: url('data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 10 10%22>"
    "<circle cx=%225%22 cy=%225%22 r=%225%22/></svg>')",
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine(lambda *_, **__: None, ConverterSpec(models="embedded"))
    made.load()
    return made


def draw(shape: str, size: float) -> str:
    return f"""li {{ list-style: none }} li::before, p.marked::before {{ content: ''; display: inline-block;
        width: {size}pt; height: {size}pt; margin: 0 9pt 2pt 2pt; {shape} }}"""


def convert(engine: Engine, root: Path, body: str, style: str) -> str:
    from weasyprint import HTML

    source, output, scratch = root / "a.pdf", root / "out", root / "scratch"
    output.mkdir()
    scratch.mkdir()
    style = f"body {{ font: 11pt DejaVu Serif }} ul {{ padding: 0 }} {style}"
    HTML(string=f"<style>{style}</style><p>{PROSE}</p>{body}<p>{PROSE}</p>").write_pdf(source)
    request = ConversionRequest("a.pdf", str(source), str(output), str(scratch), ("markdown",))
    result = engine.convert(request, on_pages=lambda _: None)
    [name] = [artifact.file_name for artifact in result.artifacts if artifact.role == "markdown"]
    return (output / name).read_text()


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("shape", SHAPES)
def test_drawn_bullets_make_a_list(engine: Engine, tmp_path: Path, shape: str, size: float) -> None:
    """Whatever the shape: what counts is that small marks stand before lines, in one column."""
    body = "<ul>" + "".join(f"<li>{thing}</li>" for thing in THINGS) + "</ul>"
    shown = convert(engine, tmp_path, body, draw(SHAPES[shape], size))
    assert [line[2:] for line in shown.splitlines() if line.startswith("- ")] == list(THINGS)


def test_a_single_mark_makes_no_list(engine: Engine, tmp_path: Path) -> None:
    """It may be a part of a drawing, or the end of the article before."""
    shown = convert(engine, tmp_path, f"<p class=marked>{PROSE}</p>", draw(SHAPES["square"], 4))
    assert "- " not in shown
