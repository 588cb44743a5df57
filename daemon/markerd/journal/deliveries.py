"""What the rows of the outbox stand for: one event that one hook is still to be told."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markerd.journal.records import Document, Outcome
from markerd.values import Occasion, make_harmless

_REASON_CHARACTERS = 2000
"""Some libraries put a whole page into theirs. A variable of an environment may have 128 kB (execve(2))."""
_KEY_DIGITS = 32


DeliveryRow = tuple[Any, ...]
"""A row of the table `deliveries`, without its number."""
COLUMNS = (
    "key", "folder", "hook", "path", "occasion", "at", "output", "facts", "state", "attempts", "failed_at", "retry_at",
    "given_up_at", "reason",
)  # fmt: skip
SELECT_DELIVERIES = f"SELECT {', '.join(COLUMNS)} FROM deliveries ORDER BY id"  # noqa: S608 - names of ours


class Lane(NamedTuple):
    """The way to one hook: the hot folder that has it, and its name there."""

    folder: str
    hook: str


class Route(NamedTuple):
    """A hook of a hot folder, and what it wants to be told."""

    hook: str
    occasions: frozenset[Occasion]


@dataclass(frozen=True)
class Delivery:
    """An event for a hook. `path` is below the hot folder; `output` is None where nothing was published.

    Times are seconds since the epoch. `attempts` have failed, the first of them at `failed_at`. `facts` are what the
    outcome says besides: size, sha256, attempts, pages, kind, reason, model_set, seconds, waited_seconds.
    """

    id: int
    key: str
    lane: Lane
    path: str
    occasion: Occasion
    at: float
    output: Path | None
    facts: Mapping[str, Any]
    attempts: int
    failed_at: float | None

    @property
    def source(self) -> Path:
        """Where the document lay in its hot folder."""
        return Path(self.lane.folder, self.path)


@dataclass(frozen=True)
class GivenUp:
    """A delivery that is not tried any more, with the reason."""

    key: str
    lane: Lane
    path: str
    occasion: Occasion
    at: float
    attempts: int
    given_up_at: float
    reason: str


def describe_facts(document: Document, outcome: Outcome, now: float) -> dict[str, Any]:
    """Describe an outcome as JSON can hold it; texts cannot break a line."""
    return {
        "size": document.fingerprint.size,
        "sha256": document.sha256,
        "attempts": document.attempts,
        "pages": outcome.pages,
        "kind": outcome.kind,
        "reason": None if outcome.reason is None else make_harmless(outcome.reason)[:_REASON_CHARACTERS],
        "model_set": outcome.model_set,
        "seconds": {stage: round(seconds, 3) for stage, seconds in (outcome.seconds or {}).items()},
        "waited_seconds": round(max(now - document.seen_at, 0.0), 3),
    }


def derive_key(lane: Lane, document: Document, occasion: Occasion, endings: int) -> str:
    """Derive the key of an event; `endings` is the number of outcomes that the document has with this one.

    It depends on nothing that a power cut can change: an outcome that the journal forgets and records again has the
    same key. It has no full stop, by which signatures part it from what follows.
    """
    parts = (
        lane.folder, lane.hook, document.path, occasion.value, document.sha256 or "", repr(document.seen_at),
        str(document.attempts), str(endings),
    )  # fmt: skip
    digest = hashlib.sha256(b"\0".join(map(os.fsencode, parts)))
    return f"msg_{digest.hexdigest()[:_KEY_DIGITS]}"


def is_readable(row: DeliveryRow) -> bool:
    """Whether a row of a damaged journal can be delivered; its states are checked by the table that it goes into."""
    values = dict(zip(COLUMNS, row, strict=True))
    try:
        Occasion(values["occasion"])
        return isinstance(json.loads(values["facts"]), dict)
    except (ValueError, TypeError):
        return False


def delivery_from_row(row: sqlite3.Row) -> Delivery:
    """Build the delivery of a row of the table `deliveries`."""
    return Delivery(
        id=row["id"],
        key=row["key"],
        lane=Lane(os.fsdecode(row["folder"]), row["hook"]),
        path=os.fsdecode(row["path"]),
        occasion=Occasion(row["occasion"]),
        at=row["at"],
        output=None if row["output"] is None else Path(os.fsdecode(row["output"])),
        facts=json.loads(row["facts"]),
        attempts=row["attempts"],
        failed_at=row["failed_at"],
    )


def given_up_from_row(row: sqlite3.Row) -> GivenUp:
    """Build what is given up of a row of the table `deliveries`."""
    return GivenUp(
        key=row["key"],
        lane=Lane(os.fsdecode(row["folder"]), row["hook"]),
        path=os.fsdecode(row["path"]),
        occasion=Occasion(row["occasion"]),
        at=row["at"],
        attempts=row["attempts"],
        given_up_at=row["given_up_at"],
        reason=row["reason"] or "",
    )
