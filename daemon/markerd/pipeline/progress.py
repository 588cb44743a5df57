"""How far a document is that is converted in parts: pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`seconds_per_page` and `seconds_left` are None until a part was converted in this attempt."""

    pages_done: int
    pages: int
    seconds_per_page: float | None = None
    seconds_left: float | None = None


def measure_progress(pages_done: int, pages: int, *, pages_before: int, seconds: float) -> Progress:
    """Estimate the time that is left from the pages since the attempt began, `seconds` ago, when `pages_before` pages
    were done."""
    pages_since = pages_done - pages_before
    if pages_since <= 0:
        return Progress(pages_done, pages)
    rate = seconds / pages_since
    return Progress(pages_done, pages, round(rate, 3), round(rate * (pages - pages_done), 1))
