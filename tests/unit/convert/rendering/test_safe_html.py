"""The last look at HTML: what is safe stays to the letter, what is not leaves its text."""

from __future__ import annotations

import html
import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.rendering.links import SCHEMES
from markerd.convert.rendering.safe_html import is_safe, make_safe

_STRIPPED = re.compile(r"^[\x00-\x20]+|[\t\n\r]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
"""As a browser reads an address (the URL standard of WHATWG): what begins in another way is relative."""
_PIECES = st.sampled_from(
    ["<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "<script>", "</script>", "<svg onload=x>",
     "<a href=", "<a href='http://e.org'>", "</a>", "<img src=x onerror=alert(1)>", "<p>", "</p>", "<style>", "<math>",
     "<b", " onclick=alert(1)", "javascript:alert(1)", "'", '"', "=", " ", "text", "&lt;script&gt;", "&",
     "<iframe srcdoc='", "<td>"]
)  # fmt: skip


@pytest.mark.parametrize(
    "markup",
    [
        "<p block-type='Text'>a &lt;b&gt; <b>c</b><br/>d<br></p>",
        "<p>see <a href='http://e.org/?a=1&amp;b=2'>e</a> <span id=\"page-1-2\"></span></p>",
        "<ul><li block-type='ListItem' class='indent'><content-ref src='/page/0/Line/3'></content-ref></li></ul>",
        '<img src="_page_0_Picture_1.jpeg" alt="it\'s">',
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8" /></head><body>1 > 0</body></html>',
        "<math display='block'>a &lt; b</math>",
    ],
)
def test_safe_html_stays_unchanged(markup: str) -> None:
    assert is_safe(markup)
    assert make_safe(markup) == markup


def test_unsafe_element_leaves_its_text() -> None:
    assert make_safe("<p>a<script>alert(1)</script>b</p>") == "<p>aalert(1)b</p>"
    assert make_safe("<p onclick='x'>a</p>") == "<p>a</p>"
    assert make_safe("<a href='javascript:alert(1)'>a</a>") == "a"
    assert make_safe("<a href='http://e.org' onmouseover='x'>a</a>") == '<a href="http://e.org">a</a>'
    assert make_safe("<iframe src='http://e.org'>a</iframe><!-- b -->") == "a"
    assert make_safe("<img src='http://e.org/spy.gif' alt='a'>") == "a"
    assert make_safe("<script>if (a < b) { x = '</b>' }</script>") == "if (a &lt; b) { x = '&lt;/b&gt;' }"


@given(markup=st.lists(_PIECES, max_size=14).map("".join))
def test_any_html_becomes_safe(markup: str) -> None:
    found = make_safe(markup)
    assert is_safe(found)
    for parser in ("html.parser", "lxml"):
        for element in BeautifulSoup(found, parser).find_all(True):
            assert element.name not in ("script", "style", "svg", "iframe", "object", "link", "base", "form")
            assert not [name for name in element.attrs if name.startswith("on") or name in ("style", "srcdoc")]
            for name in ("href", "src"):
                scheme = _SCHEME.match(_STRIPPED.sub("", html.unescape(str(element.get(name, "")))))
                assert scheme is None or scheme.group(1).lower() in SCHEMES
