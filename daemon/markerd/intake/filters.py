"""Which names are documents: what is always left alone, and the user's include and exclude patterns. Pure.

A path here is relative to its hot folder, with `/` between its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from itertools import chain

LEFT_ALONE_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "hidden files, and files that editors keep beside an open document": (
        ".*", ".*/", "~$*", "*~", "*.swp", "*.dwl", "*.dwl2",
    ),
    "unfinished downloads and uploads": (
        "*.part", "*.partial", "*.filepart", "*.tmp", "*.temp", "*.crdownload", "*.download", "*.download/",
        "*.opdownload", "*.upload", "*.uploading", "*.inprogress", "*.incomplete", "*.aria2", "*.lftp-pget-status",
        "*.jdownload", "*.dctmp", "*.!qb", "*.!ut", "*.!bt", "*.!sync", "*.bc!", "*.xltd", "*.ytdl",
    ),
    "files of operating systems and file servers": (
        "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "aquota.user", "aquota.group",
        "system volume information/", "lost+found/", "found.000/", "@eadir/", "@sharebin/", "__macosx/",
    ),
    "bins and snapshots": (
        "$recycle.bin/", "recycler/", "#recycle/", "@recycle/", "network trash folder/", "temporary items/",
        "#snapshot/", "~snapshot/", "@recently-snapshot/",
    ),
}  # fmt: skip
"""The patterns below, by what they match, for the reference."""
LEFT_ALONE: tuple[str, ...] = tuple(chain.from_iterable(LEFT_ALONE_BY_KIND.values()))
"""Patterns of files that are no documents, or not yet. A pattern that ends in `/` stands for a folder with all that is
below it.

The patterns of unfinished files do not count for folders, except for Safari's (`document.pdf.download`): people do call
a folder `old.tmp`, and mean what they drop there.
"""


def is_left_alone(path: str, more: tuple[str, ...] = ()) -> bool:
    """Whether some program is still at work on this file, or it was never meant for anyone to read.

    `more` are the patterns of the configuration; they are matched as those of `LEFT_ALONE` are. Case does not count.
    """
    folder, _, name = path.rpartition("/")
    is_below = folder != "" and is_below_skipped_folder(folder, more)
    return is_below or _compile_file_patterns(more).matches(name.lower())


def is_skipped_folder(name: str, more: tuple[str, ...] = ()) -> bool:
    """Whether nothing below a folder of this name is looked at."""
    return _compile_folder_patterns(more).matches(name.lower())


@lru_cache(maxsize=1024)  # the files of one folder are asked about one after the other
def is_below_skipped_folder(path: str, more: tuple[str, ...] = ()) -> bool:
    """Whether the folder at this path is one of those, or lies in one."""
    return any(is_skipped_folder(folder, more) for folder in path.split("/"))


_SPECIAL = re.compile(r"[*?\[]")
"""What makes a pattern more than plain text."""
_NOTHING = r"(?!)"
"""A regular expression that matches no text."""


class _NamePatterns:
    """Patterns for names, all in lower case. Most are a plain beginning, a plain end or a plain name, and need no
    regular expression: a scan asks this for each file."""

    def __init__(self, patterns: Iterable[str]) -> None:
        left = [pattern.lower() for pattern in patterns]
        plain = {pattern for pattern in left if not _SPECIAL.search(pattern)}
        starts = {pattern for pattern in left if pattern.endswith("*") and not _SPECIAL.search(pattern[:-1])}
        ends = {pattern for pattern in left if pattern.startswith("*") and not _SPECIAL.search(pattern[1:])}
        self._names = frozenset(plain)
        self._starts = tuple(pattern[:-1] for pattern in starts)
        self._ends = tuple(pattern[1:] for pattern in ends)
        self._others = _compile_any(set(left) - plain - starts - ends)

    def matches(self, name: str) -> bool:
        is_plain = name in self._names or name.startswith(self._starts) or name.endswith(self._ends)
        return is_plain or self._others.match(name) is not None


@lru_cache
def _compile_file_patterns(more: tuple[str, ...]) -> _NamePatterns:
    return _NamePatterns(pattern for pattern in (*LEFT_ALONE, *more) if not pattern.endswith("/"))


@lru_cache
def _compile_folder_patterns(more: tuple[str, ...]) -> _NamePatterns:
    return _NamePatterns(pattern.removesuffix("/") for pattern in (*LEFT_ALONE, *more) if pattern.endswith("/"))


def _compile_any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns) or _NOTHING)


def matches(path: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether the patterns let this path in: one of `include` matches, or there is none, and none of `exclude` does.

    A pattern with a `/` is matched against the whole path, any other one against the name. `*` matches `/` too, and
    case does not count.
    """
    if exclude and _matches_any(path, tuple(exclude)):
        return False
    return not include or _matches_any(path, tuple(include))


def _matches_any(path: str, patterns: tuple[str, ...]) -> bool:
    of_names, of_paths = _compile_patterns(patterns)
    path = path.lower()
    return bool(of_names.match(path.rpartition("/")[2])) or bool(of_paths.match(path))


@lru_cache
def _compile_patterns(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile what is matched against the name, and what against the path."""
    of_paths = [pattern for pattern in patterns if "/" in pattern]
    of_names = [pattern for pattern in patterns if "/" not in pattern]
    return _compile_any(of_names), _compile_any(of_paths)
