"""Heads and feet of scanned pages that are left out: repeated text, and page numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.layout.scanned_running_headers import ScannedMargin, find_left_out


def make_heads(*texts: str, is_alone: bool = False) -> list[ScannedMargin]:
    """Make one head for each page."""
    return [ScannedMargin(page, "PageHeader", text, is_alone) for page, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Smith & Sons Ltd, 4 Mill Lane, Leeds"], [False]),
        (["Annual Report 2023", "Annual Report 2023"], [False, False]),
        (["Annual Report 2023", "Annual Rep0rt 2023", "Annual Report 2023"], [False, True, True]),
        (["Chapter 1 Mills", "Chapter 2 Mills", "Chapter 3 Mills"], [False, True, True]),
        (["One text", "quite another", "something else"], [False, False, False]),
        (["7", "8", "9"], [True, True, True]),
        (["1984"], [False]),
        (["1984", "12"], [False, False]),
        (["Page 3"], [True]),
    ],
    ids=[
        "letter",
        "two pages",
        "misread head",
        "numbered head",
        "different",
        "counting",
        "a year",
        "no counting",
        "page 3",
    ],
)
def test_repeated_heads_are_left_out(texts: list[str], expected: list[bool]) -> None:
    """A head is left out from its second occurrence on, where at least three pages have it."""
    assert find_left_out(make_heads(*texts)) == expected


@given(st.lists(st.text(max_size=20), max_size=8))
def test_only_text_of_a_page_is_never_left_out(texts: list[str]) -> None:
    """A page without other text keeps its head."""
    assert not any(find_left_out(make_heads(*texts, is_alone=True)))


@given(st.lists(st.sampled_from(["a head of the book", "another head", "12", "Index"]), max_size=12))
def test_each_text_is_shown_once_at_least(texts: list[str]) -> None:
    """The first occurrence of repeated text is content; bare numbers are not."""
    shown = {text for text, is_out in zip(texts, find_left_out(make_heads(*texts)), strict=True) if not is_out}
    assert shown >= {text for text in texts if not text.isdigit()}
