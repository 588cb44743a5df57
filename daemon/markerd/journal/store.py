"""The journal in SQLite.

One connection, guarded by a lock, serves the intake's thread and the main loop. WAL with `synchronous=NORMAL`: a power
cut can lose the last commits but never the file, and what was lost is restored from the folders and the manifests.
Paths are stored as bytes, for file names need not be UTF-8.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from markerd.errors import JournalError, UnavailableError
from markerd.journal import schema
from markerd.journal.records import Document, Outcome, document_of, outcome_of
from markerd.journal.restoration import OpenFiles
from markerd.values import UNFINISHED, Fingerprint, State

# The content that the row already waits with, met again after a restart: its attempts and its place in time stay.
_SAME_WAITING = (
    "state IN ('seen', 'settling') AND size = excluded.size AND mtime_ns = excluded.mtime_ns "
    "AND inode = excluded.inode AND (ctime_ns IS NULL OR ctime_ns = excluded.ctime_ns)"
)
_WAITING = "state IN ('seen', 'settling', 'queued', 'converting', 'failed')"
_HELD = ("semaphores", "children", "threads", "file_descriptors", "temp_files", "rss_bytes")


class Journal:
    """Open with the path of the database; `close()` when done. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self.path = Path(os.path.realpath(path))
        self._open(self.path)

    def _open(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate(path)
            self._files = OpenFiles(path)
        except (OSError, sqlite3.Error, JournalError) as error:
            raise UnavailableError(f"the journal {path} cannot be used: {error}") from error

    def _migrate(self, path: Path) -> None:
        with self._transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > schema.VERSION:
                raise UnavailableError(
                    f"the journal {path} has schema {version}; this markerd knows {schema.VERSION}: update markerd"
                )
            for step in range(version + 1, schema.VERSION + 1):
                for statement in schema.MIGRATIONS[step].split(";\n"):
                    db.execute(statement)
            if version < schema.VERSION:
                db.execute(f"PRAGMA user_version = {schema.VERSION}")

    def restore_if_lost(self) -> str | None:
        """Write the journal anew where its files were removed or replaced; gives in words what had happened.

        None where they are in place. Raises JournalError where it cannot be done now, and then goes on as before;
        UnavailableError where it cannot go on.
        """
        with self._lock:
            if self._files.are_in_place():
                return None
            copy = self._files.copy(self._db)
            reason = self._files.make_way()
            self._db.close()
            self._files.take_place(copy)
            self._open(self.path)
            return reason

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                # IMMEDIATE: `markerd retry` may be writing from another process; wait for it now, not at the commit.
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise JournalError(f"the journal cannot be written: {error}") from error
                raise

    # --- reading ------------------------------------------------------------------------------------------------

    def get(self, document_id: int) -> Document | None:
        return self._one("id = ?", document_id)

    def is_unfinished(self, document_id: int) -> bool:
        document = self.get(document_id)
        return document is not None and document.state in UNFINISHED

    def find(self, folder: str, path: str) -> Document | None:
        return self._one("folder = ? AND path = ?", os.fsencode(folder), os.fsencode(path))

    def _one(self, where: str, *values: Any) -> Document | None:
        return next(iter(self._select(f"{where} LIMIT 1", *values)), None)

    def _select(self, where: str, *values: Any) -> list[Document]:
        with self._lock:
            rows = self._db.execute(f"SELECT * FROM documents WHERE {where}", values).fetchall()
        return [document_of(row) for row in rows]

    def in_state(self, *states: State) -> list[Document]:
        """All documents in one of the states, oldest first."""
        marks = ",".join("?" * len(states))
        return self._select(f"state IN ({marks}) ORDER BY seen_at, id", *(state.value for state in states))

    def with_pending_policy(self) -> list[Document]:
        return self._select("policy_pending ORDER BY id")

    def attempts_of(self, document: Document) -> list[Outcome]:
        """The failed attempts on the content that the row stands for, oldest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT * FROM outcomes WHERE folder = ? AND path = ? AND outcome IN ('failed', 'dead') "
                "ORDER BY id DESC LIMIT ?",  # not those since it was seen: the clock may have been set
                (os.fsencode(document.folder), os.fsencode(document.path), document.attempts),
            ).fetchall()
        return [outcome_of(row) for row in reversed(rows)]

    def counts(self) -> dict[str, int]:
        """`published`, `skipped` and `dead` since the journal began, and `waiting` now."""
        totals = self.totals()
        with self._lock:
            waiting = self._db.execute(f"SELECT count(*) FROM documents WHERE {_WAITING}").fetchone()[0]
        done = {state.value: int(totals.get(state.value, 0)) for state in (State.PUBLISHED, State.SKIPPED, State.DEAD)}
        return {**done, "waiting": waiting}

    def totals(self) -> dict[str, float]:
        """Since the journal began: each outcome's number, and of what was published `pages`, `pages_degraded`,
        `convert_seconds` and `waited_seconds`; what never came up is missing."""
        with self._lock:
            return dict(self._db.execute("SELECT name, n FROM totals").fetchall())

    def waiting_since(self) -> float | None:
        """When the oldest document was seen that is not finished."""
        with self._lock:
            row = self._db.execute(f"SELECT min(seen_at) FROM documents WHERE {_WAITING}").fetchone()
        return None if row[0] is None else float(row[0])

    def last_errors(self, limit: int = 5) -> list[dict[str, Any]]:
        """The newest failures first: at, path, outcome, kind, reason."""
        with self._lock:
            rows = self._db.execute(
                "SELECT at, path, outcome, kind, reason FROM outcomes WHERE outcome IN ('failed', 'dead') "
                "ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [{**dict(row), "path": os.fsdecode(row["path"])} for row in rows]

    # --- writing ------------------------------------------------------------------------------------------------

    def seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        """A content that is new under this path: the row starts afresh, but remembers what was published from it."""
        now = time.time()
        with self._transaction() as db:
            db.execute(  # every value is bound; the text is ours
                "INSERT INTO documents (folder, path, size, mtime_ns, inode, ctime_ns, state, seen_at, changed_at) "
                "VALUES (?, ?, ?, ?, ?, ?, 'settling', ?, ?) ON CONFLICT (folder, path) DO UPDATE SET "
                "size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode, "
                "ctime_ns = excluded.ctime_ns, state = 'settling', "
                f"attempts = CASE WHEN {_SAME_WAITING} THEN attempts ELSE 0 END, "
                f"seen_at = CASE WHEN {_SAME_WAITING} THEN seen_at ELSE excluded.seen_at END, "
                f"pages_done = CASE WHEN {_SAME_WAITING} THEN pages_done END, "
                f"pages = CASE WHEN {_SAME_WAITING} THEN pages END, "
                "sha256 = NULL, kind = NULL, reason = NULL, retry_at = NULL, policy_pending = 0, "
                "changed_at = excluded.changed_at",
                (os.fsencode(folder), os.fsencode(path), *astuple(fingerprint), now, now),
            )

    def queued(self, document_id: int, fingerprint: Fingerprint) -> None:
        self._update(document_id, state=State.QUEUED, **asdict(fingerprint))

    def completed(self, document_id: int, fingerprint: Fingerprint) -> None:
        """An earlier version did not write down all of the fingerprint; this is the file that it stands for."""
        self._update(document_id, **asdict(fingerprint))

    def settling_again(self, document_id: int) -> None:
        """The source changed after it had been queued: what is known of its content no longer holds."""
        news: dict[str, Any] = {"sha256": None, "attempts": 0, "retry_at": None, "pages_done": None, "pages": None}
        self._update(document_id, state=State.SEEN, **news)

    def attempt_begins(self, document_id: int) -> int:
        """Gives the attempt's number. Written before anything touches the document, so that a crash counts."""
        with self._transaction() as db:
            db.execute(
                "UPDATE documents SET state = 'converting', attempts = attempts + 1, retry_at = NULL, changed_at = ? "
                "WHERE id = ?",
                (time.time(), document_id),
            )
            return int(db.execute("SELECT attempts FROM documents WHERE id = ?", (document_id,)).fetchone()[0])

    def staged(self, document_id: int, sha256: str) -> None:
        self._update(document_id, sha256=sha256)

    def progressed(self, document_id: int, pages_done: int, pages: int) -> None:
        self._update(document_id, pages_done=pages_done, pages=pages)

    def waits_again(self, document_id: int) -> None:
        """At start: what waited or was in work goes through the settle gate again; its attempts stay counted."""
        self._update(document_id, state=State.SEEN, retry_at=None)

    def put_back(self, document_id: int, state: State = State.SEEN) -> None:
        """The attempt was broken off by us, or for want of room: it does not count, and the document waits."""
        with self._transaction() as db:
            db.execute(
                "UPDATE documents SET state = ?, attempts = max(attempts - 1, 0), changed_at = ? WHERE id = ?",
                (state.value, time.time(), document_id),
            )

    def published(self, document: Document, output: Path, outcome: Outcome, sha256: str) -> None:
        self._finish(
            document, outcome, published_sha256=sha256, sha256=sha256, output=os.fsencode(output),
            kind=None, reason=None, policy_pending=1, pages_done=outcome.pages, pages=outcome.pages,
        )  # fmt: skip

    def skipped(self, document: Document, reason: str, *, policy_pending: bool) -> None:
        """Nothing was converted. With `policy_pending` the source is still there and has its policy before it."""
        self._finish(document, Outcome(State.SKIPPED, reason=reason), reason=reason, policy_pending=int(policy_pending))

    def vanished(self, document: Document, reason: str) -> None:
        """The source went away before it was converted. Should it come back, even as it was, it is news."""
        self._finish(document, Outcome(State.SKIPPED, reason=reason), reason=reason, policy_pending=0, size=-1)

    def failed(self, document: Document, outcome: Outcome, retry_at: float) -> None:
        self._finish(document, outcome, kind=outcome.kind, reason=outcome.reason, retry_at=retry_at)

    def dead(self, document: Document, outcome: Outcome) -> None:
        self._finish(document, outcome, kind=outcome.kind, reason=outcome.reason, policy_pending=1)

    def _finish(self, document: Document, outcome: Outcome, **columns: Any) -> None:
        """The row and its outcome, together or not at all."""
        with self._transaction():
            self._update(document.id, transaction=False, **{"state": outcome.outcome, "retry_at": None, **columns})
            self._record(document, outcome)

    def policy_done(self, document_id: int) -> None:
        self._update(document_id, policy_pending=0)

    def settles_again(self, document_id: int) -> bool:
        """The source that was still owed its policy is not what was converted: it is an arrival, at its first attempt.

        False where that is known already.
        """
        with self._transaction() as db:
            done = db.execute(
                "UPDATE documents SET state = 'seen', attempts = 0, policy_pending = 0, sha256 = NULL, "
                "pages_done = NULL, pages = NULL, changed_at = ? WHERE id = ? AND policy_pending",
                (time.time(), document_id),
            )
            return done.rowcount > 0

    def revive(self, folder: str, path: str) -> bool:
        """A dead letter gets another chance: its content is news again. False where the journal knows no such row."""
        with self._transaction() as db:
            done = db.execute(
                "UPDATE documents SET state = 'seen', attempts = 0, policy_pending = 0 "
                "WHERE folder = ? AND path = ? AND state = 'dead'",
                (os.fsencode(folder), os.fsencode(path)),
            )
            return done.rowcount > 0

    def _update(self, document_id: int, *, transaction: bool = True, **columns: Any) -> None:
        values = [value.value if isinstance(value, State) else value for value in columns.values()]
        statement = f"UPDATE documents SET {', '.join(f'{c} = ?' for c in columns)}, changed_at = ? WHERE id = ?"
        if not transaction:
            self._db.execute(statement, (*values, time.time(), document_id))
            return
        with self._transaction() as db:
            db.execute(statement, (*values, time.time(), document_id))

    def _record(self, document: Document, outcome: Outcome) -> None:
        now = time.time()
        seconds, waited = dict(outcome.seconds or {}), max(now - document.seen_at, 0.0)
        self._db.execute(
            "INSERT INTO outcomes (at, folder, path, outcome, kind, reason, attempt, size, pages, model_set, seconds, "
            "waited_seconds, pages_degraded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                now, os.fsencode(document.folder), os.fsencode(document.path), outcome.outcome.value, outcome.kind,
                outcome.reason, document.attempts, document.fingerprint.size, outcome.pages, outcome.model_set,
                json.dumps(seconds), waited, outcome.pages_degraded,
            ),
        )  # fmt: skip
        self._add(outcome.outcome.value, 1)
        if outcome.outcome is State.PUBLISHED:
            self._add("pages", outcome.pages or 0)
            self._add("pages_degraded", outcome.pages_degraded or 0)
            self._add("convert_seconds", seconds.get("convert", 0.0))
            self._add("waited_seconds", waited)

    def _add(self, name: str, n: float) -> None:
        self._db.execute(
            "INSERT INTO totals VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", (name, n)
        )

    # --- history: for the report; where it cannot be written now, a gap in the report is all there is to it -----------

    def cleaned(self, counts: Mapping[str, int], *, cleanups: int, removed: int) -> None:
        """What the converter holds after a document: the columns of the table; -1 what is not known."""
        with suppress(JournalError), self._transaction() as db:
            db.execute(
                f"INSERT INTO cleanups (at, cleanups, removed, {', '.join(_HELD)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (time.time(), cleanups, removed, *(counts[name] for name in _HELD)),
            )

    def happened(self, event: str, reason: str | None = None) -> None:
        """An incident, by its log event's name."""
        with suppress(JournalError), self._transaction() as db:
            db.execute("INSERT INTO incidents (at, event, reason) VALUES (?, ?, ?)", (time.time(), event, reason))

    def forget(self, before: float) -> None:
        """Drop the history older than that time, seconds since the epoch. Documents and totals stay."""
        with suppress(JournalError), self._transaction() as db:
            for table in ("outcomes", "cleanups", "incidents"):
                db.execute(f"DELETE FROM {table} WHERE at < ?", (before,))
