"""How documents move between the states of their way, from the first sight to the attempt that ends them."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from markerd.journal.connection import Connection
from markerd.values import Fingerprint, State

# The content that the row already waits with, met again after a restart: its attempts and its place in time stay.
_SAME_WAITING = (
    "state IN ('seen', 'settling') AND size = excluded.size AND mtime_ns = excluded.mtime_ns "
    "AND inode = excluded.inode AND (ctime_ns IS NULL OR ctime_ns = excluded.ctime_ns)"
)


class JournalWriter:
    """Every method is one transaction and raises JournalError where it cannot be written. Any thread may call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def record_seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        """See `record_all_seen`."""
        self.record_all_seen(folder, [(path, fingerprint)], time.time())

    def record_all_seen(self, folder: str, files: Iterable[tuple[str, Fingerprint]], seen_at: float) -> None:
        """Note contents that are new under their paths, first seen at `seen_at`, in seconds since the epoch: each row
        starts afresh, but remembers what was published from it.

        A row whose document went into work meanwhile stays: should its source have changed, that is found at its end.
        """
        now, encoded = time.time(), os.fsencode(folder)
        with self._connection.transaction() as db:
            db.executemany(  # every value is bound; the text is ours
                "INSERT INTO documents (folder, path, size, mtime_ns, inode, ctime_ns, state, seen_at, changed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, 'settling', ?, ?) ON CONFLICT (folder, path) DO UPDATE SET "
                "size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode, "
                "ctime_ns = excluded.ctime_ns, state = 'settling', "
                f"attempts = CASE WHEN {_SAME_WAITING} THEN attempts ELSE 0 END, "
                f"seen_at = CASE WHEN {_SAME_WAITING} THEN seen_at ELSE excluded.seen_at END, "
                f"pages_done = CASE WHEN {_SAME_WAITING} THEN pages_done END, "
                f"pages = CASE WHEN {_SAME_WAITING} THEN pages END, "
                "sha256 = NULL, kind = NULL, reason = NULL, retry_at = NULL, policy_pending = 0, "
                "changed_at = excluded.changed_at WHERE state != 'converting'",
                (
                    (encoded, os.fsencode(path), *_list_columns(fingerprint), seen_at, now)
                    for path, fingerprint in files
                ),
            )

    def complete_fingerprint(self, document_id: int, fingerprint: Fingerprint) -> None:
        """Store what an earlier version did not write down of the fingerprint; this is the file that it stands for."""
        self._update(document_id, **asdict(fingerprint))

    def record_queued(self, document_id: int, fingerprint: Fingerprint) -> None:
        """Note that the document has settled, with the fingerprint that it settled with, and waits in the queue."""
        self._update(document_id, state=State.QUEUED, **asdict(fingerprint))

    def claim(self, document_id: int) -> None:
        """Note that the document is in work. As long as there is no hash, no converter has touched it, and a crash is
        none of its doing."""
        self._update(document_id, state=State.CONVERTING, sha256=None, retry_at=None)

    def begin_attempt(self, document_id: int, sha256: str | None) -> int:
        """Count one more attempt, at the copy with this hash in hex, and return its number.

        Called before a converter touches the copy, so that an attempt that ends in a crash counts. Without a hash it is
        an attempt that failed before there was a copy.
        """
        with self._connection.transaction() as db:
            db.execute(
                "UPDATE documents SET state = 'converting', attempts = attempts + 1, sha256 = ?, retry_at = NULL, "
                "changed_at = ? WHERE id = ?",
                (sha256, time.time(), document_id),
            )
            return int(db.execute("SELECT attempts FROM documents WHERE id = ?", (document_id,)).fetchone()[0])

    def record_progress(self, document_id: int, pages_done: int, pages: int) -> None:
        """Note how many pages of a document that is converted in parts are converted and kept."""
        self._update(document_id, pages_done=pages_done, pages=pages)

    def put_back(self, document_id: int, state: State = State.SEEN, *, is_counted: bool = True) -> None:
        """Take back an attempt that was broken off by the daemon, or for want of room: it does not count, and the
        document waits. `is_counted`: the attempt was counted already."""
        with self._connection.transaction() as db:
            db.execute(
                "UPDATE documents SET state = ?, attempts = max(attempts - ?, 0), changed_at = ? WHERE id = ?",
                (state.value, int(is_counted), time.time(), document_id),
            )

    def settle_again(self, document_id: int) -> None:
        """Send a document that waited or was in work through settling again, at a start; its attempts stay counted."""
        self._update(document_id, state=State.SEEN, retry_at=None)

    def settle_changed(self, document_id: int) -> None:
        """Send a document whose source changed after it was queued through settling again. What is known of its
        content no longer holds."""
        forgotten: dict[str, Any] = dict.fromkeys(("sha256", "retry_at", "pages_done", "pages"))
        self._update(document_id, state=State.SEEN, attempts=0, **forgotten)

    def settle_unconverted(self, document_id: int) -> bool:
        """Send a source that was still owed its policy, but is not what was converted, through settling, as an arrival
        at its first attempt. Returns False where that has happened already."""
        with self._connection.transaction() as db:
            done = db.execute(
                "UPDATE documents SET state = 'seen', attempts = 0, policy_pending = 0, sha256 = NULL, "
                "pages_done = NULL, pages = NULL, changed_at = ? WHERE id = ? AND policy_pending",
                (time.time(), document_id),
            )
            return done.rowcount > 0

    def revive(self, folder: str, path: str) -> bool:
        """Give a dead letter another chance: its content is news again. Returns False where the journal knows no such
        dead letter."""
        with self._connection.transaction() as db:
            done = db.execute(
                "UPDATE documents SET state = 'seen', attempts = 0, policy_pending = 0 "
                "WHERE folder = ? AND path = ? AND state = 'dead'",
                (os.fsencode(folder), os.fsencode(path)),
            )
            return done.rowcount > 0

    def clear_pending_policy(self, document_id: int) -> None:
        """Note that the source was archived, kept, deleted or moved to `failed`."""
        self._update(document_id, policy_pending=0)

    def note_source_kept(self, document_id: int) -> None:
        """Note that the source of a published document is in its place."""
        self._update(document_id, source_kept=1)

    def _update(self, document_id: int, **columns: Any) -> None:
        with self._connection.transaction() as db:
            update_document(db, document_id, **columns)


def _list_columns(fingerprint: Fingerprint) -> tuple[int, int, int, int | None]:
    """List the values of the columns size, mtime_ns, inode and ctime_ns."""
    return fingerprint.size, fingerprint.mtime_ns, fingerprint.inode, fingerprint.ctime_ns


def update_document(db: sqlite3.Connection, document_id: int, **columns: Any) -> None:
    """Set columns of one document, within a transaction of the caller's."""
    values = [value.value if isinstance(value, State) else value for value in columns.values()]
    assignments = ", ".join(f"{column} = ?" for column in columns)
    db.execute(f"UPDATE documents SET {assignments}, changed_at = ? WHERE id = ?", (*values, time.time(), document_id))
