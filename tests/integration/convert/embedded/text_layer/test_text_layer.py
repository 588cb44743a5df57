"""Digital pages through the real engine: every word of their text layer is in the output, in order, as what it is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest

from fidelity_measures import Shown, recall, words
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest, ConverterSpec

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PROSE = (
    "The river runs through the valley and turns the wheels of seven mills before it meets the sea, and those who "
    "live beside it have counted its floods in stone since their grandfathers built the bridge. "
) * 3
STYLE = """
    @page { size: A4; margin: 22mm 20mm; @top-center { content: "Mills of the valley" }
            @bottom-center { content: counter(page) } }
    body { font: 10pt/1.35 "DejaVu Serif" } h1 { font-size: 20pt } h2 { font-size: 14pt } h3 { font-size: 10pt }
    .columns { column-count: 2; line-height: 1; text-align: justify; hyphens: auto }
    pre { font: 8.5pt "DejaVu Sans Mono" }
    td, th { padding: 2pt 7pt } .ruled { border-collapse: collapse } .ruled td, .ruled th { border: .7pt solid }
    .note { font-size: 8pt; margin-top: 40pt }
    .box { border: 1pt solid #36a; background: #ddf; padding: 8pt; width: 70mm }
"""
BODY = f"""
    <h1>Mills of the valley</h1><div class="columns"><h2>1 The river</h2><p>leftmost {PROSE}</p><h3>1.1 Its floods</h3>
    <p>{PROSE}</p><h2>2 The mills</h2><p>{PROSE}</p><p>{PROSE} rightmost</p></div>
    <table><tr><th>Mill</th><th>Wheels</th><th>Built</th></tr><tr><td>Upper</td><td>3</td><td>1702</td></tr>
    <tr><td>Lower</td><td>4</td><td>1688</td></tr><tr><td>Sea</td><td>9</td><td>1811</td></tr></table>
    <div style="break-before: page"></div><p>A page that says little, under the same head.</p>
    <div style="break-before: page"></div><h2>3 The rules</h2>
    <table class="ruled"><tr><th>Rule</th><th>What it says to those who come to the mill with their grain</th></tr>
    <tr><td>First</td><td>Who comes first has his grain ground first, whoever he may be</td></tr>
    <tr><td>Last</td><td>Nobody leaves before the wheel stands still and the gate is closed</td></tr></table>
    <ul><li>grain</li><li>flour &lt;fine&gt;</li></ul><p>Then:</p>
    <ol><li>weigh the grain</li><li>open the gate</li></ol><pre>def turn(wheel):\n    return wheel + 1</pre>
    <div class="box"><h3>A box</h3><p>What stands in a frame is text.</p></div>
    <p><b>A bold beginning, which fills most of the first line. </b>After it all {PROSE}</p>
    <p class="note">1 Counted by the miller of the upper mill, in the year of the great flood.</p>
"""


@dataclass(frozen=True)
class Converted:
    """The made document: its Markdown, that of each page with heads and feet, and the words of its text layer."""

    markdown: str
    pages: list[str]
    layer: list[list[str]]
    methods: list[str]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Converted]:
    from weasyprint import HTML

    folder = tmp_path_factory.mktemp("layer")
    source = folder / "mills.pdf"
    HTML(string=f"<html lang=en><style>{STYLE}</style>{BODY}</html>").write_pdf(source)
    before = dict(os.environ)
    engine = Engine(lambda *_, **__: None, ConverterSpec(threads=2))
    engine.load()
    kept = {"keep_pageheader_in_output": True, "keep_pagefooter_in_output": True, "paginate_output": True}
    pages = re.split(r"\n*\{\d+\}-{48}\n\n", convert(engine, source, folder / "pages", **kept))[1:]
    with pypdfium2.PdfDocument(source) as document:
        layer = [words(page.get_textpage().get_text_bounded()) for page in document]
    markdown = convert(engine, source, folder / "whole")
    meta = json.loads(next((folder / "whole" / "out").glob("*_meta.json")).read_text("utf-8"))
    yield Converted(markdown, pages, layer, [page["text_extraction_method"] for page in meta["page_stats"]])
    os.environ.clear()
    os.environ.update(before)


def convert(engine: Engine, source: Path, job: Path, **options: bool) -> str:
    """Its Markdown."""
    for name in ("out", "tmp"):
        (job / name).mkdir(parents=True)
    request = ConversionRequest(source.name, str(source), str(job / "out"), str(job / "tmp"), ("markdown",), options)
    engine.convert(request, lambda *_: None)
    return next((job / "out").glob("*.md")).read_text("utf-8")


def test_every_word_of_each_page_is_in_the_output(converted: Converted) -> None:
    """Heads and feet are there too where they are asked for, and nothing is there twice."""
    assert len(converted.pages) == len(converted.layer) == 3
    for markdown, layer in zip(converted.pages, converted.layer, strict=True):
        shown = Shown(markdown).words
        assert recall(layer, shown) >= 0.99
        assert recall(shown, layer) >= 0.99


def test_no_page_is_read_by_ocr(converted: Converted) -> None:
    """The lines of the columns are set so close that they overlap."""
    assert converted.methods == ["pdftext"] * 3


def test_heads_and_feet_are_left_out(converted: Converted) -> None:
    """The title is in the text, and shown once of all pages' heads; page numbers are not shown."""
    assert converted.markdown.count("Mills of the valley") == 2
    assert not [line for line in converted.markdown.splitlines() if line.strip().isdigit()]


def test_columns_are_read_in_order_and_hyphens_joined(converted: Converted) -> None:
    """The output equals the source."""
    text = " ".join(words(converted.markdown))
    assert text.index("leftmost") < text.index("its floods") < text.index("rightmost") < text.index("upper 3 1702")
    assert text.count(" ".join(words(PROSE))) == 5


def test_headings_have_their_levels(converted: Converted) -> None:
    """Numbers and type decide the levels."""
    found = re.findall(r"(?m)^(#+) (.*)$", converted.markdown)
    assert found == [
        ("#", "Mills of the valley"),
        ("##", "1 The river"),
        ("###", "1.1 Its floods"),
        ("##", "2 The mills"),
        ("##", "3 The rules"),
        ("###", "A box"),
    ]


def test_a_bold_beginning_is_no_heading(converted: Converted) -> None:
    """The paragraph is one although most of its first line is bold."""
    text = " ".join(words(converted.markdown))
    assert "most of the first line after it all the river runs" in text
    assert not any("bold beginning" in heading for heading in Shown(converted.markdown).headings)


def test_tables_are_tables(converted: Converted) -> None:
    """One table has rules, and sentences in its cells; another has no rules."""
    cells = Shown(converted.markdown).cells
    assert cells[:12] == words("mill wheels built upper 3 1702 lower 4 1688 sea 9 1811")
    assert cells[12:16:2] == ["rule", "first"]
    assert cells[17] == "nobody leaves before the wheel stands still and the gate is closed"


def test_lists_listings_and_notes_are_detected(converted: Converted) -> None:
    """Text that looks like a tag is shown."""
    assert "\n- grain\n- flour \\<fine>" in converted.markdown
    assert "\n1. weigh the grain\n2. open the gate" in converted.markdown
    assert "```\ndef turn(wheel):\n    return wheel + 1\n```" in converted.markdown
    assert converted.markdown.rstrip().endswith(
        "Counted by the miller of the upper mill, in the year of the great flood."
    )
