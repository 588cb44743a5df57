"""What the measuring of conversions calls alike."""

from __future__ import annotations

import pytest

from fidelity_measures import Shown, found_share, likeness, order, recall, words


def test_words_are_plain_and_joined_over_lines() -> None:
    """Ligatures, case and a hyphen at a line's end are no difference; Chinese counts by characters."""
    assert words("The ﬁne infor-\nmation of WELL-known 1st items") == [
        "the", "fine", "information", "of", "well", "known", "1st", "items",
    ]  # fmt: skip
    assert words("文字 ab") == ["文", "字", "ab"]


def test_a_ligature_that_pdfium_reads_backwards_is_no_difference() -> None:
    """Lam-alef, also as one sign."""
    assert words("\u0627\u0644\u0645") == words("\u0644\u0627\u0645") == words("\ufefb\u0645")
    assert words("\u0644\u0645") != words("\u0645\u0644")


def test_recall_counts_each_word_as_often_as_it_is_wanted() -> None:
    """A word that is there once and wanted twice is half recalled; nothing wanted is all recalled."""
    assert recall(words("one two two four"), words("two one")) == 0.5
    assert recall([], ["more"]) == 1.0


def test_recall_looks_through_hyphens() -> None:
    """Long words that only one side has in two halves are there; a missing one is not."""
    assert recall(["information", "about"], ["infor", "mation", "about"]) == 1.0
    assert recall(["information", "absent"], ["infor", "mation", "about"]) == 0.5


def test_order_falls_with_what_is_moved() -> None:
    """The same words in another order are less alike than in the same."""
    text = words("alpha beta gamma delta epsilon zeta")
    assert order(text, text) == 1.0
    assert order(text, text[3:] + text[:3]) < 0.5


def test_markdown_counts_as_it_is_shown() -> None:
    """Emphasis, escapes and links are the words that they show; cells and headings are told apart."""
    shown = Shown(
        "# A *great* heading\n\n[A link](http://example.org) and 3\\. item\n\n| a | b |\n|--|--|\n| c d | |\n"
    )
    assert shown.headings == ["a great heading"]
    assert shown.cells == ["a", "b", "c d"]
    assert shown.words == ["a", "great", "heading", "a", "link", "and", "3", "item", "a", "b", "c", "d"]


def test_the_numbers_of_a_list_are_shown() -> None:
    """As a browser counts them, from where the list begins."""
    assert Shown("Then:\n\n3. weigh\n4. grind\n").words == ["then", "3", "weigh", "4", "grind"]


@pytest.mark.parametrize(
    ("wanted", "got", "share"),
    [([], ["x"], None), (["methods"], ["2 methods"], 1.0), (["a b"], [], 0.0), (["same", "same"], ["same"], 0.5)],
)
def test_found_texts_count_once(wanted: list[str], got: list[str], share: float | None) -> None:
    """Alike is enough; one found text cannot stand for two wanted ones."""
    assert found_share(wanted, got, 80) == share


def test_likeness_of_a_text_to_itself_is_whole() -> None:
    """And what one side lacks shows in recall, what it has more in precision."""
    whole = Shown("## Title\n\nSome words that stand here.\n")
    assert likeness(whole, whole).recall == likeness(whole, whole).order == likeness(whole, whole).headings == 1.0
    part = likeness(whole, Shown("Some words that stand here.\n"))
    assert part.recall < 1.0 == part.precision
    assert part.headings == 0.0
