"""The arguments of a hook's program: texts with names in braces, which are filled in for each event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

PLACEHOLDERS = ("event", "key", "folder", "path", "name", "source", "output", "text")
"""What stands in braces: see `handover.facts`."""


class ArgumentError(ValueError):
    """The argument cannot be filled in. The message says what to do."""


def fill_argument(argument: str, values: Mapping[str, str]) -> str:
    """Fill in the values of PLACEHOLDERS. Raises ArgumentError, for whatever values, where a name is not among them."""
    return "".join(literal + ("" if name is None else values[name]) for literal, name in _parse(argument))


def check_argument(argument: str) -> None:
    """Raise ArgumentError where the argument cannot be filled in."""
    for _ in _parse(argument):
        pass


def has_placeholder(argument: str) -> bool:
    """Whether something is filled in. Raises ArgumentError."""
    return any(name is not None for _, name in _parse(argument))


def _parse(argument: str) -> Iterator[tuple[str, str | None]]:
    if "\0" in argument:
        raise ArgumentError("no argument can hold a NUL: take it out")
    try:
        pieces = list(Formatter().parse(argument))
    except ValueError as error:
        raise ArgumentError("has a single brace: write {{ or }} for a brace of its own") from error
    for literal, name, form, conversion in pieces:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise ArgumentError(f"{{{name}}} is not known: write one of {known}, or {{{{ for a brace")
        yield literal, name
