"""Which names are documents: temporary files and the user's include and exclude patterns. Pure.

A path here is relative to its hot folder, with `/` between its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

_UNFINISHED_SUFFIXES = (".part", ".crdownload", ".tmp", ".partial", ".download", ".swp", "~")
_DESKTOP_LITTER = frozenset({"thumbs.db", "desktop.ini"})


def is_temporary(path: str) -> bool:
    """Whether some program is still at work on this file, or it was never meant for anyone to read."""
    *folders, name = path.split("/")
    if any(is_skipped_folder(folder) for folder in folders):
        return True
    name = name.lower()
    # Office keeps a `~$name.docx` beside each open document: its suffix is that of a document.
    return name.startswith((".", "~$")) or name.endswith(_UNFINISHED_SUFFIXES) or name in _DESKTOP_LITTER


def is_skipped_folder(name: str) -> bool:
    """Whether nothing below a folder of this name is looked at.

    Safari downloads into a folder `document.pdf.download`. The other suffixes of unfinished files do not count
    for folders: people do call a folder `old.tmp`, and what they drop there is meant.
    """
    return name.startswith(".") or name.lower().endswith(".download")


def matches(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether the patterns let this path in: some of `include` (none given: every path) and none of `exclude`.

    A pattern with a `/` is held against the whole path, any other one against the name. `*` matches `/` too,
    and case does not count.
    """
    if any(_matches(path, pattern) for pattern in exclude):
        return False
    return not include or any(_matches(path, pattern) for pattern in include)


def _matches(path: str, pattern: str) -> bool:
    subject = path if "/" in pattern else path.rpartition("/")[2]
    return fnmatchcase(subject.lower(), pattern.lower())
