"""Headings of whole documents, in the looks that documents give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConverterSpec

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PROSE = "The committee met in the large hall and heard the reports of those who had travelled to the north. " * 4
NAMES = ("Introduction", "Where the data come from", "Costs by region", "What remains")
LOOKS = {
    "coloured": "h1 { color: #06c }",
    "slanted": "h1 { font-style: italic }",
    "underlined": "h1 { text-decoration: underline }",
    "another family": "h1 { font-family: DejaVu Sans }",
    "smaller, bold": "h1 { font-family: DejaVu Sans; font-size: 9pt; font-weight: bold }",
    "of one width": "h1 { font-family: DejaVu Sans Mono; font-weight: bold }",
    "capitals": "h1 { text-transform: uppercase }",
    "more white": "h1 { margin-top: 18pt }",
}
STYLE = """body { font: 11pt DejaVu Serif } p { margin: 0 0 7pt }
    h1 { font-size: 11pt; font-weight: normal; margin: 12pt 0 3pt }"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine(lambda *_, **__: None, ConverterSpec(models="embedded"))
    made.load()
    return made


def convert(engine: Engine, root: Path, body: str, style: str, **options: object) -> list[str]:
    """The headings of the Markdown."""
    from weasyprint import HTML

    source, output, scratch = root / "a.pdf", root / "out", root / "scratch"
    output.mkdir()
    scratch.mkdir()
    HTML(string=f"<html lang=en><title>Report</title><style>{style}</style>{body}").write_pdf(source, **options)
    request = ConversionRequest("a.pdf", str(source), str(output), str(scratch), ("markdown",))
    result = engine.convert(request, on_pages=lambda _: None)
    [name] = [artifact.file_name for artifact in result.artifacts if artifact.role == "markdown"]
    return [line.lstrip("# ") for line in (output / name).read_text().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("look", LOOKS)
def test_headings_are_found_by_what_sets_them_off(engine: Engine, tmp_path: Path, look: str) -> None:
    """Each look is one that no larger or bolder type shows."""
    body = "".join(f"<h1>{name}</h1><p>{PROSE}</p><p>{PROSE}</p>" for name in NAMES)
    names = [name.upper() if look == "capitals" else name for name in NAMES]
    assert convert(engine, tmp_path, body, STYLE + LOOKS[look]) == names


def test_tagged_headings_are_found_however_they_look(engine: Engine, tmp_path: Path) -> None:
    """A heading that looks like a paragraph is one where the PDF says so; a paragraph that looks like it is none."""
    body = f"<p>{PROSE}</p><h1>Introduction</h1><p>{PROSE}</p><p>Not a heading</p><p>{PROSE}</p>"
    style = STYLE + "h1 { margin: 0 0 7pt }"
    assert convert(engine, tmp_path, body, style, pdf_variant="pdf/ua-1") == ["Introduction"]


def test_headings_of_the_outline_are_found_however_they_look(engine: Engine, tmp_path: Path) -> None:
    body = f"<p>{PROSE}</p><div class=head>Introduction</div><p>{PROSE}</p><p>Not a heading</p><p>{PROSE}</p>"
    style = STYLE + ".head { margin: 0 0 7pt; bookmark-level: 1; bookmark-label: content() }"
    assert convert(engine, tmp_path, body, style) == ["Introduction"]
