"""The journal opened by others than the daemon, for reading alone.

The daemon may be writing meanwhile, as another user: WAL keeps reader and writer out of each other's way.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markerd.errors import UnavailableError
from markerd.journal import schema

_LOCK_TIMEOUT_S = 30
"""How long opening waits for a lock that the daemon holds."""


class ReadOnlyConnection:
    """The journal at `path`, all of it as of the moment of opening.

    For the thread that opened it, and for a short time: SQLite cannot tidy up the journal's file while somebody looks
    at an old state of it. UnavailableError, from opening and from every method, says why the journal cannot be read
    and what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._demand_existing()
        try:
            self._db = sqlite3.connect(self._build_uri(), uri=True, timeout=_LOCK_TIMEOUT_S, isolation_level=None)
        except sqlite3.Error as error:
            raise self._explain_unreadable(error) from error
        try:
            self._db.row_factory = sqlite3.Row
            self.fetch_all("PRAGMA query_only = ON")
            self.fetch_all("BEGIN")
            self._demand_current_schema()
        except BaseException:
            self._db.close()
            raise

    def fetch(self, statement: str, *values: Any) -> Iterator[sqlite3.Row]:
        """Yield the rows one by one, for queries that give hundreds of thousands."""
        try:
            yield from self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._explain_unreadable(error) from error

    def fetch_all(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """All rows that the query gives."""
        return list(self.fetch(statement, *values))

    def close(self) -> None:
        """Let SQLite tidy up the journal's file again."""
        self._db.close()

    def _demand_existing(self) -> None:
        try:
            self._path.stat()
        except FileNotFoundError as error:
            raise UnavailableError(
                f"there is no journal {self._path}: the daemon has not run with this configuration yet. "
                "Start it with `markerd run`, or name another configuration with --config"
            ) from error
        except OSError as error:
            raise self._explain_unreadable(error.strerror) from error

    def _build_uri(self) -> str:
        """Without a WAL nobody has the journal open. To read it in the ordinary way would make a WAL and one more
        file, which a reader may not be allowed to, and which the daemon's own user might then not be able to write.

        Should the daemon start in this instant, it writes into the WAL first, and not soon into the journal itself.
        """
        file = self._path.resolve()  # SQLite keeps the WAL beside the file itself, not beside a link to it
        has_wal = os.path.lexists(f"{file}-wal")
        return f"{file.as_uri()}?{'mode=ro' if has_wal else 'immutable=1'}"

    def _demand_current_schema(self) -> None:
        version = self.fetch_all("PRAGMA user_version")[0][0]
        if version > schema.VERSION:
            raise UnavailableError(
                f"the journal {self._path} has schema {version}; this markerd knows {schema.VERSION}: update markerd"
            )
        if version < schema.VERSION:
            raise UnavailableError(
                f"the journal {self._path} is of an earlier markerd: start the daemon once, which brings it up"
            )

    def _explain_unreadable(self, why: object) -> UnavailableError:
        return UnavailableError(
            f"the journal {self._path} cannot be read: {why}. Run this as the user that the daemon runs as"
        )
