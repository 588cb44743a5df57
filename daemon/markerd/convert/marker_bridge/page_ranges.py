"""Which pages belong to a part of a document. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

AHEAD = 1
"""So many pages after a part are read with it, and dropped: only by them is known that a paragraph runs on."""


def choose_pages(pages: Sequence[int], part_pages: int, part: int) -> tuple[Sequence[int], Sequence[int]]:
    """Return the pages of a part, counted from 0, and those that are read ahead.

    All parts are about equally long: what shows only in some pages next to each other (a running header) would be
    missed in a short rest.
    """
    parts = count_parts(len(pages), part_pages)
    begin, end = (len(pages) * number // parts for number in (part, part + 1))
    return pages[begin:end], pages[end : end + AHEAD]


def count_parts(pages: int, part_pages: int) -> int:
    return -(-pages // part_pages)


def set_page_range(options: Mapping[str, Any], pages: Sequence[int]) -> dict[str, Any]:
    """Return options for Marker with this range in place of their own."""
    others = {name: value for name, value in options.items() if not name.endswith("page_range")}
    return {**others, "page_range": list(pages)}


def name_pages(numbers: Collection[int]) -> list[str]:
    """Write page numbers as people count, from 1, with those that follow each other as one: `2`, `5-9`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [str(run[0] + 1) if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs]
