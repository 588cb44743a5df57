"""A file that has the journal's name but cannot be used is kept under another name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

COMPANIONS = ("-wal", "-shm")
"""What SQLite adds to the journal's name for the files that it keeps beside it."""


def set_aside(path: Path, endings: Iterable[str] = (*COMPANIONS, "")) -> Path:
    """Rename the files at `path` with these endings; returns where they lie now. Raises OSError.

    Companions come first: a crash in between must not leave them to a new journal.
    """
    target = _find_free_name(path)
    for ending in endings:
        if os.path.lexists(f"{path}{ending}"):
            os.rename(f"{path}{ending}", f"{target}{ending}")  # noqa: PTH104 - names with endings, not paths
    return target


def _find_free_name(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    numbers = ("", *(f"-{number}" for number in range(2, 1000)))
    names = (path.with_name(f"{path.name}.corrupt-{stamp}{number}") for number in numbers)
    return next(name for name in names if not any(os.path.lexists(f"{name}{ending}") for ending in (*COMPANIONS, "")))
