"""Running heads and feet of pages read by OCR: regions that the layout model calls so, and that pages share. Pure.

As on digital pages (`running_headers`), text is left out where it is repeated, from its second occurrence on, or where
it is a page number. The sender of a letter, which stands once, is content. OCR reads one head a little differently each
time, so heads are compared by likeness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markerd.convert.embedded.layout.running_headers import is_clear_page_number, read_page_number
from markerd.convert.embedded.layout.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import DIGITS


@dataclass(frozen=True)
class ScannedMargin:
    """A block that the layout model calls a head or a foot. `is_alone`: its page has no other text."""

    page: int
    label: str
    text: str
    is_alone: bool

    @property
    def key(self) -> str:
        """The text that is compared: all numbers count as equal."""
        return DIGITS.sub("#", " ".join(self.text.split()).casefold())


def find_left_out(margins: Sequence[ScannedMargin]) -> list[bool]:
    """Find, for each block, whether it is a running head or foot that was shown before, or a page number."""
    return [
        not margin.is_alone and (_is_page_number(margin, margins) or _is_later(margin, margins)) for margin in margins
    ]


def _is_page_number(margin: ScannedMargin, margins: Sequence[ScannedMargin]) -> bool:
    """Whether the block is a page number, by its words or because another page counts on from it."""
    text = " ".join(margin.text.split())
    value = read_page_number(text)
    if is_clear_page_number(text):
        return True
    if value is None:
        return False
    others = [
        (other.page, read_page_number(" ".join(other.text.split()))) for other in margins if other.page != margin.page
    ]
    return any(found is not None and found - page == value - margin.page for page, found in others)


def _is_later(margin: ScannedMargin, margins: Sequence[ScannedMargin]) -> bool:
    pages = {other.page for other in margins if other.label == margin.label and _are_alike(margin.key, other.key)}
    return len(pages) >= THRESHOLDS.min_repeated_pages and margin.page != min(pages)


def _are_alike(first: str, second: str) -> bool:
    return first == second or SequenceMatcher(None, first, second, autojunk=False).ratio() >= THRESHOLDS.min_likeness
