"""Finds the levels of a document's headings from their numbers and their type. Pure.

Each rule looks at all headings at once, so that equal headings have equal levels throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import HEADING_NUMBER

MAX_LEVEL = 6


@dataclass(frozen=True)
class Heading:
    """The text of a heading, and the type that it is set in."""

    text: str
    size: float
    is_bold: bool

    @property
    def depth(self) -> int:
        """How many numbers the heading's number has; 0 for a heading without a number."""
        found = HEADING_NUMBER.match(self.text)
        return len(found[1].split(".")) if found else 0


def find_levels(headings: Sequence[Heading]) -> list[int]:
    """Find the levels: 1 for the largest type, one more for each smaller or lighter type.

    Numbered headings have a level by the depth of their number.
    """
    by_type = _rank_types(headings)
    ranks = [by_type[_find_type(heading, by_type)] for heading in headings]
    top = min((rank for heading, rank in zip(headings, ranks, strict=True) if heading.depth == 1), default=None)
    if top is None:
        return [min(rank, MAX_LEVEL) for rank in ranks]
    numbered = [
        top + heading.depth - 1 if heading.depth else rank for heading, rank in zip(headings, ranks, strict=True)
    ]
    return [min(level, MAX_LEVEL) for level in numbered]


_Type = tuple[float, bool]


def _rank_types(headings: Sequence[Heading]) -> dict[_Type, int]:
    types: list[_Type] = []
    for heading in sorted(headings, key=lambda h: (-h.size, not h.is_bold)):
        if not any(_is_same(heading, known) for known in types):
            types.append((heading.size, heading.is_bold))
    return {known: rank for rank, known in enumerate(types, start=1)}


def _find_type(heading: Heading, known: dict[_Type, int]) -> _Type:
    return next(one for one in known if _is_same(heading, one))


def _is_same(heading: Heading, known: _Type) -> bool:
    return abs(heading.size - known[0]) <= THRESHOLDS.same_heading_size * known[0] and heading.is_bold == known[1]
