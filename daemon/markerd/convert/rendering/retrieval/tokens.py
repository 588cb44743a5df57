"""How tokens are counted: a rule without a model, so that it is the same on every machine. Pure.

One token is each of: six Latin letters in a row, or fewer where the run ends; three digits; one character of a script
that is written without spaces, or a Korean syllable; three letters of any other script; eight equal signs in a row; 16
to 64 white spaces in a row. Shorter white space counts nothing.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left

_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_TOKEN = re.compile(
    rf"[{_ALONE}]|[A-Za-z\u00c0-\u024f]{{1,6}}|\d{{1,3}}|[^\W\d_]{{1,3}}|([^\w\s]|_)\1{{0,7}}|\s{{16,64}}"
)


def count_tokens(text: str) -> int:
    """Count the tokens of a text."""
    return sum(1 for _ in _TOKEN.finditer(text))


class TokenIndex:
    """The tokens of a text, counted once: how many stand between two places, and where the nth one begins.

    Both hold for places at which a token begins or ends.
    """

    def __init__(self, text: str) -> None:
        self._starts = array("L", (found.start() for found in _TOKEN.finditer(text)))
        self._end = len(text)

    def count(self, start: int, end: int) -> int:
        """Count the tokens of `text[start:end]`."""
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)

    def skip(self, start: int, tokens: int) -> int:
        """Return the place after so many tokens from `start`, where the next one begins; the end if there is none."""
        number = bisect_left(self._starts, start) + tokens
        return self._starts[number] if number < len(self._starts) else self._end

    def go_back(self, end: int, tokens: int) -> int:
        """Return the place from which there are so many tokens up to `end`."""
        number = max(bisect_left(self._starts, end) - tokens, 0)
        return self._starts[number] if number < len(self._starts) else self._end
