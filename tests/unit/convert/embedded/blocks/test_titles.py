"""Headings that a document as a whole shows: by the type that they share, the white around them, their numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.blocks.titles import find_titles
from markerd.convert.embedded.text_layer.outline import OutlineEntry
from markerd.convert.embedded.text_layer.text_line import TextLine

SIZE, LEFT, RIGHT = 12.0, 60.0, 540.0
FULL = "a line of running text that fills the column from its left side to the right"
NAMES = ("Introduction", "Where the data come from", "Costs by region", "What remains")
Part = tuple[str, float, dict[str, Any]]


def lay_out(*parts: Part) -> list[TextLine]:
    """Lines below each other: the text, the white above it in points, and the type."""
    lines, top = [], 60.0
    for text, white, type_ in parts:
        size = float(type_.get("size", SIZE))
        top += white
        right = RIGHT if text == FULL else LEFT + 6 * len(text)
        line = TextLine((LEFT, top, right, top + size), text, size, family="serif")
        lines.append(replace(line, **type_))
        top += size
    return lines


def write_sections(
    names: tuple[str, ...], white: float = 10, below: float = 4, paragraph: float = 8, **type_: Any
) -> list[TextLine]:
    """A document of sections with two paragraphs of three lines each."""
    text: list[Part] = [(FULL, paragraph, {}), (FULL, 2, {}), ("and its end.", 2, {})]
    return lay_out(*(part for name in names for part in [(name, white, type_), (FULL, below, {}), *text[1:], *text]))


def find_texts(*pages: list[TextLine]) -> list[str]:
    found = find_titles(pages, [frozenset()] * len(pages))
    return [page[i].text for page, own in zip(pages, found, strict=True) for i in sorted(own)]


LOOKS: dict[str, dict[str, Any]] = {
    "coloured": {"colour": 0x0066CC},
    "slanted": {"is_italic": True},
    "underlined": {"is_underlined": True},
    "of another family": {"family": "sans"},
    "a little larger": {"size": 13.0},
    "small and bold": {"size": 10.5, "is_bold": True},
    "of one width": {"family": "mono", "is_mono": True},
}


@pytest.mark.parametrize("look", LOOKS)
def test_lines_of_one_type_before_text_are_headings(look: str) -> None:
    """Whatever the type is: nothing but that the document uses it for lines that stand alone before its text."""
    assert find_texts(write_sections(NAMES, **LOOKS[look])) == list(NAMES)


def test_capitals_are_a_type() -> None:
    names = tuple(name.upper() for name in NAMES)
    assert find_texts(write_sections(names)) == list(names)


@pytest.mark.parametrize(
    "names",
    [
        ("1. Introduction", "2. Sources", "2.1 Costs", "2.2 Prices", "3. What remains"),
        ("I. Introduction", "II. Sources", "III. Costs", "IV. What remains"),
        ("一、引言", "二、方法", "三、结论"),
        ("第一章 引言", "第二章 方法", "第三章 结论"),
    ],
)
def test_numbers_that_follow_each_other_are_of_headings(names: tuple[str, ...]) -> None:
    """They need no type of their own, and no more white than a paragraph."""
    assert find_texts(write_sections(names, white=8, below=8)) == list(names)


def test_white_alone_makes_headings() -> None:
    assert find_texts(write_sections(NAMES, white=16, below=6)) == list(NAMES)


@pytest.mark.parametrize(
    "names",
    [
        ("A short paragraph.", "Another short one."),
        ("Name:", "Address:"),
        ("• Flour", "• Water"),
        ("Table 1. Prices", "Table 2. Costs"),
        ("continued from above", "and further on"),
    ],
)
@pytest.mark.parametrize("look", ["coloured", "slanted"])
def test_what_only_stands_alone_is_no_heading(names: tuple[str, ...], look: str) -> None:
    """Sentences, labels, items of lists, captions, and parts of sentences."""
    assert find_texts(write_sections(names, **LOOKS[look])) == []


def test_emphasised_lines_in_a_paragraph_are_no_headings() -> None:
    lines = lay_out(*[(FULL, 2, {"is_italic": number % 4 == 1}) for number in range(24)])
    assert find_texts(lines) == []


def test_one_line_of_its_own_type_is_no_heading() -> None:
    """One is no type that a document sets its headings in: it may be a dedication."""
    assert find_texts(write_sections(NAMES[:1], is_italic=True)) == []


def test_heads_of_a_table_are_no_headings() -> None:
    """They stand beside each other."""
    text = write_sections(NAMES, white=8, below=8, paragraph=8)
    heads = [
        replace(line, colour=1, box=(LEFT + shift, line.box[1], LEFT + shift + 90, line.box[3]), text="Price")
        for line in text[:: len(text) // 4]
        for shift in (0, 200, 400)
    ]
    rest = [line for number, line in enumerate(text) if number % (len(text) // 4)]
    assert find_texts([*heads, *rest]) == []


def test_tagged_lines_are_headings() -> None:
    """What the PDF itself calls a heading is one, once or often."""
    lines = write_sections(("What the author says",), white=8, below=8)
    assert find_texts([replace(lines[0], is_tagged=True), *lines[1:]]) == ["What the author says"]


def test_running_heads_are_no_headings() -> None:
    page = write_sections(NAMES, colour=1)
    assert find_titles([page], [frozenset(range(len(page)))]) == [frozenset()]


boxes = st.tuples(*(st.floats(0, 800) for _ in range(4))).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)
any_line = st.builds(
    TextLine, boxes, st.text(max_size=30), st.floats(0, 40), colour=st.integers(0, 2), is_bold=st.booleans()
)


@given(st.lists(st.lists(any_line, max_size=12), max_size=3))
def test_any_lines_are_read(pages: list[list[TextLine]]) -> None:
    """Lines at any place and of any type: each index found is one of its page."""
    found = find_titles(pages, [frozenset()] * len(pages))
    assert all(own <= set(range(len(page))) for page, own in zip(pages, found, strict=True))


@pytest.mark.parametrize(
    ("title", "lines", "found"),
    [
        ("What the author says", ["What the author says"], ["What the author says"]),
        ("What the author says", ["1.2 What the author says"], ["1.2 What the author says"]),
        ("1.2 What the author says", ["What the Author Says"], ["What the Author Says"]),
        (
            "What the author says and means",
            ["What the author says", "and means"],
            ["What the author says", "and means"],
        ),
        ("Table 1. Prices", ["Table 1. Prices"], []),
        ("Contents", ["What the author says"], []),
        ("", ["What the author says"], []),
    ],
)
def test_lines_that_the_outline_names_are_headings(title: str, lines: list[str], found: list[str]) -> None:
    """With the number of the section or without, on one line or two, in small letters or capitals; captions stay."""
    text = lay_out((FULL, 0, {}), *((line, 2, {}) for line in lines), *((FULL, 2, {}) for _ in range(6)))
    assert _find_by_outline([text], OutlineEntry(title, 0)) == found
    assert _find_by_outline([text], OutlineEntry(title, None)) == found


def test_a_title_is_looked_for_on_its_page_and_in_its_largest_type() -> None:
    """A table of contents has the same titles, and so may another page."""
    text: list[Part] = [(FULL, 2.0, {})] * 6
    first = lay_out(("Prices", 0, {}), *text)
    second = lay_out(("Prices", 0, {}), *text, ("Prices", 2, {"size": 13.0}), *text)
    found = find_titles([first, second], [frozenset()] * 2, [OutlineEntry("Prices", 1)])
    assert found == [frozenset(), frozenset({7})]


def _find_by_outline(pages: list[list[TextLine]], entry: OutlineEntry) -> list[str]:
    found = find_titles(pages, [frozenset()] * len(pages), [entry])
    return [page[i].text for page, own in zip(pages, found, strict=True) for i in sorted(own)]
