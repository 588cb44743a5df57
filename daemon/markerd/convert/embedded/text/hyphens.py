"""Decides whether the hyphen at the end of a line belongs to the word: in `well-known` it does, in `man-agement` not.

The document's own words decide where they can. Where they cannot, English compounds are recognised by how often their
parts are used; a word of any other language loses the hyphen.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from markerd.convert.embedded.text.patterns import COMPOUND_WORD, HYPHENS
from markerd.convert.embedded.text.thresholds import THRESHOLDS

_LONGEST_WORD = 100
"""Characters at the end of a line that are looked at, so that a line of nothing but hyphens costs little."""


class OwnWords:
    """The words of a document, in small letters, as they stand inside its lines."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._words = {word.lower() for line in lines for word in _list_whole_words(line)}

    def keeps_hyphen(self, line: str, next_line: str) -> bool:
        """Whether the hyphen at the end of `line` stays before the first word of `next_line`.

        False where the line ends with no hyphen after a letter, or the next one does not begin with a word.
        """
        first, rest = _find_broken_word(line), COMPOUND_WORD.match(next_line.lstrip()[:_LONGEST_WORD])
        if not first or rest is None:
            return False
        first, second = first.lower(), rest[0].lower()
        if f"{first}{second}" in self._words:
            return False
        if f"{first}-{second}" in self._words:
            return True
        return is_english_compound(first.rpartition("-")[2], second.partition("-")[0])


def _list_whole_words(line: str) -> list[str]:
    words = COMPOUND_WORD.findall(line)
    return words[:-1] if words and _find_broken_word(line) else words


def _find_broken_word(line: str) -> str:
    """Return the word before the hyphen at the end of a line, without the hyphen; empty where there is none."""
    end = line.rstrip()[-_LONGEST_WORD:]
    words = COMPOUND_WORD.findall(end[:-1]) if end.endswith(HYPHENS) else []
    return words[-1] if words and end[:-1].endswith(words[-1]) else ""


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
