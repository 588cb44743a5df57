"""Running heads and feet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from markerd.convert.models.embedded.margins import running
from markerd.convert.models.embedded.textline import TextLine

PAGE = (0.0, 0.0, 600.0, 800.0)


def line(y: float, text: str, x: float = 60.0, right: float = 540.0, size: float = 12.0) -> TextLine:
    return TextLine((x, y, right, y + size), text, size)


def body(first: str) -> list[TextLine]:
    return [line(200 + 20 * i, f"{first} {i}") for i in range(10)]


def test_what_stands_at_one_place_on_every_page_runs() -> None:
    """Numbers in it may differ."""
    pages = [(PAGE, [line(30, f"Report, part {n}"), *body(f"page {n}")]) for n in range(3)]
    assert running(pages) == [{0: "PageHeader"}] * 3


def test_page_numbers_run_with_what_stands_beside_and_outside_of_them() -> None:
    """On a single page too."""
    lines = [*body("text"), line(770, "Annual report", right=200), line(770, "- 7 -", x=520), line(784, "Print 3")]
    assert running([(PAGE, lines)]) == [{10: "PageFooter", 11: "PageFooter", 12: "PageFooter"}]


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
