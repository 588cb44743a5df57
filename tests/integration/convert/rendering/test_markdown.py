"""Markdown of digital pages and scans says what the page says, even where that looks like Markdown."""

from __future__ import annotations

import pytest

from markerd.convert.rendering.alt_text import move_alt_texts, write_alt_html
from markerd.convert.sandbox import environment

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings


def markdown(html: str) -> str:
    from markerd.convert.rendering.renderers import MarkdownRenderer

    return str(MarkdownRenderer().md_cls.convert(html)).strip()


def shown(text: str) -> str:
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark").enable("table").render(text))


@pytest.mark.parametrize(
    "text",
    ["1986. A good year", "# no heading", "> quoted", "- no item", "![alt](pic.png)", "[1](note)", "`x` &lt; C:\\<n>"],
)
def test_text_like_markdown_is_shown_as_it_is(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    wanted = escaped.replace(">", "&gt;")
    assert shown(markdown(f"<p block-type='Text'>{escaped}</p>")) == f"<p>{wanted}</p>\n"


def test_cell_text_like_markup_is_shown_as_it_is() -> None:
    """What looks like a tag, like emphasis and like a border."""
    table = "<table><tr><th>Option</th></tr><tr><td>--file &lt;name&gt; *x* a|b<br>next</td></tr></table>"
    assert "<td>--file &lt;name&gt; *x* a|b<br>next</td>" in shown(markdown(table))


def test_code_in_a_cell_keeps_its_lines() -> None:
    table = "<table><tr><td>Code</td></tr><tr><td><pre>x = 1\ny = `2`</pre></td></tr></table>"
    assert "<td><code>x = 1</code><br><code>y = `2`</code></td>" in shown(markdown(table))


def test_brackets_in_alternative_text_keep_the_picture() -> None:
    """An open interval is no link."""
    html = move_alt_texts(f"<p>{write_alt_html('x ∈ [0, 1)')}<img src='_page_0_Picture_1.jpeg'></p>")
    assert shown(markdown(html)) == '<p><img src="_page_0_Picture_1.jpeg" alt="x ∈ (0, 1)" /></p>\n'


def test_lists_stay_lists() -> None:
    html = "<p block-type='ListGroup'><ul><li>grain</li><li>3. flour</li></ul></p>"
    assert markdown(html) == "- grain\n3. flour"


def test_chunks_have_page_number_and_escaped_text() -> None:
    from marker.renderers.json import JSONBlockOutput

    from markerd.convert.rendering.chunks import build_chunks

    def block(kind: str, number: int, html: str, children: list[JSONBlockOutput] | None = None) -> JSONBlockOutput:
        place = {"polygon": [[0.0, 0.0]] * 4, "bbox": [0.0] * 4}
        return JSONBlockOutput(id=f"/page/2/{kind}/{number}", block_type=kind, html=html, children=children, **place)

    item = block("ListItem", 1, "<li>&lt;b&gt;</li>")
    listed = block("ListGroup", 4, f"<ul><content-ref src='{item.id}'></content-ref></ul>", [item])
    chunks = list(build_chunks(block("Page", 9, "", [listed, block("Picture", 5, write_alt_html("A"))]), {"Picture"}))
    assert [chunk.page for chunk in chunks] == [2, 2]
    assert chunks[0].html == "<ul><li>&lt;b&gt;</li></ul>"
    assert chunks[1].html == "<p><img src='/page/2/Picture/5' alt=\"A\"></p>"
