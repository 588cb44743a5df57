"""Documents in a journal, for the tests of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from markerd.journal import Document, Journal, Outcome
from markerd.values import Fingerprint, State

FOLDER = "/in"
ONE, OTHER = Fingerprint(10, 1, 1), Fingerprint(20, 2, 2)
STRANGE = os.fsdecode(b"sub/\xff\n\x1b.pdf")


def seen(journal: Journal, path: str = "a.pdf", fingerprint: Fingerprint = ONE) -> Document:
    journal.writer.record_seen(FOLDER, path, fingerprint)
    return found(journal, path)


def found(journal: Journal, path: str = "a.pdf") -> Document:
    document = journal.reader.find(FOLDER, path)
    assert document is not None
    return document


def failed_once(journal: Journal, kind: str = "timeout") -> Document:
    """A document with one failed attempt behind it."""
    document = seen(journal)
    document = replace(document, attempts=journal.writer.begin_attempt(document.id, "aa"))
    journal.outcomes.record_failed(document, Outcome(State.FAILED, kind, "too slow"), retry_at=5.0)
    return found(journal)


@contextmanager
def counted_queries(journal: Journal) -> Iterator[list[str]]:
    """The statements that SQLite runs for this journal in the block."""
    statements: list[str] = []
    db = journal._connection._db  # only the connection itself can tell
    db.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        db.set_trace_callback(None)
