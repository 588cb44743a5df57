"""A fault in code on one page costs this page its structure, not the document.

Where a conversion fails, each of its pages is converted alone; those that fail alone are set aside, to be read by an
independent reader, and the rest is converted as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from markerd.convert.checks.faults import Fault, is_fault
from markerd.convert.marker_bridge.page_ranges import page_names
from markerd.errors import DocumentError

Converted = TypeVar("Converted")
Attempt = Callable[[Sequence[int], Mapping[int, Fault]], Converted]
"""Converts these pages; the pages of the mapping, which are among them, are not to be given to Marker."""


def convert_around_faults(pages: Sequence[int], attempt: Attempt[Converted]) -> Converted:
    """What `attempt` gives for the pages, counted from 0, with as few of them set aside as it takes.

    Raises what `attempt` raises where it is no fault (`faults.is_fault`), and DocumentError for a fault that comes with
    every page set aside too.
    """
    try:
        return attempt(pages, {})
    except Exception as error:  # whatever the code behind it raises; `is_fault` says whether it is meant
        if not is_fault(error):
            raise
        first = error
    alone = _faults_alone(pages, attempt) if len(pages) > 1 else {}
    if alone and len(alone) < len(pages):
        try:
            return attempt(pages, alone)
        except Exception as error:  # as above
            if not is_fault(error):
                raise
    together = Fault.of(first, "the pages could not be converted together")
    try:
        return attempt(pages, {page: alone.get(page, together) for page in pages})
    except Exception as error:  # as above
        if not is_fault(error):
            raise
        names = ", ".join(page_names(list(alone) or pages))
        message = f"pages that could not be converted, nor read in a plainer way: {names}"
        raise DocumentError(message, details=Fault.of(error, message).details) from error


def _faults_alone(pages: Sequence[int], attempt: Attempt[Converted]) -> dict[int, Fault]:
    faults = {}
    for page in pages:
        try:
            attempt([page], {})
        except Exception as error:  # as above
            if not is_fault(error):
                raise
            faults[page] = Fault.of(error, "the page could not be converted")
    return faults
