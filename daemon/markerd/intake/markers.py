"""Marker files: a program puts `NAME.done` beside a document to say that it is complete."""

from __future__ import annotations

import os
import stat
from enum import Enum

from markerd.values import Fingerprint

PLACEHOLDER = "{name}"


class MarkerSight(Enum):
    """What a marker says of the document beside it."""

    MISSING = "missing"
    BEFORE = "before"
    """It was there before the document's last change: it says that the document may be taken, but not that it is
    whole."""
    AFTER = "after"
    """It came after the document's last change: the document is whole."""


def name_marker(pattern: str, path: str) -> str:
    """Return the path of the marker of a document; both are below the hot folder. `pattern` has one `{name}`."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{pattern.replace(PLACEHOLDER, name)}"


def find_marked(pattern: str, path: str) -> str | None:
    """Return the path of the document that a marker would belong to; None where the file is no marker."""
    before, _, after = pattern.partition(PLACEHOLDER)
    folder, slash, name = path.rpartition("/")
    is_marker = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
    return f"{folder}{slash}{name[len(before) : len(name) - len(after)]}" if is_marker else None


def look_for_marker(root: str, pattern: str, path: str, fingerprint: Fingerprint) -> MarkerSight:
    """Look for the marker of a document whose state is `fingerprint`. Only a regular file counts."""
    try:
        status = os.lstat(f"{root}/{name_marker(pattern, path)}")
    except OSError:
        return MarkerSight.MISSING
    if not stat.S_ISREG(status.st_mode):
        return MarkerSight.MISSING
    changed_ns = fingerprint.ctime_ns  # the kernel sets it, and no program can set it back
    is_after = changed_ns is not None and status.st_ctime_ns >= changed_ns
    return MarkerSight.AFTER if is_after else MarkerSight.BEFORE
