"""Running heads and feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from markerd.convert.embedded.layout.running_headers import Margins, PageLines
from markerd.convert.embedded.layout.running_headers import find_running_heads as margins_of
from markerd.convert.embedded.text_layer.text_line import TextLine

PAGE = (0.0, 0.0, 600.0, 800.0)


def running(pages: Sequence[PageLines]) -> list[dict[int, str]]:
    """What is left out."""
    return [dict(margins.left_out) for margins in margins_of(pages)]


def line(y: float, text: str, x: float = 60.0, right: float = 540.0, size: float = 12.0) -> TextLine:
    return TextLine((x, y, right, y + size), text, size)


def body(first: str) -> list[TextLine]:
    return [line(200 + 20 * i, f"{first} {i}") for i in range(10)]


def test_what_stands_at_one_place_on_three_pages_runs() -> None:
    """The first time it is content. Numbers in it may count on; on two pages it is no evidence."""
    pages = [(PAGE, [line(30, f"Report, part {n}"), *body(f"page {n}")]) for n in range(4)]
    assert running(pages) == [{}, *[{0: "PageHeader"}] * 3]
    assert running(pages[:2]) == [{}] * 2


def test_numbers_that_do_not_count_on_are_content() -> None:
    """What stands at one place may be a date, or a sum."""
    pages = [(PAGE, [line(30, f"Report of May {n * n + 3}"), *body(f"page {n}")]) for n in range(4)]
    assert running(pages) == [{}] * 4


def test_on_a_single_page_nothing_runs_but_what_can_be_nothing_else() -> None:
    """What stands beside and outside of a page number is content; so is a bare number."""
    around = [*body("text"), line(770, "Annual report", right=200), line(784, "Print 3")]
    assert running([(PAGE, [*around, line(770, "- 7 -", x=520)])]) == [{12: "PageFooter"}]
    assert running([(PAGE, [*around, line(770, "Page 1 of 2", x=520)])]) == [{12: "PageFooter"}]
    assert running([(PAGE, [*around, line(770, "7", x=520)])]) == [{}]


def test_titles_of_chapters_beside_page_numbers_run() -> None:
    """From the second page on that has them; one that is on a single page is content."""
    titles = ["Floods", "Floods", "Mills", "Mills", "Mills", "The sea"]
    pages = [
        (PAGE, [line(30, title, right=200), line(30, f"{n + 7}", x=500), *body(f"page {n}")])
        for n, title in enumerate(titles)
    ]
    both = {0: "PageHeader", 1: "PageHeader"}
    number = {1: "PageHeader"}
    assert running(pages) == [number, both, number, both, both, number]


def test_a_number_below_goes_on_above() -> None:
    """As the first page of a chapter has it."""
    first, second = [*body("text"), line(770, "1", x=300)], [line(30, "2", x=300), *body("more")]
    assert running([(PAGE, first), (PAGE, second)]) == [{10: "PageFooter"}, {0: "PageHeader"}]


@pytest.mark.parametrize("texts", [["Page 3"], ["Report", "Page 3"]])
def test_all_that_a_page_says_does_not_run(texts: list[str]) -> None:
    """Whatever the other pages say."""
    only = (PAGE, [line(30 + 740 * n, text) for n, text in enumerate(texts)])
    whole = [(PAGE, [line(30, "Report"), *body(f"page {n}"), line(770, f"Page {n}")]) for n in range(3)]
    assert running([*whole, only])[3] == {}


def test_the_first_occurrence_is_shown() -> None:
    """As the rest is where heads or feet are asked for."""
    pages = [(PAGE, [line(30, "Report"), *body(f"page {n}"), line(770, f"{n + 4}")]) for n in range(3)]
    first, second, _ = margins_of(pages)
    assert first == Margins({11: "PageFooter"}, {0: "PageHeader"})
    assert second == Margins({0: "PageHeader", 11: "PageFooter"})
    assert second.show_labels({"PageHeader"}) == Margins({11: "PageFooter"}, {0: "PageHeader"})


def test_copies_of_one_letter_have_no_running_heads() -> None:
    """Their first lines stand at one place on each; so does all else."""
    letters = [(PAGE, [line(30, "Dear customer,"), *body("the same"), line(500, f"Number {n}")]) for n in range(5)]
    assert running(letters) == [{}] * 5


def test_titles_of_slides_do_not_run() -> None:
    """A page that is wider than high may have one title again and again, a little larger than its text."""
    wide = (0.0, 0.0, 800.0, 450.0)
    slides = [(wide, [line(20, "Results", size=16.0), *body(f"slide {n}")]) for n in range(4)]
    assert running(slides) == [{}] * 4


def test_the_last_lines_of_a_text_do_not_run() -> None:
    """Small, short and near the edge, but said once and without a number."""
    lines = [line(20, "A letter's head"), *body("text"), line(780, "ends here.", right=150)]
    assert running([(PAGE, lines)]) == [{}]


def test_what_is_repeated_in_the_middle_does_not_run() -> None:
    """A form has the same words on each page."""
    assert running([(PAGE, body("the same"))] * 4) == [{}] * 4


def test_the_first_line_of_a_text_does_not_run() -> None:
    """Though it is the same on every page, numbers aside: it stands as near to the next as that to the one after."""
    pages = [
        (PAGE, [line(30 + 16 * i, f"Record {n}" if i == 0 else "text of the record") for i in range(9)])
        for n in range(3)
    ]
    assert running(pages) == [{}] * 3


def test_titles_that_differ_in_their_number_do_not_run() -> None:
    """They are larger than a running head, or bold."""
    chapters = [(PAGE, [line(30, f"Chapter {n}", size=24.0), *body(f"page {n}")]) for n in (1, 2, 3)]
    assert running(chapters) == [{}] * 3
    bold = [(PAGE, [replace(line(30, f"Exercise {n}"), is_bold=True), *body(f"page {n}")]) for n in (1, 2)]
    assert running(bold) == [{}] * 2


@pytest.mark.parametrize("text", ["CIVIL", "1984", "IC", "12345"])
def test_a_word_or_a_year_is_no_page_number(text: str) -> None:
    assert running([(PAGE, [line(30, text), *body("text")])]) == [{}]


@pytest.mark.parametrize("texts", [("1984", "1985"), ("xiv", "xv"), ("Page 3 of 9", "Page 4 of 9")])
def test_numbers_that_go_on_from_page_to_page_run(texts: tuple[str, str]) -> None:
    assert running([(PAGE, [line(30, text), *body("text")]) for text in texts]) == [{0: "PageHeader"}] * 2
