"""On which pages, and where on them, a part of the Markdown stands. Pure.

The Markdown and the blocks of the pages have the same words in the same order, but for marks, links, cells that are
repeated and what only one of them shows. The two are walked in step; where they differ, the nearest three words that
both have bring them together again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

Box = tuple[float, float, float, float]
_WINDOWS = (32, 256, 2048)
"""Words of each side among which the two are brought together: the nearest first. The last is a page of dense text."""
_ALIKE = 3
"""Words in a row that must be alike."""
_WORD = re.compile(r"\]\((?!_page)[^()\s]*\)|<[^<>]*>|&#?\w+;|([^\W_]+)")
_PICTURE = re.compile(r"<img\b[^<>]*?\bsrc=['\"]?([^'\"<> ]*)[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class PageBlock:
    """A block of a page, counted from 1. `box` is None for documents whose pages have no places."""

    page: int
    html: str
    box: Box | None


@dataclass(frozen=True)
class Placed:
    """The part of the Markdown that a block became: `markdown[start:end]`."""

    start: int
    end: int
    page: int
    box: Box | None


class Words:
    """Words with a look ahead at so many of them; each has a number that says where it is from."""

    def __init__(self, words: Iterator[tuple[str, int]]) -> None:
        self._words = words
        self._ahead: list[tuple[str, int]] = []
        self._used = 0

    def look(self, count: int) -> Sequence[tuple[str, int]]:
        missing = count - (len(self._ahead) - self._used)
        if missing > 0:
            del self._ahead[: self._used]
            self._used = 0
            self._ahead.extend(islice(self._words, missing + _WINDOWS[0]))
        return self._ahead[self._used : self._used + count]

    def drop(self, count: int) -> None:
        self._used += count


def list_words(text: str) -> Iterator[tuple[str, int]]:
    """Yield the words of Markdown or HTML, each with its place; names of elements, links and entities are none."""
    return ((found[1].casefold(), found.start()) for found in _WORD.finditer(text) if found[1])


def place_blocks(markdown: str, blocks: Iterable[PageBlock]) -> list[Placed]:
    """Return what of the Markdown each block became, in order of the Markdown. What is not found is left out."""
    kept: list[PageBlock] = []
    found: dict[int, tuple[int, int]] = {}
    for number, start, end in _match(Words(list_words(markdown)), Words(_list_block_words(blocks, kept))):
        first, last = found.get(number, (start, end))
        found[number] = min(first, start), max(last, end)
    return sorted(
        (Placed(start, end, kept[number].page, kept[number].box) for number, (start, end) in found.items()),
        key=lambda placed: placed.start,
    )


def _list_block_words(blocks: Iterable[PageBlock], kept: list[PageBlock]) -> Iterator[tuple[str, int]]:
    for number, block in enumerate(blocks):
        kept.append(PageBlock(block.page, "", block.box))
        for word, _ in list_words(_PICTURE.sub(_name_picture, block.html)):
            yield word, number


def _name_picture(picture: re.Match[str]) -> str:
    return f" {picture[1].replace('/', ' ')} "


def _match(left: Words, right: Words) -> Iterator[tuple[int, int, int]]:
    """Yield, for each word that both have, the block's number and the word's place in the Markdown, start and end."""
    while (ours := left.look(1)) and (theirs := right.look(1)):
        if ours[0][0] == theirs[0][0]:
            word, start = ours[0]
            yield theirs[0][1], start, start + len(word)
            left.drop(1)
            right.drop(1)
        else:
            skipped = _meet(left, right)
            left.drop(skipped[0])
            right.drop(skipped[1])


def _meet(left: Words, right: Words) -> tuple[int, int]:
    """Return how many words of each side to skip, so that what follows is alike."""
    for window in _WINDOWS:
        ours = [word for word, _ in left.look(window)]
        theirs = [word for word, _ in right.look(window)]
        places = _index(theirs)
        meetings = ((number, places[row]) for number, row in enumerate(_list_rows(ours)) if row in places)
        best = min(meetings, key=sum, default=None)
        if best is not None:
            return best
    return max(len(ours), 1), max(len(theirs), 1)


def _list_rows(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[number : number + _ALIKE]) for number in range(len(words)))


def _index(words: Sequence[str]) -> Mapping[tuple[str, ...], int]:
    places: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(_list_rows(words)):
        places.setdefault(row, number)
    return places


class Places:
    """Says which blocks a part of the Markdown is from."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._placed = placed
        self._ends: list[int] = []
        for each in placed:  # so that they ascend where a block lies within another
            self._ends.append(max(each.end, self._ends[-1] if self._ends else 0))

    def find(self, start: int, end: int) -> list[Placed]:
        """Return the blocks of `markdown[start:end]`, in order."""
        found = []
        for number in range(bisect_left(self._ends, start + 1), len(self._placed)):
            placed = self._placed[number]
            if placed.start >= end:
                break
            if placed.end > start:
                found.append(placed)
        return found

    def find_page(self, start: int, end: int) -> int | None:
        """Return the page on which `markdown[start:end]` begins, if any of its words stands on one."""
        return next((placed.page for placed in self.find(start, end)), None)
