"""How much of a text is in another: words found however they are cut, and none taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.checks.coverage import extract_text, find_missing_words, measure_coverage, split_words

WORDS = st.lists(st.text("abcdefghij", min_size=1, max_size=9), max_size=40)


@given(WORDS, st.randoms())
def test_order_does_not_count(words: list[str], chance: object) -> None:
    """A page's words in any order are all there."""
    shuffled = list(words)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert measure_coverage(words, shuffled) == 1.0


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=30))
def test_output_without_a_word_covers_nothing(words: list[str]) -> None:
    """Nothing is found in nothing."""
    assert measure_coverage(words, []) == 0.0
    assert find_missing_words(words, []) == words


@given(WORDS, st.integers(0, 39))
def test_long_word_that_is_nowhere_is_missing(words: list[str], place: int) -> None:
    """One word that the output has not is the only one that is missing."""
    lost = "zzzzzzzz"
    source = [*words[:place], lost, *words[place:]]
    assert find_missing_words(source, words) == [lost]


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("the exam\x02\r\nple ends", "the example ends"),
        ("the well-known board", "the wellknown board"),
        ("A n n u a l report", "Annual report"),
        ("ﬁnal oﬀer", "final offer"),
        ("Ko\u0308ln", "Köln"),
        ("soft\u00adware", "software"),
        ("H2O molecules", "H 2 O molecules"),
        ("東京都の人口", "東京 都の\n人口"),
        ("שלום", "םולש"),
    ],
    ids=["hyphen", "compound", "letterspaced", "ligature", "accent", "soft hyphen", "subscript", "chinese", "hebrew"],
)
def test_words_that_are_cut_or_written_otherwise_are_found(source: str, output: str) -> None:
    """The same text in another form is whole."""
    assert find_missing_words(split_words(source), split_words(output)) == []


def test_word_that_stands_twice_must_come_out_twice() -> None:
    """A row that repeats the one above is no less lost for that."""
    assert find_missing_words(split_words("total 12 total 12"), split_words("total 12")) == ["total", "12"]


def test_short_word_is_not_found_within_another() -> None:
    """An "a" is in nearly every word."""
    assert find_missing_words(["a", "cat"], ["concatenate"]) == ["a", "cat"]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one<b>two</b> <i>three</i></p><p>four</p>", ["onetwo", "three", "four"]),
        ("<table><tr><td>1</td><td>2</td></tr></table>", ["1", "2"]),
        ("<p>x<sup>2</sup> &amp; 3&#x34;</p>", ["x2", "34"]),
        ('<img src="a.png" alt="a diagram">', ["a", "diagram"]),
        ('<ol start="7"><li>seven</li><li>eight<ul><li>dot</li></ul></li></ol>', ["7", "seven", "8", "eight", "dot"]),
    ],
)
def test_html_says_what_its_reader_sees(html: str, words: list[str]) -> None:
    """Cells are apart, letters of one word together, pictures and numbers of lists say what they show."""
    assert split_words(extract_text(html)) == words
