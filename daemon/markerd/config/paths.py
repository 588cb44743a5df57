"""Paths: the text of a path in the configuration becomes an absolute path.

Only `~name` needs I/O: it looks into the user database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from markerd.config.places import find_home
from markerd.values import make_harmless

_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>[^}]*)\}|(?P<bare>[A-Za-z_][A-Za-z0-9_]*))")


class PathError(ValueError):
    """The text is not a usable path. The message says what to do."""


def expand_path(text: str, base: Path, environ: Mapping[str, str]) -> Path:
    """Return the path that `text` means: absolute and normalised, with symbolic links kept.

    `$NAME` and `${NAME}` are replaced first, then `~` and `~user` at the beginning; `$$` is one `$`. A path that is
    still relative starts at `base`. An undefined or empty variable raises PathError, because `$DATA/inbox` must not
    become `/inbox`. `..` removes the part before it as it is written, before any symbolic link is followed.
    """
    _check(text)
    path = _expand_home(_VARIABLE.sub(lambda match: _substitute_variable(match, environ), text), environ)
    _check(path)
    # POSIX allows two leading slashes to have a meaning of their own, which nobody intends here.
    return Path(re.sub(r"^//+", "/", os.path.normpath(base / path)))


def escape_path(path: Path) -> str:
    """Return the text that `expand_path` turns into this absolute path again."""
    return str(path).replace("$", "$$")


def _check(text: str) -> None:
    if not text:
        raise PathError("is empty: name a folder or file, or leave the key out")
    if "\0" in text:
        raise PathError("contains a NUL character, which no path can: remove it")
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise PathError("is not UTF-8: name the folder in UTF-8, or reach it through a symbolic link that is")


def _substitute_variable(match: re.Match[str], environ: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    name: str = match["bare"] or match["braced"] or ""
    if value := environ.get(name):
        return value
    fault = "is empty" if name in environ else "is not set"
    raise PathError(f"the variable ${name} {fault}: set it, or write $$ where a dollar sign is meant")


def _expand_home(text: str, environ: Mapping[str, str]) -> str:
    user, slash, rest = text.partition("/")
    if not user.startswith("~"):
        return text
    try:
        home = str(find_home(environ)) if user == "~" else str(Path(user).expanduser())
    except RuntimeError as error:
        raise PathError(f"the home folder of {make_harmless(user)} is unknown: write the path in full") from error
    return home + slash + rest
