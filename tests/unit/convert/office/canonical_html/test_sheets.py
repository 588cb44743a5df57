"""Style sheets of pages: their selectors mean the same elements as in soupsieve, within a bounded number of tries."""

from __future__ import annotations

import logging

import pytest
import soupsieve
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.canonical_html import sheets
from markerd.convert.office.canonical_html.sheets import Sheets, _Elements

PAGE = """<body class="page"><div id="x" class="a b"><p class="a">1</p><p>2<span class="c">3</span></p></div>
    <section><p class="b c">4</p><span>5</span><ul><li>6</li><li class="a">7</li></ul></section></body>"""
PARTS = [
    "p", "span", "div", "li", "section", ".a", ".b", ".c", "p.a", "p.b.c", "#x", ".missing", ":first-child",
    "li:nth-child(2)", "p:not(.a)", ":is(.a, span)", "[class]", "span.c", "P",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3), st.sampled_from([" ", " > ", " + ", " ~ "]))
def test_selectors_mean_what_soupsieve_says(parts: list[str], combinator: str) -> None:
    """The elements are looked up by the last part of the selector, and none is missed or added."""
    soup = BeautifulSoup(PAGE, "html.parser")
    selector = combinator.join(parts)
    assert [id(e) for e in _Elements(soup).select(selector)] == [id(e) for e in soupsieve.select(selector, soup)]


@pytest.mark.parametrize("selector", ["", "*", "p:", "p::before", "p >", ">", "{", ".a..b", "p:unknown(", "@x"])
def test_selector_that_is_none_means_nothing(selector: str) -> None:
    """What nobody understands, and what says something of all elements, changes nothing."""
    assert _Elements(BeautifulSoup(PAGE, "html.parser")).select(selector) == []


@pytest.mark.parametrize("selector", ["div p", "p ~ p", "p:nth-child({n}) ~ p > span"])
def test_many_rules_for_many_elements_end_early(
    selector: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The first rules hold, the log names what was left out, and the number of tries is bounded."""
    monkeypatch.setattr(sheets, "_MOST_TESTS", 2_000)
    rules = "".join(f"{selector.format(n=number)} {{ font-weight: bold }}" for number in range(1, 60))
    body = "<p class='first'>0</p>" + "<p><span>x</span></p>" * 60
    soup = BeautifulSoup(f"<style>p.first {{ color: red; font-style: italic }}{rules}</style><div>{body}</div>", "lxml")
    with caplog.at_level(logging.WARNING):
        made = Sheets(soup)
    assert made.read(soup.find_all("p")[0], "font-style") == "italic"
    assert made._elements._tests <= 2_000
    assert "too many rules" in caplog.text
