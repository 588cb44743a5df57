"""Splits a page that is much higher than wide, such as a screenshot of a chat or a long receipt, into strips. Pure.

Lines are found on a picture of a fixed size; on a page thirty times as high as wide they would be dots there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markerd.convert.embedded.ocr.thresholds import THRESHOLDS


@dataclass(frozen=True)
class Strip:
    """A strip from `top` to `bottom`, in pixels of the page.

    A line belongs to it if the line's middle lies from `first` to before `end`.
    """

    top: int
    bottom: int
    first: float
    end: float


def split_strips(width: int, height: int) -> Iterator[Strip]:
    """Split the page from top to bottom; one strip where it is not so high. Each height belongs to one strip."""
    if height <= THRESHOLDS.max_page_ratio * width:
        yield Strip(0, height, 0.0, float("inf"))
        return
    size, overlap = max(1, round(THRESHOLDS.strip_ratio * width)), max(1, round(THRESHOLDS.strip_overlap * width))
    step = max(1, size - overlap)
    tops = range(0, max(1, height - overlap), step)
    for top in tops:
        is_last = top == tops[-1]
        first = top + overlap / 2 if top else 0.0
        yield Strip(top, min(top + size, height), first, float("inf") if is_last else top + step + overlap / 2)
