"""What the daemon keeps for the report beside its documents: cleanups of the converter, and incidents.

Where it cannot be written now, the report has a gap; nothing else depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from markerd.errors import JournalError
from markerd.journal.connection import Connection

FORGOTTEN_AT_ONCE = 50
"""Rows of a table. They take less than 1 ms (a million rows, 2 cores, November 2026); a document adds one to each."""
_COUNTED = ("semaphores", "children", "threads", "file_descriptors", "temp_files", "rss_bytes")


class HistoryWriter:
    """Every method is one transaction, and a failure to write it is ignored. Any thread may call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record_cleanup(self, counts: Mapping[str, int], *, cleanups: int, removed: int) -> None:
        """Note what the converter holds after a document: a count for each column of the table, -1 for what is not
        known."""
        with suppress(JournalError), self._connection.transaction() as db:
            db.execute(
                f"INSERT INTO cleanups (at, cleanups, removed, {', '.join(_COUNTED)}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (time.time(), cleanups, removed, *(counts[name] for name in _COUNTED)),
            )

    def record_incident(self, event: str, reason: str | None = None) -> None:
        """Note an incident by the name of its log event."""
        with suppress(JournalError), self._connection.transaction() as db:
            db.execute("INSERT INTO incidents (at, event, reason) VALUES (?, ?, ?)", (time.time(), event, reason))

    def forget_before(self, before: float) -> bool:
        """Drop some of the history older than that time, seconds since the epoch, and of the deliveries that were given
        up before it. Documents and totals stay.

        Returns whether there may be more of it: call this again then. At once all of it could keep the journal from
        others for seconds.
        """
        dropped = 0
        with suppress(JournalError), self._connection.transaction() as db:
            for table in ("outcomes", "cleanups", "incidents"):
                done = db.execute(
                    f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE at < ? ORDER BY at LIMIT ?)",
                    (before, FORGOTTEN_AT_ONCE),
                )
                dropped = max(dropped, done.rowcount)
            done = db.execute(
                "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state = 'given_up' "
                "AND given_up_at < ? ORDER BY given_up_at LIMIT ?)",
                (before, FORGOTTEN_AT_ONCE),
            )
            dropped = max(dropped, done.rowcount)
        return dropped == FORGOTTEN_AT_ONCE
