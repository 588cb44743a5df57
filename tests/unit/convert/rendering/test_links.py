"""Where links may lead, and the signs that their addresses are written with."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from markerd.convert.rendering.links import SCHEMES, clean_destination, escape_for_html, escape_for_markdown

_PIECES = st.sampled_from(
    ["javascript", "JaVaScRiPt", "data", "vbscript", "file", "http", "mailto", ":", "//", "\\\\", "/", "(", ")", "<",
     ">", "[", "]", "'", '"', "`", "|", "&", "&#58;", "&colon;", "%3A", "%", " ", "\t", "\n", "\x00", "\u202e",
     "\u2028", "\udc80", "alert(1)", "script", "example.org", "#", "?", "@", "é", "文"]
)  # fmt: skip
ADDRESSES = st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("http://e.org/a?b=1&c=2#d", "http://e.org/a?b=1&c=2#d"),
        ("https://e.org/wiki/A_(b)", "https://e.org/wiki/A_(b)"),
        ("http://e.org/a b", "http://e.org/a%20b"),
        ("http://[::1]:80/x[1]", "http://[::1]:80/x%5B1%5D"),
        ("mailto:a@e.org?subject=b", "mailto:a@e.org?subject=b"),
        ("tel:+49 30", "tel:+49%2030"),
        ("ftp://e.org", "ftp://e.org"),
        ("//e.org/a", "https://e.org/a"),
        ("#page-1-2", "#page-1-2"),
        ("chapter.html#b", "chapter.html#b"),
        ("../a/b:c", "../a/b:c"),
        ("http://e.org/straße/文", "http://e.org/straße/文"),
    ],
)
def test_ordinary_address_stays_unchanged(written: str, address: str) -> None:
    assert clean_destination(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", " \x01javascript:alert(1)", "java\nscript:alert(1)",
        "java\tscript\n:alert(1)", "javascript :alert(1)", "vbscript:x", "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd", "file:\\\\server\\share", "\\\\server\\share", "/\\server\\share", "\\/server/share",
        "C:\\Windows\\x.exe", "blob:http://e.org/1", "javascript&colon;alert(1)", "java&#115;cript:alert(1)",
        "javascript%3Aalert(1)", "javascript%253Aalert(1)", "&#x6A;avascript&#58;alert(1)", "view-source:x", "smb://x/y",
        "ms-msdt:/id", "", "  ",
    ],
)  # fmt: skip
def test_address_that_runs_code_or_opens_files_is_dropped(written: str) -> None:
    assert clean_destination(written) is None


def test_characters_that_end_a_link_are_encoded() -> None:
    assert clean_destination("http://e.org/)<script>alert(1)</script>") == (
        "http://e.org/%29%3Cscript%3Ealert%281%29%3C/script%3E"
    )
    assert clean_destination("http://e.org/' onclick='alert(1)") == "http://e.org/%27%20onclick=%27alert(1)"
    assert clean_destination("http://e.org/a\\b`c|d") == "http://e.org/a%5Cb%60c%7Cd"
    assert escape_for_markdown("http://e.org/?a&copy;") == "http://e.org/?a&amp;copy;"


@given(written=ADDRESSES)
def test_any_address_has_known_scheme_and_no_ending_character(written: str) -> None:
    address = clean_destination(written)
    if address is None:
        return
    scheme = re.match(r"([^/?#]*?):", address)
    assert scheme is None or scheme[1].lower() in SCHEMES
    assert not re.search(r"[\s<>\"'`\\|\x00-\x1f]", address)
    assert (
        not unquote(html.unescape(address)).lower().lstrip().startswith(("javascript:", "data:", "file:", "vbscript:"))
    )
    assert clean_destination(address) == address
    assert html.unescape(escape_for_html(address)) == address


@given(written=ADDRESSES)
@example(written="//¡")  # the host of which is written in ASCII where it is read
def test_markdown_and_browsers_read_the_same_address(written: str) -> None:
    from bs4 import BeautifulSoup
    from markdown_it import MarkdownIt

    address = clean_destination(written)
    if address is None:
        return
    markdown = MarkdownIt("commonmark")
    shown = BeautifulSoup(markdown.render(f"a [text]({escape_for_markdown(address)}) b"), "html.parser")
    (link,) = shown.find_all("a")
    assert shown.get_text().strip() == "a text b"
    assert unquote(str(link["href"])) == unquote(markdown.normalizeLink(address))
    (attribute,) = BeautifulSoup(f"<a href='{escape_for_html(address)}'>x</a>", "html.parser").find_all("a")
    assert attribute["href"] == address
