"""Text of documents stays text in Markdown, whatever it looks like and wherever it stands."""

from __future__ import annotations

import html

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markerd.convert.sandbox import environment
from rendering import seen_in_markdown

environment.apply_environment(1)
pytestmark = pytest.mark.filterwarnings("ignore")  # marker's and its libraries' own warnings

LINK = "http://ours.org/a"
HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](http://evil.org/p)",
    "[a [b](http://evil.org)", "[", "](http://evil.org)", "]: http://evil.org", "[x]: http://evil.org", "[x]", "<", "!",
    "script>", "<http://evil.org>", "<a@evil.org>", "&lt;script&gt;", "&", "lt;", "`", "```", "~~~", "\\", "\\]", "$",
    "|", "---", "***", "===", "+++", "- x", "1. x", "# x", "> x", "    x", "<!--", "-->", "</p>", "<div>", "(", ")",
    ":", "a",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join).map(html.escape)


def _inlines() -> st.SearchStrategy[str]:
    def within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        held = st.lists(inner, max_size=3).map("".join)
        wrapped = st.sampled_from(["b", "i", "u", "code", "sub", "sup", "del", "q", "math", "span"])
        return st.builds(lambda name, inside: f"<{name}>{inside}</{name}>", wrapped, held)

    return st.recursive(TEXTS | st.sampled_from(["<br>", " ", ""]), within, max_leaves=4)


INLINES = st.lists(_inlines(), min_size=1, max_size=4).map("".join)
LINKED = st.builds(lambda before, inside, after: f"{before}<a href='{LINK}'>{inside}</a>{after}", TEXTS, TEXTS, TEXTS)


def _blocks() -> st.SearchStrategy[str]:
    def block(names: list[str], inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(lambda name, held: f"<{name}>{held}</{name}>", st.sampled_from(names), inside)

    simple = block(["p", "h1", "h3", "pre", "blockquote", "div"], INLINES)
    simple |= INLINES.map(
        lambda inside: f"<table><tr><th>{inside}</th><td>b</td></tr><tr><td>{inside}</td></tr></table>"
    )
    simple |= TEXTS.map(lambda inside: f"<p><math display='block'>{inside}</math></p>")
    simple |= TEXTS.map(lambda inside: f'<p><img src="p.png" alt="{inside}">{inside}</p>')
    return st.recursive(
        simple,
        lambda inner: st.builds(
            lambda names, held: f"<{names[0]}><{names[1]}>{held}</{names[1]}></{names[0]}>",
            st.sampled_from([("ul", "li"), ("ol", "li"), ("dl", "dt"), ("dl", "dd"), ("blockquote", "p")]),
            st.lists(inner | INLINES, min_size=1, max_size=2).map("".join),
        ),
        max_leaves=3,
    )


def markdown(markup: str) -> str:
    from markerd.convert.rendering.renderers import MarkdownRenderer

    return str(MarkdownRenderer().md_cls.convert(markup)).strip()


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(blocks=st.lists(_blocks(), min_size=1, max_size=3).map("".join))
def test_text_never_becomes_element_or_link(blocks: str) -> None:
    seen = seen_in_markdown(markdown(blocks))
    assert seen.faults == []
    assert seen.links == []
    assert set(seen.pictures) <= {"p.png"}


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(inside=LINKED)
def test_link_stays_the_only_link(inside: str) -> None:
    seen = seen_in_markdown(markdown(f"<p>{inside}</p>"))
    assert seen.faults == []
    assert [address for address, _ in seen.links] == [LINK]
    assert seen.pictures == []


@pytest.mark.parametrize("first", ["---", "---  ", "+++", "-----"])
@pytest.mark.parametrize("element", ["p", "div", "dt", "figcaption"])
def test_first_line_never_begins_front_matter(first: str, element: str) -> None:
    text = markdown(f"<{element}>{first}</{element}><p>title: x</p><{element}>{first}</{element}>")
    assert not text.startswith(("---", "+++"))
    assert seen_in_markdown(text).text.split()[0] == first.strip()


@pytest.mark.parametrize("address", ["script", "img/src=x/onerror=alert(1)", "!--", "a@evil.org"])
def test_link_named_by_its_address_is_no_tag(address: str) -> None:
    seen = seen_in_markdown(markdown(f'<p><a href="{address}">{address}</a></p>'))
    assert seen.faults == []
    assert [text for _, text in seen.links] == [address]
