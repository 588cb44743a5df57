"""Text that is read from right to left, in the order in which it is read: pure.

A recognition model goes over a line from left to right and says what it sees: of Arabic or Hebrew the last letter
first, while numbers and Latin words in it come the right way round.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby

from markerd.convert.embedded.text.patterns import LEFT_TO_RIGHT_RUN

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def is_right_to_left(text: str) -> bool:
    """Whether more of its letters run from right to left than the other way."""
    directions = [unicodedata.bidirectional(character) for character in text]
    backwards = sum(direction in ("R", "AL") for direction in directions)
    return backwards > directions.count("L")


def joined_words(words: Sequence[str]) -> str:
    """Words of a row, given from left to right, in the order in which they are read."""
    if not is_right_to_left("".join(words)):
        return " ".join(words)
    runs = groupby(reversed(words), key=_runs_left_to_right)
    return " ".join(word for is_turned, run in runs for word in (reversed(list(run)) if is_turned else run))


def _runs_left_to_right(word: str) -> bool:
    return any(unicodedata.bidirectional(character) == "L" for character in word)


def logical_order(seen: str) -> str:
    """A line as it is read, from the line as it is seen from left to right; unchanged where it runs that way."""
    if not is_right_to_left(seen):
        return seen
    turned = seen[::-1].translate(_MIRRORED)
    return LEFT_TO_RIGHT_RUN.sub(lambda run: run[0] if is_right_to_left(run[0]) else run[0][::-1], turned)
