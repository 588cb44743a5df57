"""Text near the edges of pages, through the real engine: only evidence makes a running head."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.convert.engine import Engine
from markerd.convert.protocol import ConversionRequest
from placed_pages import Page, Rule, Text, grid, placed_pdf

pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

PROSE = (
    "The river runs through the valley and turns the wheels of seven mills before it meets",
    "the sea, and those who live beside it have counted its floods in stone since their",
    "grandfathers built the bridge.",
)


WORDS = ("River", "Valley", "Wheel", "Mill", "Sea", "Flood", "Stone", "Bridge")


def convert_to_markdown(
    engine: Engine, job: Path, *pages: Page, size: tuple[int, int] = (595, 842), is_kept: bool = False
) -> str:
    source = job / "document.pdf"
    source.write_bytes(placed_pdf(*pages, size=size))
    for name in ("out", "tmp"):
        (job / name).mkdir()
    options = {"keep_pageheader_in_output": is_kept, "keep_pagefooter_in_output": is_kept}
    request = ConversionRequest(source.name, str(source), str(job / "out"), str(job / "tmp"), ("markdown",), options)
    engine.convert(request, lambda *_: None)
    return next((job / "out").glob("*.md")).read_text("utf-8")


def prose(top: float, *also: str) -> list[Text | Rule]:
    return [Text(72, top - 16 * n, text) for n, text in enumerate((*PROSE, *also))]


def stand_in_order(markdown: str, *texts: str) -> bool:
    places = [markdown.find(text) for text in texts]
    return min(places) >= 0 and places == sorted(places)


def test_the_title_of_a_short_page_stays(engine: Engine, tmp_path: Path) -> None:
    """It stays however near to the edge it is."""
    page = [Text(72, 800, "Contract amendment", 18), Text(72, 740, "The price is two hundred euros from June on.")]
    assert stand_in_order(
        convert_to_markdown(engine, tmp_path, page), "# Contract amendment", "The price is two hundred"
    )


def test_the_only_line_of_a_page_stays(engine: Engine, tmp_path: Path) -> None:
    """It stays although it is small and at the top."""
    assert "one small line" in convert_to_markdown(
        engine, tmp_path, [Text(72, 810, "This is a test of one small line", 8)]
    )


def test_sender_and_number_of_a_letter_stay(engine: Engine, tmp_path: Path) -> None:
    """They stand where running heads do."""
    head = [Text(72, 800, "Smith & Sons Ltd, 4 Mill Lane, Leeds", 8), Text(430, 800, "Invoice 2024-17", 8)]
    shown = convert_to_markdown(
        engine, tmp_path, [*head, Text(72, 690, "Dear Sir,"), *prose(660), Text(72, 560, "J. Smith")]
    )
    assert stand_in_order(shown, "Smith & Sons Ltd, 4 Mill Lane, Leeds", "Invoice 2024-17", "Dear Sir,", "J. Smith")


@pytest.mark.parametrize("count", [2, 5])
def test_letters_to_many_keep_their_first_lines(engine: Engine, tmp_path: Path, count: int) -> None:
    """They are equal except for the addressee."""
    letters = [
        [
            Text(72, 800, "May 5, 2023"),
            Text(72, 760, "Dear customer,"),
            *prose(720, "The next lines are the same for all of our customers:", f"your number is {n}4711."),
            Text(72, 560, "Best regards,"),
            Text(72, 530, "Mallory"),
        ]
        for n in range(count)
    ]
    shown = convert_to_markdown(engine, tmp_path, *letters)
    assert [shown.count(text) for text in ("May 5, 2023", "Dear customer,", "Best regards,", "Mallory")] == [count] * 4


def test_short_pages_keep_their_text(engine: Engine, tmp_path: Path) -> None:
    """All of it stands near the top edge; the name of the account is a running head."""
    pages = [
        [
            Text(72, 800, "Account 4711 of Jane Roe", 10),
            Text(72, 770, f"Month {n} was quiet and nothing was paid in.", 10),
            Text(72, 756, f"The balance is {n}00 at its end.", 10),
        ]
        for n in (1, 2, 3)
    ]
    shown = convert_to_markdown(engine, tmp_path, *pages)
    assert stand_in_order(shown, "Account 4711", "Month 1", "is 100", "Month 2", "is 200", "Month 3", "is 300")
    assert shown.count("Account 4711") == 1


def test_slides_keep_their_titles(engine: Engine, tmp_path: Path) -> None:
    """The titles stand at one place, larger than the text."""
    titles = ("Goals for the year", "Risks of the plan", "Next steps to take")
    pages = [
        [Text(50, 490, title, 24), Text(50, 400, f"{title.split()[0]} first", 18), Text(50, 350, "and more of it", 18)]
        for title in titles
    ]
    shown = convert_to_markdown(engine, tmp_path, *pages, size=(960, 540))
    assert stand_in_order(shown, *(f"# {title}" for title in titles))


def book(count: int) -> list[list[Text | Rule]]:
    chapters = ("of floods", "of floods", "of mills", "of mills")
    return [
        [
            Text(72, 800, "Mills of the valley", 9),
            Text(400, 800, chapters[n], 9),
            *(
                Text(72, 740 - 16 * row, f"{word} of page {n} says what no other line says")
                for row, word in enumerate(WORDS)
            ),
            Text(72, 40, "Printed in Leeds", 9),
            Text(295, 40, f"{n + 7}", 9),
        ]
        for n in range(count)
    ]


def test_running_heads_and_feet_are_shown_once(engine: Engine, tmp_path: Path) -> None:
    """The first occurrence is content, and page numbers are not shown. All can be asked for."""
    (tmp_path / "kept").mkdir()
    shown = convert_to_markdown(engine, tmp_path, *book(4))
    assert [shown.count(text) for text in ("Mills of the valley", "Printed in Leeds")] == [1, 1]
    assert not [line for line in shown.splitlines() if line.strip().isdigit()]
    all_of_it = convert_to_markdown(engine, tmp_path / "kept", *book(4), is_kept=True)
    assert [all_of_it.count(text) for text in ("Mills of the valley", "Printed in Leeds")] == [4, 4]


def test_two_pages_have_no_running_heads(engine: Engine, tmp_path: Path) -> None:
    """Two equal lines are no evidence; numbers that count on are."""
    shown = convert_to_markdown(engine, tmp_path, *book(2))
    assert [shown.count(text) for text in ("Mills of the valley", "Printed in Leeds")] == [2, 2]
    assert not [line for line in shown.splitlines() if line.strip().isdigit()]


def test_form_without_words_in_its_fields_is_converted(engine: Engine, tmp_path: Path) -> None:
    """Its rules have nothing between them."""
    fields = [Rule(72, y, 472, y) for y in (690, 670, 664, 400, 396)]
    page: list[Text | Rule] = [Text(72, 700, "foo:"), *fields, Text(295, 40, "1")]
    assert "foo:" in convert_to_markdown(engine, tmp_path, page)


def test_a_table_at_the_top_is_no_head(engine: Engine, tmp_path: Path) -> None:
    """Its numbers could be those of pages."""
    cells = [Text(82 + 40 * (n % 3), 790 - 20 * (n // 3), str(n + 1)) for n in range(9)]
    shown = convert_to_markdown(engine, tmp_path, [*grid(72, 805, (40, 40, 40), (20, 20, 20)), *cells])
    assert all(row in shown.replace(" ", "") for row in ("|1|2|3|", "|4|5|6|", "|7|8|9|"))
