"""What the journal's rows stand for."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markerd.values import Fingerprint, State, make_printable


@dataclass(frozen=True)
class Document:
    """One row of the journal: `folder` is the hot folder's path, `path` the document's path below it.

    Times are seconds since the epoch. `policy_pending`: the source still has to be archived, deleted or moved to
    `failed`. `pages_done` of `pages` are converted and kept; None where that is not known. `hooks`, which is in no row,
    are those of its folder that a profile has chosen for it; None for all.
    `source_kept`: the source was seen in its place after it was published.
    """

    id: int
    folder: str
    path: str
    fingerprint: Fingerprint
    state: State
    attempts: int
    sha256: str | None
    published_sha256: str | None
    output: str | None
    kind: str | None
    reason: str | None
    seen_at: float
    retry_at: float | None
    policy_pending: bool
    pages_done: int | None = None
    pages: int | None = None
    source_kept: bool = False
    hooks: frozenset[str] | None = None

    @property
    def source(self) -> Path:
        """Where the document lies in its hot folder."""
        return Path(self.folder, self.path)

    @property
    def names(self) -> dict[str, str]:
        """The fields that name it in log events."""
        return {"folder": make_printable(self.folder), "document": make_printable(self.path)}


class Known(NamedTuple):
    """What of a row tells whether a file in its place is news; light, for scans of very many files. See `Document`."""

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int | None
    state: str
    policy_pending: int
    id: int
    path: bytes

    def stands_for(self, content: Fingerprint) -> bool:
        """Whether the row may stand for this content: see `Fingerprint.matches`."""
        if self.ctime_ns == content.ctime_ns:  # the most frequent case, without an object for each file
            return (self.size, self.mtime_ns, self.inode) == (content.size, content.mtime_ns, content.inode)
        return Fingerprint(self.size, self.mtime_ns, self.inode, self.ctime_ns).matches(content)


@dataclass(frozen=True)
class Overview:
    """What the status shows of the journal; see the methods of `JournalReader` of these names."""

    counts: dict[str, int]
    totals: dict[str, float]
    waiting_since: float | None
    last_errors: list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended, `attempt` being its number from 1. `details` of a fault in code stand in the dead letter,
    not in the journal."""

    outcome: State
    kind: str | None = None
    reason: str | None = None
    pages: int | None = None
    pages_degraded: int | None = None
    model_set: str | None = None
    seconds: Mapping[str, float] | None = None
    at: float = 0.0
    attempt: int = 0
    details: Mapping[str, Any] | None = None


def document_from_row(row: sqlite3.Row) -> Document:
    """Build the document of a row of the table `documents`."""
    return Document(
        id=row["id"],
        folder=os.fsdecode(row["folder"]),
        path=os.fsdecode(row["path"]),
        fingerprint=Fingerprint(row["size"], row["mtime_ns"], row["inode"], row["ctime_ns"]),
        state=State(row["state"]),
        attempts=row["attempts"],
        sha256=row["sha256"],
        published_sha256=row["published_sha256"],
        output=None if row["output"] is None else os.fsdecode(row["output"]),
        kind=row["kind"],
        reason=row["reason"],
        seen_at=row["seen_at"],
        retry_at=row["retry_at"],
        policy_pending=bool(row["policy_pending"]),
        pages_done=row["pages_done"],
        pages=row["pages"],
        source_kept=bool(row["source_kept"]),
    )


def outcome_from_row(row: sqlite3.Row) -> Outcome:
    """Build the outcome of a row of the table `outcomes`."""
    return Outcome(
        outcome=State(row["outcome"]),
        kind=row["kind"],
        reason=row["reason"],
        pages=row["pages"],
        model_set=row["model_set"],
        seconds=json.loads(row["seconds"]),
        at=row["at"],
        attempt=row["attempt"],
    )
