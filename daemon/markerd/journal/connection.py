"""The journal's one connection to SQLite.

The intake's thread and the main loop share it; a lock guards it. WAL with `synchronous=NORMAL`: a power cut can lose
the last commits but never the file, and what was lost is restored from the folders and the manifests.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from markerd.errors import JournalError, UnavailableError
from markerd.journal import schema
from markerd.journal.open_files import OpenFiles

_LOCK_TIMEOUT_S = 30
"""How long a statement waits for a lock of another process, such as `markerd retry`: far longer than any of our
transactions takes."""


_WAL_PAGES = 4000
"""Pages of 4 kB in the WAL from which on a commit brings them into the journal itself and waits for the disk, 5 to 15
ms. SQLite's own 1,000 are reached every 30 documents, which more than one in a hundred of their steps would feel."""


class Connection:
    """An open journal, migrated to the current schema. Any thread may call its methods."""

    def __init__(self, path: Path) -> None:
        """Raises UnavailableError where the journal cannot be opened, written or migrated."""
        self._lock = threading.RLock()
        self.path = Path(os.path.realpath(path))
        self._open()

    def _open(self) -> None:
        try:
            self._db = sqlite3.connect(
                self.path, timeout=_LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            self._migrate()
            self._files = OpenFiles(self.path)
        except (OSError, sqlite3.Error, JournalError) as error:
            raise UnavailableError(f"the journal {self.path} cannot be used: {error}") from error

    def _migrate(self) -> None:
        with self.transaction() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > schema.VERSION:
                raise UnavailableError(
                    f"the journal {self.path} has schema {version}; this markerd knows {schema.VERSION}: update markerd"
                )
            for step in range(version + 1, schema.VERSION + 1):
                for statement in schema.MIGRATIONS[step].split(";\n"):
                    db.execute(statement)
            if version < schema.VERSION:
                db.execute(f"PRAGMA user_version = {schema.VERSION}")

    @contextmanager
    def transaction(self, *, is_durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All that is written in the block is committed together, or not at all. Raises JournalError.

        If `is_durable`, the commit waits for the disk, 5 to 15 ms, and no power cut undoes it.
        """
        with self._lock:
            try:
                if is_durable:
                    self._db.execute("PRAGMA synchronous = FULL")
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
            finally:
                if is_durable:
                    self._db.execute("PRAGMA synchronous = NORMAL")

    def fetch_all(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows that the query gives."""
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def restore_if_lost(self) -> str | None:
        """Write the journal anew where its files were removed or replaced; returns in words what had happened.

        None where they are in place. Raises JournalError where it cannot be done now, and then goes on as before;
        UnavailableError where it cannot go on.
        """
        with self._lock:
            if self._files.are_in_place():
                return None
            copy = self._files.copy(self._db)
            reason = self._files.make_way()
            self._db.close()
            self._files.put_in_place(copy)
            self._open()
            return reason

    def close(self) -> None:
        """Close the journal; no method may be called afterwards."""
        with self._lock:
            self._db.close()
