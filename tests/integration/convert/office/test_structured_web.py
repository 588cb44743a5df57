"""HTML: what it says comes out, whatever its encoding; what it hides, runs or names elsewhere does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from markerd.convert.protocol import ArtifactRole
from markerd.errors import DocumentError
from structured import data_uri, markdown, page, picture, rendered


def test_headings_lists_and_emphasis_come_out(tmp_path: Path) -> None:
    """Nested lists keep their numbers; end tags that HTML lets out are understood."""
    body = "<h2>Head <em>line</em></h2><ol start=3><li>three<li>four<ul><li>in <b>bold</b></ul></ol><p>H<sub>2</sub>O"
    assert markdown(page(tmp_path, body)) == ("## Head *line*\n\n3. three\n4. four\n   - in **bold**\n\nH<sub>2</sub>O")


def test_link_stays_and_script_is_dropped(tmp_path: Path) -> None:
    """An address is as it was; one that would run code leaves only its text."""
    body = (
        "<p><a href='http://a.org/x_(y) z'>snake_case [1]</a> <a href='java&#10;script:alert(1)'>bad</a> "
        "<a href='#there'>down</a></p><script>var hidden = 1</script><h3 id=there>There</h3>"
    )
    assert markdown(page(tmp_path, body)) == (
        r"[snake\_case \[1\]](http://a.org/x_(y)%20z) bad [down](#there)"
        '\n\n<span id="there"></span>\n\n### There'
    )


def test_link_around_blocks_moves_into_each(tmp_path: Path) -> None:
    """Cards that are links keep heading, text and address."""
    assert markdown(page(tmp_path, "<a href='http://c.org'><h3>Card</h3><div>More</div></a>")) == (
        "### [Card](http://c.org)\n\n[More](http://c.org)"
    )


@pytest.mark.parametrize(
    "hidden",
    ["<p hidden>X</p>", "<p style='display: none'>X</p>", "<p class=off>X</p>", "<template><p>X</p></template>"],
)
def test_hidden_elements_are_left_out(tmp_path: Path, hidden: str) -> None:
    """By attribute, by their style, by a style sheet of the page."""
    assert markdown(page(tmp_path, f"<p>seen</p>{hidden}", "<style>p{color:red} .off{display:none}</style>")) == "seen"


def test_merged_cells_fill_every_place_they_cover(tmp_path: Path) -> None:
    """Cells keep links, pictures, lines and pipes."""
    body = (
        "<table><caption>Cap</caption><tr><th>A<th colspan=2>B</tr><tr><td rowspan=2>1|x<td>2<td>3</tr>"
        f"<tr><td><a href='http://l.org'>l</a><td>a<br>b<img src='{data_uri(picture())}' alt=red></tr></table>"
    )
    output = rendered(page(tmp_path, body))
    (name,) = output[ArtifactRole.MARKDOWN].images
    assert output[ArtifactRole.MARKDOWN].markdown == (
        f"Cap\n\n| A | B | B |\n|---|---|---|\n| 1\\|x | 2 | 3 |\n| 1\\|x | [l](http://l.org) | a<br>b![red]({name}) |"
    )
    assert '<th colspan="2">B</th>' in output[ArtifactRole.HTML].html
    assert '<td rowspan="2">1|x</td>' in output[ArtifactRole.HTML].html


def test_layout_table_becomes_blocks(tmp_path: Path) -> None:
    """Its headings and paragraphs stand in order; a table with data that holds another keeps both."""
    layout = "<table><tr><td><h2>Left</h2></td><td><p>Right</p></td></tr></table>"
    nested = "<table><tr><td>a<td><table><tr><td>x<td>y</table><tr><td>b<td>c</table>"
    assert markdown(page(tmp_path, layout)) == "## Left\n\nRight"
    assert markdown(page(tmp_path, nested)) == "| a | x; y |\n|---|---|\n| b | c |"
    rows = "<table><tr><td>a<td><table><tr><td>x<td>y<tr><td>v<td>w</table><tr><td>b<td>c</table>"
    assert markdown(page(tmp_path, rows)) == "| a | x; y<br>v; w |\n|---|---|\n| b | c |"


def test_code_keeps_lines_and_language(tmp_path: Path) -> None:
    """Indentation, empty lines, the language, and a fence that is longer than those in it."""
    code = "def f():\n    return '```'\n\n    # &lt;end&gt;"
    assert markdown(page(tmp_path, f"<pre><code class='language-python'>{code}\n</code></pre>")) == (
        "````python\ndef f():\n    return '```'\n\n    # <end>\n````"
    )


def test_quotations_definitions_and_details_have_their_markdown_form(tmp_path: Path) -> None:
    """Each in the form that Markdown has for it."""
    body = "<ul><li>a<p>b</ul>"
    body += "<blockquote><p>Said</p></blockquote><dl><dt>T<dd>D</dl><details><summary>S</summary>B</details>"
    assert markdown(page(tmp_path, body)) == "- a\n\n  b\n\n> Said\n\nT\n:   D\n\nS\n\nB"


def test_term_has_several_meanings(tmp_path: Path) -> None:
    """A line each, though the end tags are missing."""
    body = "<dl><dt>T<dd>one<dd>two<p>more<dd>three<dt>U<dd>four</dl>"
    assert markdown(page(tmp_path, body)) == "T\n:   one\n:   two\n\n    more\n:   three\n\nU\n:   four"


@pytest.mark.parametrize(
    ("formula", "tex"),
    [
        ("<mfrac><mi>a</mi><msqrt><mi>b</mi></msqrt></mfrac>", r"$\frac{a}{\sqrt{b}}$"),
        ("<mrow><msup><mi>x</mi><mn>2</mn></msup><mo>≤</mo><mi>β</mi></mrow>", r"$x^{2}\leq \beta$"),
        ("<semantics><mi>E</mi><annotation encoding='application/x-tex'>E=mc^2</annotation></semantics>", "$E=mc^2$"),
    ],
)
def test_formula_comes_out_as_latex(tmp_path: Path, formula: str, tex: str) -> None:
    assert markdown(page(tmp_path, f"<p>so <math>{formula}</math></p>")) == f"so {tex}"


def test_picture_becomes_file_link_or_text(tmp_path: Path) -> None:
    """A `data:` picture becomes a file; one elsewhere a link; one that is missing, or counts visitors, its text."""
    body = (
        f"<p><img src='{data_uri(picture())}' alt='A [red] one'></p><p><img src='http://e.org/far.png' alt=far></p>"
        "<p><img src='near.png' alt=near></p><p><img src='http://t.org/t.gif' width=1 height=1></p>"
    )
    output = rendered(page(tmp_path, body))[ArtifactRole.MARKDOWN]
    (name,) = output.images
    assert output.markdown == f"![A (red) one]({name})\n\n[far](http://e.org/far.png)\n\nnear"
    assert output.images[name].getpixel((0, 0)) == (255, 0, 0)


def test_drawing_becomes_a_picture_with_its_labels(tmp_path: Path) -> None:
    """SVG is drawn; transparent parts are white."""
    drawing = (
        "<svg width=80 height=60><title>Chart</title><rect width=40 height=60 fill=blue /><text y=9>Q1</text></svg>"
    )
    output = rendered(page(tmp_path, drawing))[ArtifactRole.MARKDOWN]
    ((name, image),) = output.images.items()
    assert output.markdown == f"![Chart Q1]({name})"
    assert image.getpixel((2, image.height - 2))[2] > 200
    assert image.getpixel((image.width - 2, image.height - 2)) == (255, 255, 255)


@pytest.mark.parametrize("text", ["1. no list", "# no heading", "- no item", "a <b> & `c` * $5", "![no](x.png)"])
def test_text_like_markdown_is_escaped(tmp_path: Path, text: str) -> None:
    from markdown_it import MarkdownIt

    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    shown = MarkdownIt("commonmark").render(markdown(page(tmp_path, f"<p>{escaped}</p>"))).replace("\\$", "$")
    assert shown == f"<p>{escaped.replace('>', '&gt;')}</p>\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Café “quoted” €"),
        ("gb2312", "中文测试"),
        ("shift_jis", "日本語テスト"),
        ("koi8-r", "Привет"),
        ("iso-2022-jp", "日本"),
        ("utf-16", "Ünïcode 漢"),
    ],
)
def test_declared_encoding_is_used(tmp_path: Path, encoding: str, text: str) -> None:
    """`gb2312` and its like are taken as the larger sets that browsers take them for."""
    path = tmp_path / "page.htm"
    path.write_bytes(
        f"<html><head><meta charset='{encoding}'></head><body><p>{text}</p></body></html>".encode(encoding)
    )
    assert markdown(path) == text


def test_missing_or_wrong_encoding_is_detected(tmp_path: Path) -> None:
    """UTF-8 is UTF-8 whatever the page says; other Latin letters are Windows-1252; controls are no text."""
    path = tmp_path / "page.html"
    path.write_bytes("<meta charset=iso-8859-1><p>Café 漢</p>".encode())
    assert markdown(path) == "Café 漢"
    path.write_bytes("<html><body><p>Café déjà vu, ein Fluß</p></body></html>".encode("latin-1"))
    assert markdown(path) == "Café déjà vu, ein Fluß"
    path.write_text("<p>a\x07b\u00adc &#150; d</p>", encoding="utf-8")
    assert markdown(path) == "abc – d"  # noqa: RUF001 - the dash that the control character stands for


def test_right_to_left_text_keeps_its_order(tmp_path: Path) -> None:
    assert markdown(page(tmp_path, "<p dir=rtl>مرحبا بالعالم</p>")) == "مرحبا بالعالم"


def test_deeply_nested_page_is_read(tmp_path: Path) -> None:
    """Thousands of levels neither end the conversion nor hide the text."""
    assert markdown(page(tmp_path, "<div>" * 5000 + "<p>deep</p>")) == "deep"


def test_binary_file_is_no_page(tmp_path: Path) -> None:
    """Bytes of any kind may hold what looks like an element."""
    from markerd.convert.office.readers.recognition import is_markup

    path = tmp_path / "file"
    binary, empty = bytes(range(1, 256)) * 9 + b"<p >", bytes(99) + b"<p >"
    for content, is_page in ((binary, False), (empty, False), (b"a <b >", True)):
        path.write_bytes(content)
        assert is_markup(path) is is_page


def test_page_followed_by_binary_data_is_refused(tmp_path: Path) -> None:
    """A disk's garbage at the end of a file is no text."""
    path = tmp_path / "page.html"
    path.write_bytes(b"<html><p>text</p>" + bytes(range(256)) * 300)
    with pytest.raises(DocumentError, match="binary data") as caught:
        rendered(path)
    assert (caught.value.kind, caught.value.is_permanent) == ("unreadable", True)


def test_mhtml_page_has_its_pictures(tmp_path: Path) -> None:
    """The pictures of a page saved as a message are found by their location."""
    from email.message import EmailMessage

    message = EmailMessage()
    message.set_content("<h1>Saved</h1><img src='i.png' alt=it>", subtype="html")
    message.make_related()
    message.add_related(picture(), "image", "png", headers=["Content-Location: http://s.org/i.png"])
    message.get_payload()[0]["Content-Location"] = "http://s.org/page.html"  # type: ignore[index]
    path = tmp_path / "saved.mhtml"
    path.write_bytes(message.as_bytes())
    output = rendered(path)[ArtifactRole.MARKDOWN]
    (name,) = output.images
    assert output.markdown == f"# Saved\n\n![it]({name})"


def test_drawing_that_takes_hours_is_left_out(tmp_path: Path) -> None:
    """Twelve lines of `<use>` ask for ten billion squares; the words around it, and those in it, stay."""
    groups = "".join(f"<g id=g{n}>{f'<use href=#g{n - 1} />' * 10}</g>" for n in range(1, 11))
    drawing = f"<svg><text>Squares</text><defs><rect id=g0 width=9 height=9 />{groups}</defs><use href=#g10 /></svg>"
    output = rendered(page(tmp_path, f"<p>Before</p>{drawing}<p>After</p>"))[ArtifactRole.MARKDOWN]
    assert output.images == {}
    assert output.markdown == "Before\n\nSquares\n\nAfter"


def test_text_like_data_uri_stays_text(tmp_path: Path) -> None:
    """Code that has a key `data:`, and metadata, stay whole; a picture in an attribute is still a picture."""
    body = "<pre>$.ajax({url:u,data:d,success:f})</pre><p>metadata:a,b data:1,2 <code>data:image/png;base64,aGk=</code>"
    shown = markdown(page(tmp_path, f"{body}<img alt='Red > blue' src={data_uri(picture())}>"))
    assert "$.ajax({url:u,data:d,success:f})" in shown
    assert "metadata:a,b data:1,2 `data:image/png;base64,aGk=`" in shown
    assert "![Red > blue](_page_0" in shown


@pytest.mark.parametrize("start", [1, 3, 12])
def test_list_in_an_item_is_a_list_whatever_its_first_number(tmp_path: Path, start: int) -> None:
    """A program reads what is written as the same items again: only a list that begins with 1 may follow on text."""
    from markdown_it import MarkdownIt

    path = tmp_path / "a.html"
    path.write_text(f"<ol><li>Law<ol start={start}><li>the act<li>applies</ol><li>Costs</ol>")
    shown = BeautifulSoup(MarkdownIt("commonmark").render(markdown(path)), "html.parser")
    assert [" ".join(item.get_text().split()) for item in shown.select("ol ol li")] == ["the act", "applies"]
    assert shown.select("ol ol")[0].get("start", "1") == str(start)
