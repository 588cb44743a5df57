"""What the report and the status page ask of the journal: how attempts ended, and what became of the converter."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from markerd.journal.read_only import ReadOnlyConnection
from markerd.values import State

_REASON_CHARACTERS = 300
"""Enough to tell one reason from another; some libraries put a whole page into theirs."""
_ROW = "at, folder, path, outcome, kind, reason, pages, seconds, waited_seconds"
_TABLES = ("outcomes", "cleanups", "incidents")
_CONVERT_SECONDS = "json_extract(seconds, '$.convert')"


@dataclass(frozen=True)
class Ending:
    """How one attempt at a document ended.

    `folder` and `path` are as the file system has them: show them through `make_printable`.
    `seconds` maps a stage to its duration; `waited_seconds` counts from the drop.
    """

    at: float
    folder: str
    path: str
    outcome: State
    kind: str | None
    reason: str
    pages: int | None
    seconds: Mapping[str, float]
    waited_seconds: float

    @property
    def work_seconds(self) -> float:
        """What the attempt took from its beginning to its end, never negative."""
        stages = ("total",) if "total" in self.seconds else ("stage", "convert", "publish")
        return max(sum(self.seconds.get(stage, 0.0) for stage in stages), 0.0)


class Measure(NamedTuple):
    """An ending's numbers alone, light enough for hundreds of thousands; no duration is negative."""

    at: float
    outcome: str
    pages: int
    convert_seconds: float
    waited_seconds: float
    pages_degraded: int = 0


@dataclass(frozen=True)
class FailureKind:
    """How often a kind of failure came up: as a dead letter, and as an attempt that was to be repeated."""

    kind: str
    dead: int
    failed: int
    last_at: float
    last_reason: str


@dataclass(frozen=True)
class CleanupTotals:
    """What the cleanups did, and the most that the converter ever held after one. Zero where nothing is known."""

    cleanups: int
    removed: int
    most_semaphores: int
    most_rss_bytes: int


class MemoryPeak(NamedTuple):
    """The converter's largest resident memory in one slot of time."""

    slot: int
    rss_bytes: int


@dataclass(frozen=True)
class Incident:
    """A start of the daemon or an end of a converter; `event` is its log event's name."""

    at: float
    event: str
    reason: str


class History:
    """What the journal at `path` holds, all of it as of the moment of opening; see `ReadOnlyConnection`.

    Times are seconds since the epoch; a period is `since <= at <= until`. Opening and every method raise
    UnavailableError.
    """

    def __init__(self, path: Path) -> None:
        self._connection = ReadOnlyConnection(path)

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    # --- documents ----------------------------------------------------------------------------------------------

    def list_recent(self, limit: int) -> list[Ending]:
        """List the newest endings first; the reason is cut to 300 characters."""
        rows = self._connection.fetch(f"SELECT {_ROW} FROM outcomes ORDER BY id DESC LIMIT ?", limit)
        return [_ending_from_row(row) for row in rows]

    def list_slowest(self, since: float, until: float, limit: int) -> list[Ending]:
        """List what took longest to convert among what was published, the slowest first."""
        rows = self._connection.fetch(
            f"SELECT {_ROW} FROM outcomes WHERE at BETWEEN ? AND ? AND outcome = 'published' "
            f"ORDER BY {_CONVERT_SECONDS} DESC, id DESC LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [_ending_from_row(row) for row in rows]

    def iterate_measures(self, since: float, until: float) -> Iterator[Measure]:
        """Iterate over every ending of the period, in no order."""
        rows = self._connection.fetch(
            f"SELECT at, outcome, max(coalesce(pages, 0), 0), max(coalesce({_CONVERT_SECONDS}, 0.0), 0.0), "
            "max(waited_seconds, 0.0), max(coalesce(pages_degraded, 0), 0) FROM outcomes WHERE at BETWEEN ? AND ?",
            since, until,
        )  # fmt: skip
        return (Measure(*row) for row in rows)

    def list_failure_kinds(self, since: float, until: float, limit: int) -> list[FailureKind]:
        """List the kinds of failures, the one that made most dead letters first."""
        # SQLite takes the bare `reason` from the row that has the maximum.
        rows = self._connection.fetch(
            "SELECT coalesce(kind, 'unknown') AS kind, sum(outcome = 'dead') AS dead, "
            "sum(outcome = 'failed') AS failed, max(at) AS last_at, reason AS last_reason "
            "FROM outcomes WHERE at BETWEEN ? AND ? AND outcome IN ('dead', 'failed') "
            "GROUP BY 1 ORDER BY dead DESC, failed DESC, kind LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [FailureKind(**{**dict(row), "last_reason": _shorten(row["last_reason"])}) for row in rows]

    def find_beginning(self) -> float | None:
        """Return the oldest time that anything is remembered of; None where nothing is."""
        oldest = [self._connection.fetch_all(f"SELECT min(at) FROM {table}")[0][0] for table in _TABLES]
        return min((at for at in oldest if at is not None), default=None)

    def count_ended_after(self, until: float) -> int:
        """Count the endings that are dated later: those from before a clock was put back."""
        return int(self._connection.fetch_all("SELECT count(*) FROM outcomes WHERE at > ?", until)[0][0])

    # --- the converter and the daemon -------------------------------------------------------------------------------

    def sum_cleanups(self, since: float, until: float) -> CleanupTotals:
        """Add up the cleanups of the period."""
        rows = self._connection.fetch_all(
            "SELECT coalesce(sum(cleanups), 0), coalesce(sum(removed), 0), max(coalesce(max(semaphores), 0), 0), "
            "max(coalesce(max(rss_bytes), 0), 0) FROM cleanups WHERE at BETWEEN ? AND ?",
            since, until,
        )  # fmt: skip
        return CleanupTotals(*rows[0])

    def list_memory_peaks(self, since: float, until: float, slots: int) -> list[MemoryPeak]:
        """Cut the period into `slots` slots of one length, numbered from 0, and list the peak of each. Slots of which
        nothing is known are missing."""
        width = max(until - since, 1.0) / slots
        rows = self._connection.fetch(
            "SELECT min(CAST((at - ?) / ? AS INTEGER), ?) AS slot, max(rss_bytes) FROM cleanups "
            "WHERE at BETWEEN ? AND ? AND rss_bytes >= 0 GROUP BY slot ORDER BY slot",
            since, width, slots - 1, since, until,
        )  # fmt: skip
        return [MemoryPeak(*row) for row in rows]

    def count_incidents(self, since: float, until: float) -> dict[str, int]:
        """Count the incidents by event; what never happened is missing."""
        rows = self._connection.fetch(
            "SELECT event, count(*) FROM incidents WHERE at BETWEEN ? AND ? GROUP BY event", since, until
        )
        return {row[0]: row[1] for row in rows}

    def list_incidents(self, since: float, until: float, limit: int) -> list[Incident]:
        """List the newest incidents first."""
        rows = self._connection.fetch(
            "SELECT at, event, reason FROM incidents "
            "WHERE at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [Incident(row["at"], row["event"], _shorten(row["reason"])) for row in rows]


def _ending_from_row(row: sqlite3.Row) -> Ending:
    return Ending(
        at=row["at"],
        folder=os.fsdecode(row["folder"]),
        path=os.fsdecode(row["path"]),
        outcome=State(row["outcome"]),
        kind=row["kind"],
        reason=_shorten(row["reason"]),
        pages=row["pages"],
        seconds=json.loads(row["seconds"]),
        waited_seconds=max(row["waited_seconds"], 0.0),
    )


def _shorten(reason: str | None) -> str:
    return (reason or "")[:_REASON_CHARACTERS]  # not by SQLite's substr, which stops at a NUL
