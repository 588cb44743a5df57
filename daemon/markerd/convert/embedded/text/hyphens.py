"""Decides whether the hyphen at the end of a line belongs to the word: in `well-known` it does, in `man-agement` not.

The document's own words decide where they can. Where they cannot, English compounds are recognised by how often their
parts are used; a word of any other language loses the hyphen.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from markerd.convert.embedded.text.patterns import BROKEN_WORD, COMPOUND_WORD
from markerd.convert.embedded.text.thresholds import THRESHOLDS


class OwnWords:
    """The words of a document, in small letters, as they stand inside its lines."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._words = {word.lower() for line in lines for word in COMPOUND_WORD.findall(BROKEN_WORD.sub("", line))}

    def keeps_hyphen(self, line: str, next_line: str) -> bool:
        """Whether the hyphen at the end of `line` stays before the first word of `next_line`.

        False where the line ends with no hyphen after a letter, or the next one does not begin with a word.
        """
        broken, rest = BROKEN_WORD.search(line), COMPOUND_WORD.match(next_line.lstrip())
        if broken is None or rest is None:
            return False
        first, second = broken[1].lower(), rest[0].lower()
        if f"{first}{second}" in self._words:
            return False
        if f"{first}-{second}" in self._words:
            return True
        return is_english_compound(first.rpartition("-")[2], second.partition("-")[0])


def is_english_compound(first: str, second: str) -> bool:
    """Whether two words, in small letters, are English ones that are not written as one word."""
    frequency = _load_frequencies()
    is_one_word = frequency.get(first + second, 0) > 0
    is_first_usual = frequency.get(first, 0) >= THRESHOLDS.min_first_uses
    return not is_one_word and is_first_usual and frequency.get(second, 0) >= THRESHOLDS.min_second_uses


@cache
def _load_frequencies() -> dict[str, int]:
    """Map English words to how often they are used. Loaded at the first hyphen that no other word decides: 0.3 s."""
    from spellchecker import SpellChecker

    return dict(SpellChecker(language="en").word_frequency.dictionary)
