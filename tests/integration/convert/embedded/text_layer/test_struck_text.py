"""Text that a line strikes through is struck in the output; other lines near text strike nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.convert.embedded.text_layer.struck_text import show_struck
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConverterSpec

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PROSE = "The committee met in the large hall and heard the reports of those who had travelled to the north. " * 3


@pytest.fixture(scope="module")
def engine() -> Engine:
    made = Engine(lambda *_, **__: None, ConverterSpec(models="embedded"))
    made.load()
    return made


def convert(engine: Engine, root: Path, body: str, style: str = "") -> str:
    from weasyprint import HTML

    source, output, scratch = root / "a.pdf", root / "out", root / "scratch"
    output.mkdir()
    scratch.mkdir()
    HTML(string=f"<style>{style}</style><p>{PROSE}</p>{body}<p>{PROSE}</p>").write_pdf(source)
    request = ConversionRequest("a.pdf", str(source), str(output), str(scratch), ("markdown",))
    result = engine.convert(request, on_pages=lambda _: None)
    [name] = [artifact.file_name for artifact in result.artifacts if artifact.role == "markdown"]
    return (output / name).read_text()


@pytest.mark.parametrize("font", ["9pt DejaVu Sans", "11pt DejaVu Serif", "17pt DejaVu Sans Mono"])
@pytest.mark.parametrize("thickness", ["auto", "0.5pt", "1.4pt"])
def test_struck_words_are_struck(engine: Engine, tmp_path: Path, font: str, thickness: str) -> None:
    """Whole words, in the middle of a line and at its end, of any size and font, by thin lines and thick ones."""
    body = "<p>The price is <del>one hundred</del> two hundred euros. It holds <del>until May</del></p>"
    style = f"body {{ font: {font} }} del {{ text-decoration-thickness: {thickness} }}"
    shown = convert(engine, tmp_path, body, style)
    assert "The price is ~~one hundred~~ two hundred euros. It holds ~~until May~~" in shown


def test_other_lines_strike_nothing(engine: Engine, tmp_path: Path) -> None:
    """Underlines, links, the rules of tables and those between paragraphs are no strikes."""
    rows = "".join(f"<tr><td>Mill {number}</td><td>{number}00</td></tr>" for number in range(1, 6))
    body = f"""<p>An <u>underlined word</u>, <a href="https://example.org">a link</a>.</p><hr>
        <table>{rows}</table><p>After <span style="border-top: 1pt solid">a bar</span> it goes on.</p>"""
    style = "table { border-collapse: collapse; line-height: 1 } td { border: 1pt solid; padding: 0 4pt }"
    assert "~~" not in convert(engine, tmp_path, body, style)


@pytest.mark.parametrize(
    ("text", "next_text", "expected"),
    [
        ("one", "two", "<del>one</del> "),
        ("one ", "two", "<del>one</del> "),
        (" one", ", two", " <del>one</del>"),
        ("a < b\n", "", "<del>a &lt; b</del> "),
        (" \n", "two", " \n"),
    ],
)
def test_struck_span_is_html(text: str, next_text: str, expected: str) -> None:
    """Its spaces stand outside, and a word that follows without a space is another word."""
    assert show_struck(text, next_text) == expected
