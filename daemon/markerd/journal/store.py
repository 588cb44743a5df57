"""The journal: one SQLite database, which is read and written through a few narrow parts.

Paths are stored as bytes, because file names need not be UTF-8.
"""

from __future__ import annotations

from pathlib import Path

from markerd.journal.connection import Connection
from markerd.journal.history_writer import HistoryWriter
from markerd.journal.outbox import Outbox
from markerd.journal.outcome_writer import OutcomeWriter
from markerd.journal.reader import JournalReader
from markerd.journal.writer import JournalWriter


class Journal:
    """The journal at a path; call `close` when done.

    `reader` answers questions about documents and totals, `writer` moves documents between the states of their way,
    `outcomes` ends attempts, `outbox` holds what hooks are still to be told of them, and `history` keeps cleanups and
    incidents for the report. Each of their methods is one transaction, and any thread may call it.
    """

    def __init__(self, path: Path) -> None:
        """Raises UnavailableError where the journal cannot be opened, written or migrated."""
        self._connection = Connection(path)
        self.path = self._connection.path
        self.reader = JournalReader(self._connection)
        self.writer = JournalWriter(self._connection)
        self.outbox = Outbox(self._connection)
        self.outcomes = OutcomeWriter(self._connection, self.outbox)
        self.history = HistoryWriter(self._connection)

    def restore_if_lost(self) -> str | None:
        """See `Connection.restore_if_lost`."""
        return self._connection.restore_if_lost()

    def close(self) -> None:
        """Close the connection that all parts share."""
        self._connection.close()
