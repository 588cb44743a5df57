"""Running heads and feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from markerd.convert.embedded.layout.running_headers import Margins, PageLines
from markerd.convert.embedded.layout.running_headers import find_running_heads as margins_of
from markerd.convert.embedded.text_layer.text_line import TextLine

PAGE = (0.0, 0.0, 600.0, 800.0)


def find_left_out(pages: Sequence[PageLines]) -> list[dict[int, str]]:
    """Find the texts that are left out of each page."""
    return [dict(margins.left_out) for margins in margins_of(pages)]


def make_line(y: float, text: str, x: float = 60.0, right: float = 540.0, size: float = 12.0) -> TextLine:
    return TextLine((x, y, right, y + size), text, size)


def make_body(first: str) -> list[TextLine]:
    return [make_line(200 + 20 * i, f"{first} {i}") for i in range(10)]


def test_text_at_one_place_on_three_pages_is_a_running_head() -> None:
    """Its first occurrence is content. Its numbers may count on. Two pages are no evidence."""
    pages = [(PAGE, [make_line(30, f"Report, part {n}"), *make_body(f"page {n}")]) for n in range(4)]
    assert find_left_out(pages) == [{}, *[{0: "PageHeader"}] * 3]
    assert find_left_out(pages[:2]) == [{}] * 2


def test_numbers_that_do_not_count_on_are_content() -> None:
    """A number at one place may be a date or a sum."""
    pages = [(PAGE, [make_line(30, f"Report of May {n * n + 3}"), *make_body(f"page {n}")]) for n in range(4)]
    assert find_left_out(pages) == [{}] * 4


def test_single_page_loses_only_clear_page_numbers() -> None:
    """Text beside or outside a page number is content, and so is a bare number."""
    around = [*make_body("text"), make_line(770, "Annual report", right=200), make_line(784, "Print 3")]
    assert find_left_out([(PAGE, [*around, make_line(770, "- 7 -", x=520)])]) == [{12: "PageFooter"}]
    assert find_left_out([(PAGE, [*around, make_line(770, "Page 1 of 2", x=520)])]) == [{12: "PageFooter"}]
    assert find_left_out([(PAGE, [*around, make_line(770, "7", x=520)])]) == [{}]


def test_chapter_titles_beside_page_numbers_are_running_heads() -> None:
    """They are left out from the second page on; a title on a single page is content."""
    titles = ["Floods", "Floods", "Mills", "Mills", "Mills", "The sea"]
    pages = [
        (PAGE, [make_line(30, title, right=200), make_line(30, f"{n + 7}", x=500), *make_body(f"page {n}")])
        for n, title in enumerate(titles)
    ]
    both = {0: "PageHeader", 1: "PageHeader"}
    number = {1: "PageHeader"}
    assert find_left_out(pages) == [number, both, number, both, both, number]


def test_page_number_at_the_bottom_counts_on_at_the_top() -> None:
    """The first page of a chapter often has its number at the bottom."""
    first, second = [*make_body("text"), make_line(770, "1", x=300)], [make_line(30, "2", x=300), *make_body("more")]
    assert find_left_out([(PAGE, first), (PAGE, second)]) == [{10: "PageFooter"}, {0: "PageHeader"}]


@pytest.mark.parametrize("texts", [["Page 3"], ["Report", "Page 3"]])
def test_only_text_of_a_page_is_kept(texts: list[str]) -> None:
    """A page never loses all its text, whatever the other pages say."""
    only = (PAGE, [make_line(30 + 740 * n, text) for n, text in enumerate(texts)])
    whole = [(PAGE, [make_line(30, "Report"), *make_body(f"page {n}"), make_line(770, f"Page {n}")]) for n in range(3)]
    assert find_left_out([*whole, only])[3] == {}


def test_the_first_occurrence_is_shown() -> None:
    """Later occurrences are shown where heads or feet are asked for."""
    pages = [(PAGE, [make_line(30, "Report"), *make_body(f"page {n}"), make_line(770, f"{n + 4}")]) for n in range(3)]
    first, second, _ = margins_of(pages)
    assert first == Margins({11: "PageFooter"}, {0: "PageHeader"})
    assert second == Margins({0: "PageHeader", 11: "PageFooter"})
    assert second.show_labels({"PageHeader"}) == Margins({11: "PageFooter"}, {0: "PageHeader"})


def test_copies_of_one_letter_have_no_running_heads() -> None:
    """Their first lines stand at one place on each copy, but so does all other text."""
    letters = [
        (PAGE, [make_line(30, "Dear customer,"), *make_body("the same"), make_line(500, f"Number {n}")])
        for n in range(5)
    ]
    assert find_left_out(letters) == [{}] * 5


def test_titles_of_slides_are_kept() -> None:
    """A page wider than high may have one title many times, a little larger than its text."""
    wide = (0.0, 0.0, 800.0, 450.0)
    slides = [(wide, [make_line(20, "Results", size=16.0), *make_body(f"slide {n}")]) for n in range(4)]
    assert find_left_out(slides) == [{}] * 4


def test_last_lines_of_a_text_are_kept() -> None:
    """They are small, short and near the edge, but occur once and without a number."""
    lines = [make_line(20, "A letter's head"), *make_body("text"), make_line(780, "ends here.", right=150)]
    assert find_left_out([(PAGE, lines)]) == [{}]


def test_text_repeated_in_the_middle_is_kept() -> None:
    """A form has the same words on each page."""
    assert find_left_out([(PAGE, make_body("the same"))] * 4) == [{}] * 4


def test_first_line_of_a_text_is_kept() -> None:
    """It may be equal on every page except for numbers, but stands as near to the next line as other lines do."""
    pages = [
        (PAGE, [make_line(30 + 16 * i, f"Record {n}" if i == 0 else "text of the record") for i in range(9)])
        for n in range(3)
    ]
    assert find_left_out(pages) == [{}] * 3


def test_titles_that_differ_in_their_number_are_kept() -> None:
    """They are larger than a running head, or bold."""
    chapters = [(PAGE, [make_line(30, f"Chapter {n}", size=24.0), *make_body(f"page {n}")]) for n in (1, 2, 3)]
    assert find_left_out(chapters) == [{}] * 3
    bold = [(PAGE, [replace(make_line(30, f"Exercise {n}"), is_bold=True), *make_body(f"page {n}")]) for n in (1, 2)]
    assert find_left_out(bold) == [{}] * 2


@pytest.mark.parametrize("text", ["CIVIL", "1984", "IC", "12345"])
def test_a_word_or_a_year_is_no_page_number(text: str) -> None:
    """Other text than a page number gives None."""
    assert find_left_out([(PAGE, [make_line(30, text), *make_body("text")])]) == [{}]


@pytest.mark.parametrize("texts", [("1984", "1985"), ("xiv", "xv"), ("Page 3 of 9", "Page 4 of 9")])
def test_numbers_that_count_on_are_page_numbers(texts: tuple[str, str]) -> None:
    """Arabic and roman numbers are read."""
    assert (
        find_left_out([(PAGE, [make_line(30, text), *make_body("text")]) for text in texts]) == [{0: "PageHeader"}] * 2
    )
