"""Adds spaces that recognition leaves out, most often in justified lines, where the line shows them. Pure.

The spaces that were recognized in a line show how wide a space is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from markerd.convert.embedded.ocr.thresholds import THRESHOLDS
from markerd.convert.embedded.text.line_joining import is_spaceless

Span = tuple[float, float]


def add_missing_spaces(text: str, places: Sequence[float], whites: Sequence[Span], high: float) -> str:
    """Add the spaces that `text` lacks.

    `places` has the place in the line of each character that is no space; `whites` has start and end of the white
    inside the line; `high` is the height of the line. All are in pixels.
    """
    characters = [character for character in text if not character.isspace()]
    if len(characters) != len(places):
        return text
    after = _find_spaces(text)
    gaps = [_measure_white_between(left, right, whites) for left, right in pairwise(places)]
    known = [gap for number, gap in enumerate(gaps) if number in after]
    usual = median(known) if len(known) >= THRESHOLDS.min_known_spaces else _guess_space(gaps, high)
    for number, gap in enumerate(gaps):
        is_far = places[number + 1] - places[number] > THRESHOLDS.max_character_distance * high
        if is_far or _is_space(characters[number], characters[number + 1], gap, usual):
            after.add(number)
    return "".join(character + " " * (number in after) for number, character in enumerate(characters)).strip()


def _guess_space(gaps: Sequence[float], high: float) -> float:
    """Guess how wide a space is where too few were recognized: typewriters leave much white between all letters."""
    between_letters = median(gaps) if gaps else 0.0
    return max(THRESHOLDS.usual_space * high, THRESHOLDS.min_space_growth * between_letters)


def _find_spaces(text: str) -> set[int]:
    """Find the characters, counted without spaces, that a space follows."""
    found, count = set(), 0
    for character in text.strip():
        if character.isspace():
            found.add(count - 1)
        else:
            count += 1
    return found


def _measure_white_between(left: float, right: float, whites: Sequence[Span]) -> float:
    return max((end - start for start, end in whites if left < (start + end) / 2 < right), default=0.0)


def _is_space(left: str, right: str, gap: float, usual: float) -> bool:
    if is_spaceless(left) or is_spaceless(right) or "_" in (left, right):
        return False  # the line that an underscore is stands so low that there is white above it
    least = THRESHOLDS.min_digit_space if left.isdigit() and right.isdigit() else THRESHOLDS.min_space
    return gap > 0 and gap >= least * usual
