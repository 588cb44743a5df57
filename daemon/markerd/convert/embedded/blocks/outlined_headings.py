"""Finds the lines that a document's own outline names. Pure."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.blocks.typed_lines import Column
from markerd.convert.embedded.text.patterns import CAPTION, NUMBERED_HEADING
from markerd.convert.embedded.text_layer.outline import OutlineEntry


@dataclass(frozen=True)
class _Place:
    page: int
    indices: tuple[int, ...]
    size: float


def find_outlined_headings(columns: Sequence[Column], outline: Sequence[OutlineEntry]) -> list[frozenset[int]]:
    """Find the lines of each page whose text is the title of an entry, on the page that the entry names.

    Of several places the one in the largest type counts: a table of contents has the same titles.
    """
    found: list[set[int]] = [set() for _ in columns]
    places = _index_places(columns) if outline else {}
    for entry in outline:
        if CAPTION.match(entry.title):
            continue
        known = [place for key in _list_keys(entry.title) for place in places.get(key, ())]
        near = [place for place in known if entry.page in (None, place.page)]
        if near:
            best = max(near, key=lambda place: place.size)
            found[best.page].update(best.indices)
    return [frozenset(one) for one in found]


def _index_places(columns: Sequence[Column]) -> Mapping[str, Sequence[_Place]]:
    """Index lines, and lines that follow each other, by what they say."""
    places: defaultdict[str, list[_Place]] = defaultdict(list)
    for page, column in enumerate(columns):
        for start in column.types:
            for indices in _list_chains(column, start):
                text = " ".join(column.lines[i].text.strip() for i in indices)
                if len(text) > THRESHOLDS.max_heading_letters:
                    break
                for key in _list_keys(text):
                    places[key].append(_Place(page, indices, column.lines[start].size))
    return places


def _list_chains(column: Column, start: int) -> Iterator[tuple[int, ...]]:
    chain = [start]
    while len(chain) <= THRESHOLDS.max_heading_lines:
        yield tuple(chain)
        below = column.below.get(chain[-1])
        if below is None:
            return
        chain.append(below)


def _list_keys(text: str) -> set[str]:
    """List what a title says, with its number and without: an outline often leaves the numbers out."""
    keys = {_reduce(text), _reduce(NUMBERED_HEADING.sub("", text))}
    return {key for key in keys if len(key) >= THRESHOLDS.min_outlined_letters}


def _reduce(text: str) -> str:
    """Reduce a text to its letters and digits, in one case: spaces and hyphens depend on where lines end."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in plain if character.isalnum())
