"""Journals that earlier versions wrote, opened by this one.

`older/journal-of-schema-N.sql` is the dump of a journal that the code of schema N itself filled: two published
documents, a dead letter with three attempts, a failed, a skipped, an interrupted and a waiting document.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from markerd.journal import SCHEMA_VERSION, Document, Journal
from markerd.journal.history import CleanupTotals, History, Incident
from markerd.values import Fingerprint, State

DUMPS = sorted(Path(__file__).with_name("older").glob("journal-of-schema-*.sql"))
FOLDER, STRANGE = "/srv/in", os.fsdecode(b"reports/\xff\n.pdf")
FIRST_WITH_HISTORY, FIRST_WITH_PROGRESS, FIRST_WITH_CHANGE_TIME = 2, 3, 4
STATES = {
    "reports/one.pdf": State.PUBLISHED,
    STRANGE: State.PUBLISHED,
    "locked.pdf": State.DEAD,
    "flaky.pdf": State.FAILED,
    "again.pdf": State.SKIPPED,
    "big.pdf": State.CONVERTING,
    "waiting.pdf": State.SETTLING,
}


def schema_of(dump: Path) -> int:
    version = re.fullmatch(r"journal-of-schema-(\d+)", dump.stem)
    assert version is not None
    return int(version[1])


@pytest.fixture(params=DUMPS, ids=lambda dump: dump.stem)
def dump(request: pytest.FixtureRequest) -> Path:
    assert isinstance(request.param, Path)
    return request.param


@pytest.fixture
def path(tmp_path: Path, dump: Path) -> Path:
    """The journal as the earlier version left it."""
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
        database.executescript(dump.read_text())
        assert database.execute("PRAGMA user_version").fetchone() == (schema_of(dump),)
    return tmp_path / "journal.sqlite"


@pytest.fixture
def migrated(path: Path) -> Iterator[Journal]:
    with closing(Journal(path)) as journal:
        yield journal


def find(journal: Journal, name: str) -> Document:
    document = journal.reader.find(FOLDER, name)
    assert document is not None
    return document


def test_there_is_a_journal_of_every_earlier_schema() -> None:
    """Who adds a schema adds a journal of the one before."""
    assert [schema_of(dump) for dump in DUMPS] == list(range(1, SCHEMA_VERSION))


def test_an_older_journal_gets_the_schema_of_a_new_one(path: Path, tmp_path: Path) -> None:
    """The tables have the same columns, and the version is today's."""
    Journal(path).close()
    Journal(tmp_path / "new.sqlite").close()
    columns = []
    for file in (path, tmp_path / "new.sqlite"):
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
            tables = ("documents", "outcomes", "totals", "cleanups", "incidents", "deliveries", "disabled_hooks")
            columns.append([database.execute(f"PRAGMA table_info({table})").fetchall() for table in tables])
    assert columns[0] == columns[1]


def test_an_older_journal_keeps_its_documents(migrated: Journal, dump: Path) -> None:
    """Each one is there with its state, fingerprint, hashes, output, reason, times and debts."""
    documents = migrated.reader.list_in_state(*State)
    assert {document.path: document.state for document in documents} == STATES
    ctime_ns = 77 if schema_of(dump) >= FIRST_WITH_CHANGE_TIME else None
    assert find(migrated, "reports/one.pdf").fingerprint == Fingerprint(10, 100, 1000, ctime_ns)
    assert [document.seen_at for document in documents] == [1699999000 + document.id for document in documents]
    published = find(migrated, STRANGE)
    assert (published.sha256, published.published_sha256, published.output) == (
        f"{2:064x}",
        f"{2:064x}",
        "/srv/out/reports/two",
    )
    flaky = find(migrated, "flaky.pdf")
    assert (flaky.attempts, flaky.kind, flaky.reason) == (1, "converter_died", "the converter died")
    assert flaky.retry_at == 1700000060
    assert [document.path for document in migrated.reader.list_with_pending_policy()] == [STRANGE, "again.pdf"]


def test_an_older_journal_keeps_the_progress_of_documents(migrated: Journal, dump: Path) -> None:
    """A document in parts knows how far it is, since there are parts."""
    big = find(migrated, "big.pdf")
    known = (60, 100) if schema_of(dump) >= FIRST_WITH_PROGRESS else (None, None)
    assert (big.attempts, big.pages_done, big.pages) == (1, *known)


def test_an_older_journal_keeps_its_attempts(migrated: Journal) -> None:
    """All three of the dead letter, in order, each with its reason."""
    attempts = migrated.reader.list_failed_attempts(find(migrated, "locked.pdf"))
    assert [(each.attempt, each.outcome, each.kind) for each in attempts] == [
        (1, State.FAILED, "timeout"),
        (2, State.FAILED, "timeout"),
        (3, State.DEAD, "encrypted"),
    ]
    assert [each.at for each in attempts] == [1699999603, 1699999604, 1699999605]
    assert (attempts[2].reason, attempts[2].seconds) == ("the document is encrypted", {"total": 0.5})


def test_an_older_journal_keeps_its_counts_and_totals(migrated: Journal) -> None:
    """What had not been added up at that time is added up from the outcomes."""
    assert migrated.reader.count_documents() == {"published": 2, "skipped": 1, "dead": 1, "waiting": 3}
    assert migrated.reader.read_totals() == {
        "published": 2, "failed": 3, "dead": 1, "skipped": 1, "pages": 7, "convert_seconds": 4, "waited_seconds": 83,
    }  # fmt: skip


def test_an_older_journal_keeps_its_history(path: Path, dump: Path) -> None:
    """The report reads every ending, and the cleanups and incidents since there are any."""
    Journal(path).close()
    has_history = schema_of(dump) >= FIRST_WITH_HISTORY
    with History(path) as history:
        endings = history.list_recent(99)
        assert [each.path for each in reversed(endings)] == [
            "reports/one.pdf", STRANGE, "locked.pdf", "locked.pdf", "locked.pdf", "flaky.pdf", "again.pdf",
        ]  # fmt: skip
        assert (endings[-1].pages, endings[-1].work_seconds, endings[-1].waited_seconds) == (3, 2.75, 41)
        assert {each.pages_degraded for each in history.iterate_measures(0, 2e9)} == {0}
        expected = CleanupTotals(2, 3, 0, 500 << 20) if has_history else CleanupTotals(0, 0, 0, 0)
        assert history.sum_cleanups(0, 2e9) == expected
        incidents = [
            Incident(1699999802, "converter.recycled", "500 documents"),
            Incident(1699999801, "daemon.started", "0.1.0"),
        ]
        assert history.list_incidents(0, 2e9, 9) == (incidents if has_history else [])


def test_an_older_journal_is_written_on(migrated: Journal) -> None:
    """The failed document gets its second attempt; the totals go on from where they were."""
    flaky = find(migrated, "flaky.pdf")
    assert migrated.writer.begin_attempt(flaky.id, "aa") == 2
    migrated.outcomes.record_skipped(find(migrated, "flaky.pdf"), "removed", policy_pending=False)
    assert migrated.reader.count_documents() == {"published": 2, "skipped": 2, "dead": 1, "waiting": 2}
