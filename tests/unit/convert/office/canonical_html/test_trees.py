"""Trees and texts that are walked in one pass give what the plain ways give."""

from __future__ import annotations

import re

from bs4 import Tag
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.canonical_html.parsing import Element, parse_html
from markerd.convert.office.canonical_html.stretches import replace_stretches

_COMMENT = re.compile("<!--.*?-->|<b>.*?</b>", re.DOTALL)
_ENDS = {"<!--": re.compile("-->"), "<b>": re.compile("</b>")}


@given(st.lists(st.integers(0, 30), max_size=60))
def test_child_is_found_from_any_last_position(places: list[int]) -> None:
    """In any order, with children that look alike, and while children are taken out and put in."""
    parent = Element(name="p")
    children = [Tag(name="i") for _ in range(12)]
    parent.extend(children)
    for place in places:
        child = children[place % 12]
        if child.parent is parent:
            assert parent.contents[parent.index(child)] is child
            child.extract()
        else:
            parent.insert(place % (len(parent.contents) + 1), child)
    assert [parent.index(child) for child in parent.contents] == list(range(len(parent.contents)))


def test_element_of_another_parent_raises_value_error() -> None:
    parent = parse_html("<p><i>a</i></p>").p
    assert isinstance(parent, Element)
    try:
        parent.index(Tag(name="i"))
    except ValueError:
        return
    raise AssertionError("a place for what is no child")


@given(st.lists(st.sampled_from(["<!--", "-->", "<b>", "</b>", "a", "\n", "-", "<"]), max_size=40))
def test_stretches_equal_those_of_a_regular_expression(pieces: list[str]) -> None:
    """Also where openings have no end, or lie within one another."""
    text = "".join(pieces)
    wanted = _COMMENT.sub(lambda found: f"[{found[0]}]", text)
    found = replace_stretches(
        text, re.compile("<!--|<b>"), lambda each: _ENDS[each[0]], lambda written, _: f"[{written}]"
    )
    assert found == wanted
