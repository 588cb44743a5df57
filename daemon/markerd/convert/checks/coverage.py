"""How much of a text is in another: the share of its words that are found there. Pure.

Words are compared, not layout: it does not matter in which order or case they stand, or where a line or a tag cuts
them. A word that stands twice in the source must stand twice in the output.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

_EAST_ASIAN = "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003134f"
_WORD = re.compile(rf"[{_EAST_ASIAN}]|[^\W_{_EAST_ASIAN}]+")
"""Chinese, Japanese and Korean are written without spaces: there each character counts as a word."""
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
"""Characters that take no place on the page: soft hyphens, joiners, marks of direction."""
_HYPHEN_AT_LINE_END = re.compile("(?<=\\w)[\x02\ufffe]\\s*")
"""How PDFium gives the hyphen of a word that a line's end breaks."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
_INLINE = frozenset({"a", "b", "i", "u", "s", "em", "strong", "span", "sup", "sub", "del", "code", "mark", "small"})
LONG_WORD = 5
"""Letters from which a word that is part of a longer one in the output counts as found: shorter ones are part of many
words by chance. Measured on the words of 90 public PDFs."""


def split_words(text: str) -> list[str]:
    """Split a text into its words, in order, in the form in which they are compared."""
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", _HYPHEN_AT_LINE_END.sub("", text))).casefold()
    return [_sort_right_to_left(_strip_accents(word)) for word in _WORD.findall(text)]


def _strip_accents(word: str) -> str:
    """Remove the accents of a word, because PDFs also write them as characters of their own."""
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)) or word


def _sort_right_to_left(word: str) -> str:
    """Sort the letters of a right-to-left word, because PDFs hold them in the order they are seen or are read."""
    return "".join(sorted(word)) if _RIGHT_TO_LEFT.search(word) else word


def measure_coverage(source: Sequence[str], output: Sequence[str]) -> float:
    """Return the share, 0 to 1, of the source's words that the output has; 1 for a source without words."""
    return 1.0 if not source else 1.0 - len(find_missing_words(source, output)) / len(source)


def find_missing_words(source: Sequence[str], output: Sequence[str]) -> list[str]:
    """Return the words of the source that the output does not have, in the source's order.

    A word that the output splits or joins differently is not missing: it is found together with its neighbours, or by
    itself where it is long, in the output's letters without spaces.
    """
    left = Counter(output)
    letters = "".join(output)
    missing = []
    for place, word in enumerate(source):
        if left[word] > 0:
            left[word] -= 1
        elif not _is_cut_differently(source, place, letters, is_there=word in left):
            missing.append(word)
    return missing


def _is_cut_differently(source: Sequence[str], place: int, letters: str, *, is_there: bool) -> bool:
    if is_there:
        return False
    word = source[place]
    before = _take_until_long(reversed(source[max(place - LONG_WORD, 0) : place]))[::-1]
    after = _take_until_long(source[place + 1 : place + 1 + LONG_WORD])
    around = [word, "".join([*before, word]), "".join([word, *after])]
    return any(len(each) >= LONG_WORD and each in letters for each in around)


def _take_until_long(words: Iterable[str]) -> list[str]:
    """Take as many of the words as are needed to make a long one of them."""
    taken: list[str] = []
    for word in words:
        if sum(map(len, taken)) >= LONG_WORD - 1:
            break
        taken.append(word)
    return taken


def extract_text(html: str) -> str:
    """Extract the words that a reader of the HTML sees, including alternative texts and the numbers of lists."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


class _Text(HTMLParser):
    """Collects text; a tag that ends a word becomes a space."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._numbers: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")
        given = dict(attrs)
        if tag == "img" and given.get("alt"):
            self.parts.append(f"{given['alt']} ")
        elif tag in ("ol", "ul"):
            self._numbers.append(_parse_start(given.get("start")) if tag == "ol" else None)
        elif tag == "li" and self._numbers and (number := self._numbers[-1]) is not None:
            self.parts.append(f"{number} ")
            self._numbers[-1] = number + 1

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append(" ")
        if tag in ("ol", "ul") and self._numbers:
            self._numbers.pop()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _parse_start(start: str | None) -> int:
    return int(start) if start and start.isascii() and start.isdigit() else 1
