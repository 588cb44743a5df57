"""Words that come as lines of their own are joined to their lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("pdftext")

from pdftext.schema import Bbox

from markerd.convert.embedded.text_layer.single_words import join_single_words

FONT = {"name": "Helvetica", "flags": 0, "size": 10.0, "weight": 400}


def make_word(text: str, box: tuple[float, float, float, float], degrees: int = 90, font: dict[str, Any] = FONT) -> Any:
    """Make a line of pdftext's with one word; letters are turned by so many degrees clockwise."""
    rotation = math.radians(degrees)
    chars = [{"char": c, "bbox": Bbox(list(box)), "rotation": rotation, "font": font, "char_idx": 0} for c in text]
    span = {"text": text, "bbox": Bbox(list(box)), "rotation": rotation, "font": font, "chars": chars}
    span.update(char_start_idx=0, char_end_idx=len(text), url="", superscript=False, subscript=False)
    return {"spans": [span], "bbox": Bbox(list(box)), "rotation": rotation}


def make_two_words() -> list[Any]:
    return [make_word("one", (100, 10, 110, 40)), make_word("two", (100, 43, 110, 70))]


def find_one() -> Any:
    return make_two_words()[0]


def get_texts(*lines: Any) -> list[str]:
    return ["".join(span["text"] for span in line["spans"]) for line in join_single_words(lines)]


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (make_two_words(), ["one two"]),
        ((find_one(), make_word(" ", (110, 41, 110, 41), 0), make_two_words()[1]), ["one two"]),
        ((make_word("one", (100, 43, 110, 70), 270), make_word("two", (100, 10, 110, 40), 270)), ["one two"]),
        ((make_word("one", (43, 100, 70, 110), 180), make_word("two", (10, 100, 40, 110), 180)), ["one two"]),
        ((make_word("on", (100, 10, 110, 40)), make_word("ce", (100, 40.5, 110, 70))), ["once"]),
        ((find_one(), make_word("far", (100, 60, 110, 90))), ["one", "far"]),
        ((find_one(), make_word("beside", (85, 10, 95, 40))), ["one", "beside"]),
        ((find_one(), make_word("large", (60, 43, 110, 90))), ["one", "large"]),
        ((find_one(), make_word("across", (100, 43, 140, 53), 0)), ["one", "across"]),
        ((make_word("cell", (10, 10, 40, 20), 0), make_word("cell", (42, 10, 70, 20), 0)), ["cell", "cell"]),
        ((make_word("縦", (10, 100, 20, 110), 270), make_word("書", (21, 100, 31, 110), 270)), ["縦書"]),
        ((make_word("縦", (10, 100, 20, 110), 270), make_word("横", (10, 120, 20, 130), 270)), ["縦", "横"]),
    ],
)
def test_word_joins_the_line_that_it_continues(lines: Sequence[Any], joined: list[str]) -> None:
    """Words on one row are one line."""
    assert get_texts(*lines) == joined


def test_no_character_is_lost_but_white_space() -> None:
    """The characters are those of the text, and the box is around all of them."""
    (line,) = join_single_words(
        [*make_two_words(), make_word("three", (100, 73, 110, 99), font={**FONT, "name": "Times"})]
    )
    assert ["".join(c["char"] for c in span["chars"]) for span in line["spans"]] == ["one two ", "three"]
    assert line["bbox"].bbox == [100, 10, 110, 99]
