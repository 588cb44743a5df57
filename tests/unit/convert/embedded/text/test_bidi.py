"""Lines that are read from right to left."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.text.bidi import is_right_to_left, join_words, restore_logical_order

SHALOM = "\u05e9\u05dc\u05d5\u05dd"
WORLD = "\u05e2\u05d5\u05dc\u05dd"
MARHABA = "\u0645\u0631\u062d\u0628\u0627"


@pytest.mark.parametrize(
    ("logical", "seen"),
    [
        (f"{SHALOM} {WORLD}", f"{WORLD[::-1]} {SHALOM[::-1]}"),
        (MARHABA, MARHABA[::-1]),
        (f"{SHALOM} 3.14 {WORLD}", f"{WORLD[::-1]} 3.14 {SHALOM[::-1]}"),
        (f"{SHALOM} Python {WORLD}.", f".{WORLD[::-1]} Python {SHALOM[::-1]}"),
        (f"{SHALOM} ({WORLD})", f"({WORLD[::-1]}) {SHALOM[::-1]}"),
        (f"{MARHABA} 10:30", f"10:30 {MARHABA[::-1]}"),
    ],
)
def test_line_seen_from_left_to_right_comes_in_reading_order(logical: str, seen: str) -> None:
    """Words, letters and brackets are turned; numbers and Latin words keep their direction."""
    assert restore_logical_order(seen) == logical


@pytest.mark.parametrize(
    "text", ["plain (1.5)", "", "1234", "\u65e5\u672c\u8a9e", f"a longer sentence on {SHALOM[::-1]}"]
)
def test_other_lines_stay_as_they_are(text: str) -> None:
    """A line that only quotes a word of such a script stays too."""
    assert restore_logical_order(text) == text
    assert not is_right_to_left(text)


def test_words_of_a_row_come_in_reading_order() -> None:
    """A phrase that runs from left to right keeps its order in a row that does not."""
    seen = ["big", "data", "\u05e2\u05d5\u05dc\u05dd", "\u05e9\u05dc\u05d5\u05dd", "\u05d8\u05d5\u05d1"]
    assert join_words(seen) == " ".join([*seen[:1:-1], "big", "data"])
    assert join_words(["from", "left"]) == "from left"
