"""What the daemon asks of its journal: documents, their attempts, and totals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from markerd.journal.connection import Connection
from markerd.journal.records import Document, Known, Outcome, Overview, document_from_row, outcome_from_row
from markerd.values import UNFINISHED, State

PATHS_A_QUERY = 500
"""SQLite takes some 1,000 values in its older versions. The answer for 500 paths took 1 ms (2 cores, July 2026), in
which the main loop may have to wait for the journal."""

# In the words of the index `documents_waiting`, by which SQLite knows that it may use it.
_WAITING = "state IN ('seen', 'settling', 'queued', 'converting', 'failed')"
# A row of a source that vanished has no size; what is skipped otherwise has the content of its output.
_HAS_OUTPUT = "(+state = 'published' OR (+state = 'skipped' AND size >= 0 AND sha256 = published_sha256))"


class JournalReader:
    """Reads through the daemon's own connection, so that it sees everything that was written. Any thread may call."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, document_id: int) -> Document | None:
        """Return the document with this number, or None where there is none."""
        return self._find_one("id = ?", document_id)

    def find(self, folder: str, path: str) -> Document | None:
        """Return the document at this path below its hot folder, or None where there is none."""
        return self._find_one("folder = ? AND path = ?", os.fsencode(folder), os.fsencode(path))

    def find_known(self, folder: str, paths: Sequence[str]) -> dict[str, Known]:
        """Find what is known of these paths below a hot folder; a path that is not known is missing.

        One query answers for `PATHS_A_QUERY` of them.
        """
        known: dict[str, Known] = {}
        for start in range(0, len(paths), PATHS_A_QUERY):
            asked = [os.fsencode(path) for path in paths[start : start + PATHS_A_QUERY]]
            rows = self._connection.fetch_all(
                f"SELECT {', '.join(Known._fields)} FROM documents "
                f"WHERE folder = ? AND path IN ({','.join('?' * len(asked))})",
                os.fsencode(folder), *asked,
            )  # fmt: skip
            known.update((os.fsdecode(each.path), each) for each in map(Known._make, rows))
        return known

    def is_unfinished(self, document_id: int) -> bool:
        """Whether the document is known and still on its way."""
        document = self.get(document_id)
        return document is not None and document.state in UNFINISHED

    def list_in_state(self, *states: State) -> list[Document]:
        """List all documents in one of the states, oldest first."""
        marks = ",".join("?" * len(states))
        return self._select(f"state IN ({marks}) ORDER BY seen_at, id", *(state.value for state in states))

    def list_with_pending_policy(self) -> list[Document]:
        """List the documents whose source still has to be archived, deleted or moved to `failed`."""
        # `+`, because SQLite would otherwise go through all documents in the order of their ids.
        return self._select("policy_pending ORDER BY +id")

    def list_published_after(self, document_id: int, ids: int) -> tuple[list[Document], bool]:
        """List the published documents among so many numbers after this one, and say whether there are more numbers.

        Those that were skipped because the same content was published already are among them.
        """
        found = self._select(f"id > ? AND id <= ? AND {_HAS_OUTPUT} ORDER BY id", document_id, document_id + ids)
        last = self._connection.fetch_all("SELECT max(id) FROM documents")[0][0]
        return found, last is not None and last > document_id + ids

    def was_converted(self, sha256: str) -> bool:
        """Whether a document with this content was ever published."""
        return bool(self._connection.fetch_all("SELECT 1 FROM converted WHERE sha256 = ?", sha256))

    def list_failed_attempts(self, document: Document) -> list[Outcome]:
        """List the failed attempts at the content that the row stands for, oldest first."""
        rows = self._connection.fetch_all(
            "SELECT * FROM outcomes WHERE folder = ? AND path = ? AND outcome IN ('failed', 'dead') "
            "ORDER BY id DESC LIMIT ?",  # by their number, not by the time when it was seen: the clock may be set
            os.fsencode(document.folder), os.fsencode(document.path), document.attempts,
        )  # fmt: skip
        return [outcome_from_row(row) for row in reversed(rows)]

    def read_overview(self) -> Overview:
        """Read at once what the status shows."""
        return Overview(self.count_documents(), self.read_totals(), self.find_oldest_waiting(), self.list_last_errors())

    def count_documents(self) -> dict[str, int]:
        """Count `published`, `skipped` and `dead` since the journal began, and what is `waiting` now."""
        totals = self.read_totals()
        waiting = self._connection.fetch_all(
            f"SELECT count(*) FROM documents INDEXED BY documents_waiting WHERE {_WAITING}"
        )[0][0]
        done = {state.value: int(totals.get(state.value, 0)) for state in (State.PUBLISHED, State.SKIPPED, State.DEAD)}
        return {**done, "waiting": waiting}

    def read_totals(self) -> dict[str, float]:
        """Read what was added up since the journal began: the number of each outcome, and of all that was published
        `pages`, `pages_degraded`, `convert_seconds` and `waited_seconds`. What never came up is missing."""
        return {row["name"]: row["n"] for row in self._connection.fetch_all("SELECT name, n FROM totals")}

    def find_oldest_waiting(self) -> float | None:
        """Return when the oldest unfinished document was seen, seconds since the epoch; None where all are done."""
        seen_at = self._connection.fetch_all(f"SELECT min(seen_at) FROM documents WHERE {_WAITING}")[0][0]
        return None if seen_at is None else float(seen_at)

    def list_last_errors(self, limit: int = 5) -> list[dict[str, Any]]:
        """List the newest failures first: at, path, outcome, kind, reason."""
        rows = self._connection.fetch_all(
            "SELECT at, path, outcome, kind, reason FROM outcomes WHERE outcome IN ('failed', 'dead') "
            "ORDER BY id DESC LIMIT ?",
            limit,
        )
        return [{**dict(row), "path": os.fsdecode(row["path"])} for row in rows]

    def _find_one(self, where: str, *values: Any) -> Document | None:
        return next(iter(self._select(f"{where} LIMIT 1", *values)), None)

    def _select(self, where: str, *values: Any) -> list[Document]:
        rows = self._connection.fetch_all(f"SELECT * FROM documents WHERE {where}", *values)
        return [document_from_row(row) for row in rows]
