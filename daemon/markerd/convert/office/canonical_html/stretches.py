"""Stretches of a text from an opening to its end, found in one pass. Pure.

A regular expression for both (`<!--.*?-->`) searches the whole rest of the text for each opening without an end: two
megabytes of `<!--` take a day.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Stretch = tuple[re.Match[str], re.Match[str]]
"""The matches of its opening and of its end."""


def replace_stretches(
    text: str,
    opening: re.Pattern[str],
    end_of: Callable[[re.Match[str]], re.Pattern[str]],
    put: Callable[[str, Stretch], str],
) -> str:
    """Replace each stretch by what `put` makes of it. An opening without an end stays, and so does what follows it."""
    out: list[str] = []
    done = start = 0
    endless: set[re.Pattern[str]] = set()
    while found := opening.search(text, start):
        end, start = end_of(found), found.end()
        last = None if end in endless else end.search(text, found.end())
        if last is None:
            endless.add(end)
            continue
        out += (text[done : found.start()], put(text[found.start() : last.end()], (found, last)))
        done = start = last.end()
    return "".join([*out, text[done:]])
