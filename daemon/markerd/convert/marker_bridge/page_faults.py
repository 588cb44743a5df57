"""A fault in code on one page costs this page its structure, not the document.

Where a conversion fails, each of its pages is converted alone. The pages that fail alone are set aside, to be read by
an independent reader, and the rest is converted as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from markerd.convert.checks.faults import Fault, MetFault, catch_fault
from markerd.convert.marker_bridge.page_ranges import name_pages
from markerd.errors import DocumentError

Converted = TypeVar("Converted")
Attempt = Callable[[Sequence[int], Mapping[int, Fault]], Converted]
"""Converts these pages; those of the mapping, which are among them, must not be given to Marker."""


def convert_around_faults(pages: Sequence[int], attempt: Attempt[Converted]) -> Converted:
    """Return what `attempt` gives for the pages, counted from 0, with as few of them set aside as it takes.

    Raises what `attempt` raises where that is no fault (`faults.is_fault`), and DocumentError for a fault that comes
    with every page set aside too.
    """
    whole = catch_fault(lambda: attempt(pages, {}))
    if not isinstance(whole, MetFault):
        return whole
    alone = _find_faulty_pages(pages, attempt) if len(pages) > 1 else {}
    if alone and len(alone) < len(pages):
        others = catch_fault(lambda: attempt(pages, alone))
        if not isinstance(others, MetFault):
            return others
    together = whole.describe("the pages could not be converted together")
    plain = catch_fault(lambda: attempt(pages, {page: alone.get(page, together) for page in pages}))
    if not isinstance(plain, MetFault):
        return plain
    names = ", ".join(name_pages(list(alone) or pages))
    message = f"pages that could not be converted, nor read in a plainer way: {names}"
    raise DocumentError(message, details=plain.describe(message).details) from plain.error


def _find_faulty_pages(pages: Sequence[int], attempt: Attempt[Converted]) -> dict[int, Fault]:
    """Convert each page alone; return the pages that meet a fault, each with it."""
    faults = {}
    for page in pages:
        found = catch_fault(partial(attempt, [page], {}))
        if isinstance(found, MetFault):
            faults[page] = found.describe("the page could not be converted")
    return faults
