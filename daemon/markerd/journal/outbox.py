"""The outbox: what hooks are to be told, written in the transaction of the outcome itself, kept until it is delivered.

Each delivery is `due`, `behind` an earlier one of the same document for the same hook, or `given_up`. A table
constraint lets one delivery be due for each path and hook, so that a later event cannot overtake an earlier one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markerd.errors import JournalError
from markerd.journal.connection import Connection
from markerd.journal.deliveries import (
    COLUMNS,
    Delivery,
    DeliveryRow,
    Lane,
    Route,
    delivery_from_row,
    derive_key,
    describe_facts,
)
from markerd.journal.records import Document, Outcome
from markerd.values import Occasion

MOST_COUNTED = 10_000
"""A count is not read further: it takes 1 ms, in which the main loop may have to wait (2 cores, November 2026)."""
_OF_LANE = "folder = ? AND hook = ?"
_HAS_DUE = "EXISTS (SELECT 1 FROM deliveries WHERE folder = ? AND hook = ? AND path = ? AND state = 'due')"


class Waiting(NamedTuple):
    """What waits for a hook: deliveries, up to `MOST_COUNTED`, and the time of the oldest, if any."""

    deliveries: int
    given_up: int
    oldest_at: float | None


class Outbox:
    """Any thread may call. Every method is one transaction, and raises JournalError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._routes: Mapping[str, Sequence[Route]] = {}
        self.on_added: Callable[[Collection[Lane]], object] = bool
        """Called after the commit with the lanes that have something new, by the thread that recorded the outcome."""

    # --- what is to be told -----------------------------------------------------------------------------------------

    def route(self, routes: Mapping[str, Sequence[Route]]) -> None:
        """From now on outcomes of these hot folders go to these hooks."""
        self._routes = routes

    def is_wanted(self, folder: str, occasion: Occasion) -> bool:
        """Whether any hook of the folder wants to be told of it."""
        return any(occasion in route.occasions for route in self._routes.get(folder, ()))

    def add(
        self,
        db: sqlite3.Connection,
        document: Document,
        occasion: Occasion,
        outcome: Outcome,
        now: float,
        output: Path | None = None,
    ) -> list[Lane]:
        """Write what hooks are to be told of an outcome, within the transaction that records it; return their lanes.

        The outcome's own row must be there already, for the number of outcomes is in the key.
        """
        wanted = [
            route
            for route in self._routes.get(document.folder, ())
            if occasion in route.occasions and (document.hooks is None or route.hook in document.hooks)
        ]
        if not wanted:
            return []
        folder, path = os.fsencode(document.folder), os.fsencode(document.path)
        endings = db.execute("SELECT count(*) FROM outcomes WHERE folder = ? AND path = ?", (folder, path)).fetchone()
        facts = json.dumps(describe_facts(document, outcome, now))
        lanes = [Lane(document.folder, route.hook) for route in wanted]
        for lane in lanes:
            key = derive_key(lane, document, occasion, endings[0])
            _insert(db, lane, path, (key, occasion.value, now, None if output is None else os.fsencode(output), facts))
        return lanes

    def notify(self, lanes: Collection[Lane]) -> None:
        """Tell the lanes, after the commit."""
        if lanes:
            self.on_added(lanes)

    # --- delivering -------------------------------------------------------------------------------------------------

    def find_due(self, lane: Lane, now: float) -> Delivery | None:
        """Find what to deliver now: what never failed comes first, the oldest of it; None where nothing is due."""
        # `+`: by the index of the order, which begins with what is due.
        rows = self._fetch(
            "SELECT * FROM deliveries WHERE folder = ? AND hook = ? AND state = 'due' AND +retry_at <= ? "
            "ORDER BY attempts, id LIMIT 1",
            *_encode(lane), now,
        )  # fmt: skip
        return delivery_from_row(rows[0]) if rows else None

    def find_next_due_at(self, lane: Lane) -> float | None:
        """Find when something is due next, seconds since the epoch; None where nothing waits."""
        found = self._fetch(
            "SELECT min(retry_at) FROM deliveries WHERE folder = ? AND hook = ? AND state = 'due'", *_encode(lane)
        )[0][0]
        return None if found is None else float(found)

    def record_delivered(self, delivery: Delivery) -> None:
        """Forget what is delivered; the next one of the same path is due."""
        with self._connection.transaction() as db:
            db.execute("DELETE FROM deliveries WHERE id = ?", (delivery.id,))
            _promote(db, delivery)

    def record_failed(self, delivery: Delivery, reason: str, now: float, retry_at: float) -> None:
        """Note an attempt that is followed by another one at `retry_at`."""
        with self._connection.transaction() as db:
            db.execute(
                "UPDATE deliveries SET attempts = attempts + 1, failed_at = coalesce(failed_at, ?), retry_at = ?, "
                "reason = ? WHERE id = ? AND state = 'due'",
                (now, retry_at, reason, delivery.id),
            )

    def give_up(self, delivery: Delivery, reason: str, now: float) -> None:
        """Note the last attempt: the delivery stays in the list, and the next one of the same path is due."""
        with self._connection.transaction() as db:
            db.execute(
                "UPDATE deliveries SET state = 'given_up', attempts = attempts + 1, "
                "failed_at = coalesce(failed_at, ?), retry_at = NULL, given_up_at = ?, reason = ? "
                "WHERE id = ? AND state = 'due'",
                (now, now, reason, delivery.id),
            )
            _promote(db, delivery)

    def bring_forward(self, lane: Lane, now: float, latest: float) -> None:
        """Make due now what would be due after `latest` only: the clock was put back since."""
        with self._connection.transaction() as db:
            db.execute(
                f"UPDATE deliveries SET retry_at = ? WHERE {_OF_LANE} AND state = 'due' AND retry_at > ?",
                (now, *_encode(lane), latest),
            )

    def adopt(self, rows: Sequence[DeliveryRow]) -> int:
        """Take the deliveries of a damaged journal along, into this empty one; return how many could be."""
        with self._connection.transaction() as db:
            db.executemany(_ADOPT, rows)  # what breaks a rule of the table is left out
            db.execute(
                "UPDATE deliveries SET state = 'due', retry_at = 0 WHERE id IN (SELECT min(id) FROM deliveries AS each "
                "WHERE state = 'behind' AND NOT EXISTS (SELECT 1 FROM deliveries WHERE folder = each.folder "
                "AND hook = each.hook AND path = each.path AND state = 'due') GROUP BY folder, hook, path)"
            )
            return int(db.execute("SELECT count(*) FROM deliveries").fetchone()[0])

    # --- hooks that are gone ----------------------------------------------------------------------------------------

    def set_aside(self, lane: Lane, reason: str, now: float) -> int:
        """Give up all that waits for the hook; return how much that was."""
        with self._connection.transaction() as db:
            done = db.execute(
                "UPDATE deliveries SET state = 'given_up', retry_at = NULL, given_up_at = ?, reason = ? "
                f"WHERE {_OF_LANE} AND state IN ('due', 'behind')",
                (now, reason, *_encode(lane)),
            )
            return done.rowcount

    def list_lanes(self) -> list[Lane]:
        """List the hooks for which something waits, whether they are configured or not."""
        rows = self._fetch("SELECT DISTINCT folder, hook FROM deliveries WHERE state IN ('due', 'behind')")
        return [Lane(os.fsdecode(row["folder"]), row["hook"]) for row in rows]

    def disable(self, lane: Lane, reason: str, now: float) -> None:
        """Note that the hook's receiver wants nothing more."""
        with self._connection.transaction() as db:
            db.execute("INSERT OR REPLACE INTO disabled_hooks VALUES (?, ?, ?, ?)", (*_encode(lane), now, reason))

    def find_disabled(self, lane: Lane) -> str | None:
        """Find why the hook is disabled; None where it is not."""
        rows = self._fetch(f"SELECT reason FROM disabled_hooks WHERE {_OF_LANE}", *_encode(lane))
        return str(rows[0]["reason"]) if rows else None

    # --- what was given up ------------------------------------------------------------------------------------------

    def revive(self, lane: Lane, key: str | None = None, to: str | None = None) -> int:
        """Try again what was given up for a hook, or one delivery of it; return how many that are.

        `to` names another hook of the folder, which gets them in its place.

        A hook that its receiver disabled is enabled. Each delivery comes behind those of the same path that wait.
        """
        target = Lane(lane.folder, lane.hook if to is None else to)
        with self._connection.transaction() as db:
            db.execute(f"DELETE FROM disabled_hooks WHERE {_OF_LANE}", _encode(target))
            rows = db.execute(
                f"SELECT id, path FROM deliveries WHERE {_OF_LANE} AND state = 'given_up' AND (? IS NULL OR key = ?) "
                "ORDER BY id",
                (*_encode(lane), key, key),
            ).fetchall()
            for row in rows:
                _revive(db, row["id"], target, row["path"])
            return len(rows)

    def count_waiting(self, lane: Lane) -> Waiting:
        """Count what waits for the hook and what was given up for it."""
        of_lane = _encode(lane)
        # Each state by itself, because each has an index of its own.
        counts = {state: self._fetch(statement, *of_lane, MOST_COUNTED)[0][0] for state, statement in _COUNTS.items()}
        oldest_at = self._fetch(_OLDEST, *of_lane, MOST_COUNTED)[0][0]
        waiting = min(counts["due"] + counts["behind"], MOST_COUNTED)
        return Waiting(waiting, counts["given_up"], oldest_at)

    def _fetch(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        try:
            return self._connection.fetch_all(statement, *values)
        except sqlite3.Error as error:
            raise JournalError(f"the journal cannot be read: {error}") from error


_ADOPT = f"INSERT OR IGNORE INTO deliveries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_COUNTS = {
    state: f"SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE {_OF_LANE} AND state = '{state}' LIMIT ?)"
    for state in ("due", "behind", "given_up")
}
_OLDEST = f"SELECT min(at) FROM (SELECT at FROM deliveries WHERE {_OF_LANE} AND state = 'due' LIMIT ?)"


def _encode(lane: Lane) -> tuple[bytes, str]:
    return os.fsencode(lane.folder), lane.hook


def _insert(db: sqlite3.Connection, lane: Lane, path: bytes, values: tuple[Any, ...]) -> None:
    of_path = (*_encode(lane), path)
    is_behind = bool(db.execute(f"SELECT {_HAS_DUE}", of_path).fetchone()[0])
    db.execute(
        "INSERT INTO deliveries (folder, hook, path, key, occasion, at, output, facts, state, retry_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (*of_path, *values, *(("behind", None) if is_behind else ("due", 0.0))),
    )


def _promote(db: sqlite3.Connection, delivery: Delivery) -> None:
    """Let the next one of the path be due, unless one is: a reload or a retry may have come in between."""
    of_path = (*_encode(delivery.lane), os.fsencode(delivery.path))
    db.execute(
        "UPDATE deliveries SET state = 'due', retry_at = 0 WHERE id = (SELECT min(id) FROM deliveries "
        f"WHERE folder = ? AND hook = ? AND path = ? AND state = 'behind') AND NOT {_HAS_DUE}",
        of_path * 2,
    )


def _revive(db: sqlite3.Connection, number: int, lane: Lane, path: bytes) -> None:
    is_behind = bool(db.execute(f"SELECT {_HAS_DUE}", (*_encode(lane), path)).fetchone()[0])
    db.execute(
        "UPDATE deliveries SET hook = ?, state = ?, retry_at = ?, attempts = 0, failed_at = NULL, given_up_at = NULL "
        "WHERE id = ?",
        (lane.hook, *(("behind", None) if is_behind else ("due", 0.0)), number),
    )
