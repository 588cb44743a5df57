"""The journal as others than the daemon read it: the report and the status page. Nothing is written here.

The daemon may be writing meanwhile, as another user: WAL keeps reader and writer out of each other's way.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from markerd.errors import UnavailableError
from markerd.journal import schema
from markerd.values import State

_REASON_CHARACTERS = 300  # enough to tell one from another; some libraries put a whole page into theirs
_ROW = "at, folder, path, outcome, kind, reason, pages, seconds, waited_seconds"
_TABLES = ("outcomes", "cleanups", "incidents")
_CONVERT_SECONDS = "json_extract(seconds, '$.convert')"


@dataclass(frozen=True)
class Ending:
    """How one attempt at a document ended. `folder` and `path` as the file system has them: show them `printable`.

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
        """What the attempt took from its begin to its end, never negative."""
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
class Upkeep:
    """What the cleanups did, and the most that the converter ever held after one. Zero where nothing is known."""

    cleanups: int
    removed: int
    most_semaphores: int
    most_rss_bytes: int


class Usage(NamedTuple):
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
    """What the journal at `path` holds, all of it as of the moment of opening.

    For the thread that opened it, and for short: the journal's file cannot be tidied up while somebody looks at an
    old state of it. Times are seconds since the epoch; a period is `since <= at <= until`. UnavailableError, from
    opening and from every method, says why the journal cannot be read and what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._check_there()
        try:
            self._db = sqlite3.connect(self._uri(), uri=True, timeout=30, isolation_level=None)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        try:
            self._db.row_factory = sqlite3.Row
            self._all("PRAGMA query_only = ON")
            self._all("BEGIN")
            self._check_version()
        except BaseException:
            self._db.close()
            raise

    def _check_there(self) -> None:
        try:
            self._path.stat()
        except FileNotFoundError as error:
            raise UnavailableError(
                f"there is no journal {self._path}: the daemon has not run with this configuration yet. "
                "Start it with `markerd run`, or name another configuration with --config"
            ) from error
        except OSError as error:
            raise self._unreadable(error.strerror) from error

    def _uri(self) -> str:
        """Without a WAL nobody has the journal open. To read it in the ordinary way would make that file and one
        more, which a reader may not be allowed to, and which the daemon's own user might then not be able to write.

        Should the daemon start in this instant: it writes into the WAL first, and not soon into the journal itself.
        """
        file = self._path.resolve()  # SQLite keeps the WAL beside the file itself, not beside a link to it
        has_wal = os.path.lexists(f"{file}-wal")
        return f"{file.as_uri()}?{'mode=ro' if has_wal else 'immutable=1'}"

    def _check_version(self) -> None:
        version = self._all("PRAGMA user_version")[0][0]
        if version > schema.VERSION:
            raise UnavailableError(
                f"the journal {self._path} has schema {version}; this markerd knows {schema.VERSION}: update markerd"
            )
        if version < schema.VERSION:
            raise UnavailableError(
                f"the journal {self._path} is of an earlier markerd: start the daemon once, which brings it up"
            )

    def _unreadable(self, why: object) -> UnavailableError:
        return UnavailableError(
            f"the journal {self._path} cannot be read: {why}. Run this as the user that the daemon runs as"
        )

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def _rows(self, statement: str, *values: Any) -> Iterator[sqlite3.Row]:
        try:
            yield from self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _all(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        return list(self._rows(statement, *values))

    # --- documents ----------------------------------------------------------------------------------------------

    def recent(self, limit: int) -> list[Ending]:
        """The newest endings first; the reason cut to 300 characters."""
        return [_ending(row) for row in self._rows(f"SELECT {_ROW} FROM outcomes ORDER BY id DESC LIMIT ?", limit)]

    def slowest(self, since: float, until: float, limit: int) -> list[Ending]:
        """What took longest to convert among what was published, the slowest first."""
        rows = self._rows(
            f"SELECT {_ROW} FROM outcomes WHERE at BETWEEN ? AND ? AND outcome = 'published' "
            f"ORDER BY {_CONVERT_SECONDS} DESC, id DESC LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [_ending(row) for row in rows]

    def measures(self, since: float, until: float) -> Iterator[Measure]:
        """Every ending of the period, in no order."""
        rows = self._rows(
            f"SELECT at, outcome, max(coalesce(pages, 0), 0), max(coalesce({_CONVERT_SECONDS}, 0.0), 0.0), "
            "max(waited_seconds, 0.0), max(coalesce(pages_degraded, 0), 0) FROM outcomes WHERE at BETWEEN ? AND ?",
            since, until,
        )  # fmt: skip
        return (Measure(*row) for row in rows)

    def failures(self, since: float, until: float, limit: int) -> list[FailureKind]:
        """By kind, what made most dead letters first."""
        # SQLite takes the bare `reason` from the row that has the maximum.
        rows = self._rows(
            "SELECT coalesce(kind, 'unknown') AS kind, sum(outcome = 'dead') AS dead, "
            "sum(outcome = 'failed') AS failed, max(at) AS last_at, reason AS last_reason "
            "FROM outcomes WHERE at BETWEEN ? AND ? AND outcome IN ('dead', 'failed') "
            "GROUP BY 1 ORDER BY dead DESC, failed DESC, kind LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [FailureKind(**{**dict(row), "last_reason": _shortened(row["last_reason"])}) for row in rows]

    def begins(self) -> float | None:
        """The oldest time that anything is remembered of."""
        oldest = [self._all(f"SELECT min(at) FROM {table}")[0][0] for table in _TABLES]
        return min((at for at in oldest if at is not None), default=None)

    def ended_after(self, until: float) -> int:
        """How many endings are dated later: those from before a clock was put back."""
        return int(self._all("SELECT count(*) FROM outcomes WHERE at > ?", until)[0][0])

    # --- the converter and the daemon -------------------------------------------------------------------------------

    def upkeep(self, since: float, until: float) -> Upkeep:
        rows = self._all(
            "SELECT coalesce(sum(cleanups), 0), coalesce(sum(removed), 0), max(coalesce(max(semaphores), 0), 0), "
            "max(coalesce(max(rss_bytes), 0), 0) FROM cleanups WHERE at BETWEEN ? AND ?",
            since, until,
        )  # fmt: skip
        return Upkeep(*rows[0])

    def memory(self, since: float, until: float, slots: int) -> list[Usage]:
        """The period cut into so many slots of one length, numbered from 0; slots of which nothing is known are
        missing."""
        width = max(until - since, 1.0) / slots
        rows = self._rows(
            "SELECT min(CAST((at - ?) / ? AS INTEGER), ?) AS slot, max(rss_bytes) FROM cleanups "
            "WHERE at BETWEEN ? AND ? AND rss_bytes >= 0 GROUP BY slot ORDER BY slot",
            since, width, slots - 1, since, until,
        )  # fmt: skip
        return [Usage(*row) for row in rows]

    def incident_counts(self, since: float, until: float) -> dict[str, int]:
        """How often each event happened; what never did is missing."""
        rows = self._rows("SELECT event, count(*) FROM incidents WHERE at BETWEEN ? AND ? GROUP BY event", since, until)
        return {row[0]: row[1] for row in rows}

    def incidents(self, since: float, until: float, limit: int) -> list[Incident]:
        """The newest first."""
        rows = self._rows(
            "SELECT at, event, reason FROM incidents "
            "WHERE at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?",
            since, until, limit,
        )  # fmt: skip
        return [Incident(row["at"], row["event"], _shortened(row["reason"])) for row in rows]


def _ending(row: sqlite3.Row) -> Ending:
    return Ending(
        at=row["at"],
        folder=os.fsdecode(row["folder"]),
        path=os.fsdecode(row["path"]),
        outcome=State(row["outcome"]),
        kind=row["kind"],
        reason=_shortened(row["reason"]),
        pages=row["pages"],
        seconds=json.loads(row["seconds"]),
        waited_seconds=max(row["waited_seconds"], 0.0),
    )


def _shortened(reason: str | None) -> str:
    return (reason or "")[:_REASON_CHARACTERS]  # not by SQLite's substr, which stops at a NUL
