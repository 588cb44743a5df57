"""Text that is read from right to left, put into reading order. Pure.

A recognition model goes over a line from left to right and reports what it sees. Of Arabic or Hebrew it reports the
last letter first, while numbers and Latin words in the line come in the right order.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from markerd.convert.embedded.text.patterns import LEFT_TO_RIGHT_RUN

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def is_right_to_left(text: str) -> bool:
    """Whether more letters of the text run from right to left than from left to right."""
    directions = [unicodedata.bidirectional(character) for character in text]
    backwards = sum(direction in ("R", "AL") for direction in directions)
    return backwards > directions.count("L")


def join_words(words: Sequence[str]) -> str:
    """Join the words of a row, given from left to right, in reading order."""
    if not is_right_to_left("".join(words)):
        return " ".join(words)
    runs = groupby(reversed(words), key=_runs_left_to_right)
    return " ".join(word for is_turned, run in runs for word in (reversed(list(run)) if is_turned else run))


def _runs_left_to_right(word: str) -> bool:
    return any(unicodedata.bidirectional(character) == "L" for character in word)


def restore_logical_order(seen: str) -> str:
    """Put a line as it is seen from left to right into reading order; unchanged where it already is."""
    if not is_right_to_left(seen):
        return seen
    turned = seen[::-1].translate(_MIRRORED)
    return LEFT_TO_RIGHT_RUN.sub(lambda run: run[0] if is_right_to_left(run[0]) else run[0][::-1], turned)
