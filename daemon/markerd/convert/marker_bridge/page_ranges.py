"""Which pages of a document are wanted, and which belong to a part of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from markerd.errors import DocumentError
from markerd.values import count_with_noun

AHEAD = 1
"""So many pages after a part are read with it, and dropped: only by them is known that a paragraph runs on."""


LAST_PAGE = 999_999
"""The last page that a range may name, counted from 0: a longer list of numbers only takes memory."""
_PART = re.compile(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", re.ASCII)


def read_page_range(value: object) -> list[int]:
    """Return the pages of a range, counted from 0: a list of them, or a text as Marker's command line takes, such as
    "0,5-10,20". The pages of a text are sorted; none is there twice.

    Raises ValueError with the reason.
    """
    if isinstance(value, str):
        return sorted({page for part in value.split(",") for page in _read_part(part)})
    if not isinstance(value, (list, tuple)) or not all(type(page) is int for page in value):
        raise ValueError("")
    if not value:
        raise ValueError("it names no page")
    if not all(0 <= page <= LAST_PAGE for page in value):
        raise ValueError(f"pages are counted from 0, up to {LAST_PAGE}")
    return list(dict.fromkeys(value))


def _read_part(part: str) -> range:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError("a part of it is neither a page nor two of them, as in 5-10")
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise ValueError(f"{first}-{last} runs backwards")
    if last > LAST_PAGE:
        raise ValueError(f"pages are counted from 0, up to {LAST_PAGE}")
    return range(first, last + 1)


def choose_present_pages(wanted: Sequence[int] | None, count: int) -> list[int]:
    """Return the wanted pages that a document of `count` pages has; None: all.

    Raises DocumentError where it has none of them.
    """
    present = list(range(count)) if wanted is None else [page for page in wanted if 0 <= page < count]
    if not present and wanted is not None:
        message = f"page_range names none of the {count_with_noun(count, 'page')}"
        raise DocumentError(message, kind="no_pages", is_permanent=True)
    return present


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
