"""Spaces that recognition left out."""

from __future__ import annotations

from itertools import pairwise

from markerd.convert.embedded.ocr.word_spacing import Span, add_missing_spaces

HIGH = 20.0


def place_characters(shown: str, space: float = 6.0) -> tuple[list[float], list[Span]]:
    """Place the characters of a line, 10 pixels each and 2 between them; `^` is white that is no space."""
    places: list[float] = []
    whites: list[Span] = []
    x = 0.0
    for character in shown:
        if character in " ^":
            wide = space if character == " " else 0.8 * space
            whites[-1] = (whites[-1][0], whites[-1][0] + wide)
            x = whites[-1][1]
        else:
            places.append(x + 5)
            whites.append((x + 10, x + 12))
            x += 12
    return places, whites[:-1]


def test_visible_space_is_added() -> None:
    """The recognized spaces show how wide a space is, after a full stop too."""
    assert (
        add_missing_spaces("and so tothe end.But", *place_characters("and so to the end. But"), HIGH)
        == "and so to the end. But"
    )


def test_narrower_white_is_no_space() -> None:
    """White beside a 1, or between spaced letters, is no space."""
    assert (
        add_missing_spaces("up to 118 km of it", *place_characters("up to 1^18 km of it"), HIGH) == "up to 118 km of it"
    )
    assert (
        add_missing_spaces("up to 118 km of it", *place_characters("up to 1 18 km of it"), HIGH) == "up to 118 km of it"
    )


def test_line_with_few_spaces_uses_its_height() -> None:
    """White half as wide as the line is high separates an entry from its number, and so does a leader with dots."""
    assert add_missing_spaces("oneword here", *place_characters("one word here"), HIGH) == "oneword here"
    assert add_missing_spaces("Index60", *place_characters("Index 60", space=9), HIGH) == "Index 60"
    places, whites = place_characters("Index60")
    assert (
        add_missing_spaces("Index60", [*places[:5], *(place + 60 for place in places[5:])], whites[:3], HIGH)
        == "Index 60"
    )


def test_scripts_without_spaces_get_none() -> None:
    """Their punctuation has white on one side."""
    assert add_missing_spaces("a b c d 日本", *place_characters("a b c d 日 本"), HIGH) == "a b c d 日本"


def test_text_with_unplaced_characters_stays_unchanged() -> None:
    """Without the place of each character, nothing is added."""
    places, whites = place_characters("and so to the end")
    assert add_missing_spaces("and so tothe end", places[:-1], whites, HIGH) == "and so tothe end"


def test_wide_pitch_breaks_no_words() -> None:
    """A typewriter leaves as much white between letters as another line has between words."""

    def read(shown: str) -> str:
        text = shown.replace(" ", "")
        starts = [16.0 * i for i, character in enumerate(shown) if character != " "]  # 6 of ink, 10 of white
        places = [start + 3 for start in starts]
        whites = [(left + 6, right) for left, right in pairwise(starts)]
        return add_missing_spaces(text, places, whites, HIGH)

    assert read("stilllittle") == "stilllittle"
    assert read("the quick fox") == "the quick fox"
    assert read("Milli Vanilli") == "Milli Vanilli"


def test_underscores_are_parts_of_words() -> None:
    assert add_missing_spaces("a b c heap_pop", *place_characters("a b c heap_ pop"), HIGH) == "a b c heap_pop"
