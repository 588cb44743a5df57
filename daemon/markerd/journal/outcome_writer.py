"""How attempts end: the document's new state, its outcome, the totals and what hooks are to be told of it, written
together or not at all."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from markerd.journal.connection import Connection
from markerd.journal.deliveries import Lane
from markerd.journal.outbox import Outbox
from markerd.journal.records import Document, Outcome
from markerd.journal.writer import update_document
from markerd.values import Occasion, State


class OutcomeWriter:
    """Every method is one transaction and raises JournalError where it cannot be written. Any thread may call."""

    def __init__(self, connection: Connection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    def record_published(self, document: Document, output: Path, outcome: Outcome, sha256: str) -> None:
        """Note the output folder of the content with this hash, and that the source is owed its policy."""
        self._finish(
            document, outcome, Occasion.PUBLISHED, output, published_sha256=sha256, sha256=sha256,
            output=os.fsencode(output), kind=None, reason=None, policy_pending=1, pages_done=outcome.pages,
            pages=outcome.pages, source_kept=0,
        )  # fmt: skip

    def record_skipped(
        self, document: Document, reason: str, *, policy_pending: bool, output: Path | None = None
    ) -> None:
        """Note that nothing had to be converted. `policy_pending`: the source is still there and is owed its policy.

        `output` is where the same content was found published, which a new journal may not know.
        """
        outcome = Outcome(State.SKIPPED, reason=reason)
        found = {} if output is None else {"output": os.fsencode(output), "published_sha256": document.sha256}
        if output is None and document.output is not None:
            output = Path(document.output)
        self._finish(
            document, outcome, Occasion.SKIPPED, output, reason=reason, policy_pending=int(policy_pending), **found
        )

    def record_vanished(self, document: Document, reason: str) -> None:
        """Note that the source went away before it was converted. Should it come back, even unchanged, it is news."""
        outcome = Outcome(State.SKIPPED, reason=reason)
        self._finish(document, outcome, Occasion.SOURCE_REMOVED, reason=reason, policy_pending=0, size=-1)

    def record_source_removed(self, document: Document, output: Path | None, reason: str) -> None:
        """Note that the source of a published document went away, and its output, which was `output`, with it. Should
        the source come back, even unchanged, it is news.

        This is the one place where that is written, for the journal and for hooks.
        """
        self._finish(
            document, Outcome(State.SKIPPED, reason=reason), Occasion.SOURCE_REMOVED, output, reason=reason,
            policy_pending=0, size=-1, output=None, published_sha256=None, source_kept=0,
        )  # fmt: skip

    def record_failed(self, document: Document, outcome: Outcome, retry_at: float) -> None:
        """Note an attempt that is followed by another one at `retry_at`, seconds since the epoch."""
        self._finish(document, outcome, None, kind=outcome.kind, reason=outcome.reason, retry_at=retry_at)

    def record_dead(self, document: Document, outcome: Outcome) -> None:
        """Note that markerd gave up, and that the source is owed its way to `failed`."""
        self._finish(document, outcome, Occasion.DEAD, kind=outcome.kind, reason=outcome.reason, policy_pending=1)

    def _finish(
        self, document: Document, outcome: Outcome, occasion: Occasion | None, told: Path | None = None, **columns: Any
    ) -> None:
        """`told` is the output that hooks are told of.

        Where they are, a power cut must not undo the commit: the source is moved next, and nothing else could tell
        later that the document was published.
        """
        now, lanes = time.time(), list[Lane]()
        is_told = occasion is not None and self._outbox.is_wanted(document.folder, occasion)
        with self._connection.transaction(is_durable=is_told) as db:
            update_document(db, document.id, **{"state": outcome.outcome, "retry_at": None, **columns})
            _insert_outcome(db, document, outcome, now)
            if outcome.outcome is State.PUBLISHED:
                db.execute("INSERT OR IGNORE INTO converted VALUES (?)", (columns["published_sha256"],))
            if occasion is not None:
                lanes = self._outbox.add(db, document, occasion, outcome, now, told)
        self._outbox.notify(lanes)


def _insert_outcome(db: sqlite3.Connection, document: Document, outcome: Outcome, now: float) -> None:
    seconds, waited = dict(outcome.seconds or {}), max(now - document.seen_at, 0.0)
    db.execute(
        "INSERT INTO outcomes (at, folder, path, outcome, kind, reason, attempt, size, pages, model_set, seconds, "
        "waited_seconds, pages_degraded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now, os.fsencode(document.folder), os.fsencode(document.path), outcome.outcome.value, outcome.kind,
            outcome.reason, document.attempts, document.fingerprint.size, outcome.pages, outcome.model_set,
            json.dumps(seconds), waited, outcome.pages_degraded,
        ),
    )  # fmt: skip
    _add_to_total(db, outcome.outcome.value, 1)
    if outcome.outcome is State.PUBLISHED:
        _add_to_total(db, "pages", outcome.pages or 0)
        _add_to_total(db, "pages_degraded", outcome.pages_degraded or 0)
        _add_to_total(db, "convert_seconds", seconds.get("convert", 0.0))
        _add_to_total(db, "waited_seconds", waited)


def _add_to_total(db: sqlite3.Connection, name: str, n: float) -> None:
    db.execute("INSERT INTO totals VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", (name, n))
