"""A fault in the configuration: where it stands, what is wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Location = tuple[str | int, ...]
"""The way to a value: table keys and array indexes, as in `("folders", 0, "output")`."""

_LONGEST_SHOWN = 80
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Problem:
    """`message` says what is wrong and what to do, in one line; `other` is a second place that has part in it."""

    location: Location
    message: str
    other: Location = ()

    def to_line(self, origins: Mapping[Location, str]) -> str:
        """The problem with its key; `origins` says of values that are not from the file where they come from."""
        own, others = _find_origin(self.location, origins), _find_origin(self.other, origins)
        notes = [own] if own else []
        notes += [f"{write_key(self.other)} {others}"] if others else []
        return f"{write_key(self.location)}: {self.message}" + (f" ({', '.join(notes)})" if notes else "")


def _find_origin(location: Location, origins: Mapping[Location, str]) -> str | None:
    """Where the value, or the array that it stands in, comes from."""
    around = (location[:length] for length in range(len(location), 0, -1))
    return next((origins[each] for each in around if each in origins), None)


def write_key(location: Location) -> str:
    """The location as it would be written, like `folders[0].output`; `()` is the file as a whole."""
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
    """A value from outside as one short printable line, as TOML would have it.

    The contents of tables and arrays are left out: there may be a secret among them.
    """
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "an array"
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python writes out
        text = "a very large number"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def find_near_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that is nearest to a misspelt one; None where none is near."""
    import difflib

    spellings = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower().replace("-", "_"), spellings, n=1, cutoff=0.6)
    return spellings[matches[0]] if matches else None


def join_words(words: Iterable[str], conjunction: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} {conjunction} {last}" if others else last
