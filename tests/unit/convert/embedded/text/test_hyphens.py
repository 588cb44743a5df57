"""Hyphens at the ends of lines: those of compounds stay, those that break a word go."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.text.hyphens import OwnWords, is_english_compound
from markerd.convert.embedded.text.line_joining import join_lines

COMPOUNDS = """
    well-known long-term high-quality state-owned self-esteem short-lived open-source decision-making full-text
    real-time fine-tuned middle-class high-level low-cost cross-border part-time free-trade old-fashioned left-handed
    good-looking six-month two-thirds world-class
"""
BROKEN = """
    man-agement board-ed hyper-parameter non-linear sub-section over-view under-stand in-formation break-down ma-chine
    learn-ing con-cept net-work out-put bench-mark hand-written work-shop trans-former en-coder re-use co-operation
    pre-processing multi-column be-wusst
"""


@pytest.mark.parametrize("word", COMPOUNDS.split())
def test_hyphen_of_an_english_compound_stays(word: str) -> None:
    """Both parts are usual words, and nobody writes them as one."""
    first, second = word.split("-")
    assert is_english_compound(first, second)
    assert join_lines([f"This is {first}-", f"{second} here"]) == f"This is {word} here"


@pytest.mark.parametrize("word", BROKEN.split())
def test_hyphen_that_breaks_a_word_goes(word: str) -> None:
    """The whole is a word, or its parts are none that are used by themselves."""
    first, second = word.split("-")
    assert not is_english_compound(first, second)
    assert join_lines([f"This is {first}-", f"{second} here"]) == f"This is {first}{second} here"


def test_own_words_of_the_document_decide_first() -> None:
    """What the document writes elsewhere inside a line is how it writes the word at a line's end."""
    joined = OwnWords(["A longterm plan"])
    hyphenated = OwnWords(["The sub-section says so, and Zell-wand too"])
    assert not joined.keeps_hyphen("for the long-", "term plan")
    assert hyphenated.keeps_hyphen("in this sub-", "section")
    assert hyphenated.keeps_hyphen("die Zell-", "wand")
    assert join_lines(["in this sub-", "section"], hyphenated) == "in this sub-section"


def test_own_words_leave_out_words_that_lines_break() -> None:
    """The beginning of a broken word is no word of the document, and says nothing of itself."""
    assert not OwnWords(["the manage-", "ment of it"]).keeps_hyphen("the manage-", "ment of it")


@pytest.mark.parametrize(
    ("line", "next_line"), [("no hyphen", "here"), ("1990-", "1995"), ("a dash -", "then"), ("", "")]
)
def test_line_without_a_broken_word_keeps_nothing(line: str, next_line: str) -> None:
    """A dash between numbers or words is no hyphen of a word."""
    assert not OwnWords().keeps_hyphen(line, next_line)


def test_line_of_nothing_but_hyphens_costs_little() -> None:
    """Half a million letters and hyphens are gone through once for each line that ends in one."""
    line = "q-" * 250_000
    words = OwnWords([line] * 3)
    assert not words.keeps_hyphen(line, "q")
    assert join_lines([line] * 3).count("q") == 750_000
