"""What became of documents lately, read from the journal without writing to it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from markerd.values import printable

_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Finished:
    """One row of the page; names are printable, `at` is seconds since the epoch."""

    at: float
    document: str
    outcome: str
    reason: str | None
    pages: int | None
    convert_s: float | None
    waited_s: float


def recent(journal: Path, limit: int) -> list[Finished]:
    """The last outcomes, newest first. Raises sqlite3.Error; safe in any thread, with a connection of its own."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True, timeout=_TIMEOUT_S)) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute("SELECT * FROM outcomes ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return [_finished(row) for row in rows]


def _finished(row: sqlite3.Row) -> Finished:
    seconds: Mapping[str, float] = json.loads(row["seconds"])
    return Finished(
        at=row["at"],
        document=printable(os.fsdecode(row["path"])),
        outcome=row["outcome"],
        reason=row["reason"],
        pages=row["pages"],
        convert_s=seconds.get("convert"),
        waited_s=row["waited_seconds"],
    )
