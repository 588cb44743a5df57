"""HTML: emphasis by styles, and tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.canonical_html.emphasis import MARKS, regroup_all
from structured import markdown, page


@pytest.mark.parametrize(
    ("style", "body", "shown"),
    [
        ("", "<span style='font-weight: 700'>a</span>", "**a**"),
        ("", "<span style='font: italic 12px serif'>a</span>", "*a*"),
        ("", "<b style='font-weight:normal'>a <b>b</b></b>", "a **b**"),
        ("", "<b>a <span style='font-weight:normal'>b</span> c</b>", "**a** b **c**"),
        (".x{font-weight:bold} .y{font-style:italic}", "<p class='x y'>a", "***a***"),
        (".x{text-decoration:line-through red}", "<div class=x><p>a</p><p>b</p></div>", "~~a~~\n\n~~b~~"),
        (".x{vertical-align:super}", "m<span class=x>2</span>", "m<sup>2</sup>"),
        (".x{font-weight:bold} p span.x{font-weight:400}", "<p><span class=x>a</span>", "a"),
        ("#i{font-weight:400} .x{font-weight:700}", "<span id=i class=x>a</span>", "a"),
        (".x{font-weight:700!important} #i{font-weight:400}", "<span id=i class=x>a</span>", "**a**"),
        ("b{font-weight:inherit} *{font-weight:400}", "<b>a</b>", "**a**"),
        ("body{font-weight:bold} h1{font-weight:bold}", "<h1>a</h1>b", "# a\n\nb"),
        (".x{display:none} .x.y{display:inline}", "a<span class=x>b</span><span class='x y'>c</span>", "ac"),
        (".x{visibility:hidden}", "a<span class=x>b</span><span style='mso-hide:all'>c</span>", "a"),
    ],
)
def test_styles_stress_hide_and_take_back(tmp_path: Path, style: str, body: str, shown: str) -> None:
    """The rule that a browser would follow holds: by importance, ids, classes, types and order."""
    assert markdown(page(tmp_path, body, f"<style>{style}</style>")) == shown


def test_boxes_before_items_are_tasks(tmp_path: Path) -> None:
    body = "<ul><li><input type=checkbox checked> done</li><li>☐ open</li><li>text ☐ within</li></ul>"
    assert markdown(page(tmp_path, body)) == "- [x] done\n- [ ] open\n- text ☐ within"


def _nest(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    children = st.lists(inner, max_size=4).map("".join)
    return st.builds(lambda name, inside: f"<{name}>{inside}</{name}>", st.sampled_from(MARKS), children)


_MARKUP = st.recursive(st.text("abc ", min_size=1, max_size=3), _nest, max_leaves=20)


@given(st.lists(_MARKUP, max_size=5).map("".join))
def test_regrouped_emphasis_says_the_same(markup: str) -> None:
    """Each character keeps its marks, and no mark stands within itself."""
    soup = BeautifulSoup(f"<p>{markup}</p>", "html.parser")
    before = _list_marked(soup)
    regroup_all(soup)
    assert _list_marked(soup) == before
    assert not [mark for mark in MARKS if soup.select(f"{mark} {mark}")]


def _list_marked(soup: BeautifulSoup) -> list[tuple[str, frozenset[str]]]:
    return [
        (character, frozenset(parent.name for parent in text.parents if parent.name in MARKS))
        for text in soup.find_all(string=True)
        for character in str(text)
    ]
