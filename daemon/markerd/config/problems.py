"""A problem of the configuration: its place, what is wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Location = tuple[str | int, ...]
"""The place of a value as table keys and array indexes, such as `("folders", 0, "output")`."""

_LONGEST_SHOWN = 80
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `message` says in one line what is wrong and what to do. `other` is a second place that is involved.
    """

    location: Location
    message: str
    other: Location = ()

    def to_line(self, origins: Mapping[Location, str]) -> str:
        """Return the problem with its key. `origins` says where values come from that are not in the file."""
        own, others = _find_origin(self.location, origins), _find_origin(self.other, origins)
        notes = [own] if own else []
        notes += [f"{write_key(self.other)} {others}"] if others else []
        return f"{write_key(self.location)}: {self.message}" + (f" ({', '.join(notes)})" if notes else "")


def _find_origin(location: Location, origins: Mapping[Location, str]) -> str | None:
    """Return where the value, or the array that holds it, comes from."""
    around = (location[:length] for length in range(len(location), 0, -1))
    return next((origins[each] for each in around if each in origins), None)


def write_key(location: Location) -> str:
    """Write the location as a user would, such as `folders[0].output`. `()` is the whole file."""
    if not location:
        return "the configuration file"
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE_KEY.fullmatch(part) else repr(part))
    return text


def show_value(value: object) -> str:
    """Return a value from outside as one short printable line, as TOML would write it.

    The contents of tables and arrays are left out, because they may be secret.
    """
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except ValueError:  # the integer has more digits than Python writes
        text = "a very large number"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def find_near_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to a misspelt one. None means that none is similar."""
    import difflib

    spellings = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower().replace("-", "_"), spellings, n=1, cutoff=0.6)
    return spellings[matches[0]] if matches else None


def join_words(words: Iterable[str], conjunction: str = "or") -> str:
    """Join the words as `a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} {conjunction} {last}" if others else last
