"""Words that come as lines of their own, made the lines that they stand in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("pdftext")

from pdftext.schema import Bbox

from markerd.convert.embedded.text_layer.single_words import join_single_words

FONT = {"name": "Helvetica", "flags": 0, "size": 10.0, "weight": 400}


def word(text: str, box: tuple[float, float, float, float], degrees: int = 90, font: dict[str, Any] = FONT) -> Any:
    """A line of pdftext's with one word; letters are turned by so many degrees clockwise."""
    rotation = math.radians(degrees)
    chars = [{"char": c, "bbox": Bbox(list(box)), "rotation": rotation, "font": font, "char_idx": 0} for c in text]
    span = {"text": text, "bbox": Bbox(list(box)), "rotation": rotation, "font": font, "chars": chars}
    span.update(char_start_idx=0, char_end_idx=len(text), url="", superscript=False, subscript=False)
    return {"spans": [span], "bbox": Bbox(list(box)), "rotation": rotation}


def two_words() -> list[Any]:
    return [word("one", (100, 10, 110, 40)), word("two", (100, 43, 110, 70))]


def one() -> Any:
    return two_words()[0]


def texts(*lines: Any) -> list[str]:
    return ["".join(span["text"] for span in line["spans"]) for line in join_single_words(lines)]


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (two_words(), ["one two"]),
        ((one(), word(" ", (110, 41, 110, 41), 0), two_words()[1]), ["one two"]),
        ((word("one", (100, 43, 110, 70), 270), word("two", (100, 10, 110, 40), 270)), ["one two"]),
        ((word("one", (43, 100, 70, 110), 180), word("two", (10, 100, 40, 110), 180)), ["one two"]),
        ((word("on", (100, 10, 110, 40)), word("ce", (100, 40.5, 110, 70))), ["once"]),
        ((one(), word("far", (100, 60, 110, 90))), ["one", "far"]),
        ((one(), word("beside", (85, 10, 95, 40))), ["one", "beside"]),
        ((one(), word("large", (60, 43, 110, 90))), ["one", "large"]),
        ((one(), word("across", (100, 43, 140, 53), 0)), ["one", "across"]),
        ((word("cell", (10, 10, 40, 20), 0), word("cell", (42, 10, 70, 20), 0)), ["cell", "cell"]),
        ((word("縦", (10, 100, 20, 110), 270), word("書", (21, 100, 31, 110), 270)), ["縦書"]),
        ((word("縦", (10, 100, 20, 110), 270), word("横", (10, 120, 20, 130), 270)), ["縦", "横"]),
    ],
)
def test_a_word_belongs_to_the_line_that_it_goes_on(lines: Sequence[Any], joined: list[str]) -> None:
    assert texts(*lines) == joined


def test_no_character_is_lost_but_white_space() -> None:
    """The characters are those of the text, and the box is around all of them."""
    (line,) = join_single_words([*two_words(), word("three", (100, 73, 110, 99), font={**FONT, "name": "Times"})])
    assert ["".join(c["char"] for c in span["chars"]) for span in line["spans"]] == ["one two ", "three"]
    assert line["bbox"].bbox == [100, 10, 110, 99]
