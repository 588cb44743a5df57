"""Spaces that recognition leaves out, most often in justified lines: put in where the line shows them. Pure.

What a space is in a line is told by those that were recognized in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from markerd.convert.embedded.ocr.thresholds import THRESHOLDS
from markerd.convert.embedded.text.line_joining import is_spaceless

Span = tuple[float, float]


def spaced(text: str, places: Sequence[float], whites: Sequence[Span], high: float) -> str:
    """`text` with the spaces that are missing.

    `places`: of each character but spaces, where it is in the line; `whites`: from and to of the white within the
    line; `high`: how high the line is. All in pixels.
    """
    characters = [character for character in text if not character.isspace()]
    if len(characters) != len(places):
        return text
    after = _spaces_after(text)
    gaps = [_white_between(left, right, whites) for left, right in pairwise(places)]
    known = [gap for number, gap in enumerate(gaps) if number in after]
    usual = median(known) if len(known) >= THRESHOLDS.min_known_spaces else THRESHOLDS.usual_space * high
    for number, gap in enumerate(gaps):
        is_far = places[number + 1] - places[number] > THRESHOLDS.max_character_distance * high
        if is_far or _is_space(characters[number], characters[number + 1], gap, usual):
            after.add(number)
    return "".join(character + " " * (number in after) for number, character in enumerate(characters)).strip()


def _spaces_after(text: str) -> set[int]:
    """After which characters, counted without spaces, there is one."""
    found, count = set(), 0
    for character in text.strip():
        if character.isspace():
            found.add(count - 1)
        else:
            count += 1
    return found


def _white_between(left: float, right: float, whites: Sequence[Span]) -> float:
    return max((end - start for start, end in whites if left < (start + end) / 2 < right), default=0.0)


def _is_space(left: str, right: str, gap: float, usual: float) -> bool:
    if is_spaceless(left) or is_spaceless(right):
        return False
    least = THRESHOLDS.min_digit_space if left.isdigit() and right.isdigit() else THRESHOLDS.min_space
    return gap > 0 and gap >= least * usual
