"""What the journal's rows stand for."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markerd.values import Fingerprint, State, printable


@dataclass(frozen=True)
class Document:
    """One row: `folder` is the hot folder's path, `path` the document's below it."""

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
    """Of the `pages` in all: so many are converted and kept. None where it is not known."""
    pages: int | None = None

    @property
    def source(self) -> Path:
        return Path(self.folder, self.path)

    @property
    def names(self) -> dict[str, str]:
        """As log events name it."""
        return {"folder": printable(self.folder), "document": printable(self.path)}


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `details` of a fault in code stand in the dead letter, not in the journal."""

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


def document_of(row: sqlite3.Row) -> Document:
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
    )


def outcome_of(row: sqlite3.Row) -> Outcome:
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
