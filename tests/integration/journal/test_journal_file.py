"""The journal as a file: versions, damage, full disks, several writers at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from fakes import RecordingLog
from journal_scene import ONE, failed_once, found, seen
from markerd.errors import EXIT_TEMPORARY, JournalError, UnavailableError
from markerd.intake.document_queue import DocumentQueue
from markerd.journal import SCHEMA_VERSION, Journal, Outcome
from markerd.journal.schema import MIGRATIONS
from markerd.values import After, Fingerprint, State


def test_journal_remembers_after_it_was_closed(journal: Journal, tmp_path: Path) -> None:
    """Closed and opened again, it knows the same."""
    before = failed_once(journal)
    journal.close()
    again = Journal(tmp_path / "journal.sqlite")
    assert again.reader.get(before.id) == before
    again.close()


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Untouched: an update will read it."""
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    with pytest.raises(UnavailableError, match="update markerd"):
        Journal(path)


@pytest.mark.parametrize("content", [b"no database, but long enough to be looked at " * 40, None])
def test_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Told in words, not by a traceback: another file, which the daemon sets aside at its start, or a folder."""
    path = tmp_path / "journal.sqlite"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(UnavailableError, match="cannot be used"):
        Journal(path)


def test_a_journal_of_an_earlier_version_is_brought_up(tmp_path: Path) -> None:
    """What it knows stays, and its totals gain what later versions add up."""
    path = tmp_path / "journal.sqlite"
    database = sqlite3.connect(path)
    database.executescript(MIGRATIONS[1])
    database.executescript(
        "INSERT INTO documents (folder, path, size, mtime_ns, inode, state, seen_at, changed_at)"
        "  VALUES (CAST('/in' AS BLOB), CAST('a.pdf' AS BLOB), 10, 1, 1, 'published', 5, 9);"
        "INSERT INTO outcomes (at, folder, path, outcome, attempt, size, pages, seconds, waited_seconds)"
        "  VALUES (9, CAST('/in' AS BLOB), CAST('a.pdf' AS BLOB), 'published', 1, 10, 3, '{\"convert\": 1.5}', 4);"
        "INSERT INTO totals VALUES ('published', 1); PRAGMA user_version = 1;"
    )
    database.close()
    for _ in range(2):
        journal = Journal(path)
        assert found(journal).state is State.PUBLISHED
        assert journal.reader.read_totals() == {"published": 1, "pages": 3, "convert_seconds": 1.5, "waited_seconds": 4}
        journal.history.record_incident("daemon.started")
        journal.close()


def test_rows_without_change_time_match_every_time(tmp_path: Path) -> None:
    """A journal of the version before: nothing in it is news again, and from then on the change time counts."""
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as database:
        for version in (1, 2, 3):
            database.executescript(MIGRATIONS[version])
        database.executescript(
            "INSERT INTO documents (folder, path, size, mtime_ns, inode, state, seen_at, changed_at) "
            "VALUES (x'2f696e', x'612e706466', 10, 1, 1, 'published', 5, 6); PRAGMA user_version = 3;"
        )
    journal, log = Journal(path), RecordingLog()
    backlog = DocumentQueue(journal, 10, {"/in": After.KEEP}, log)
    assert not backlog.is_news("/in", "a.pdf", Fingerprint(10, 1, 1, 7))
    assert not backlog.is_news("/in", "a.pdf", Fingerprint(10, 1, 1, 7))
    assert backlog.is_news("/in", "a.pdf", Fingerprint(10, 1, 1, 8))
    journal.close()


def test_migrations_use_what_old_versions_of_sqlite_know() -> None:
    """Python 3.10 comes with 3.37 on some distributions: HAVING without GROUP BY is known from 3.39 on."""
    for text in MIGRATIONS.values():
        assert "HAVING" not in text
        assert "RETURNING" not in text


def test_totals_add_up_what_was_published(journal: Journal) -> None:
    """Pages and seconds of publications; failed attempts are counted, not added up."""
    document = failed_once(journal)
    for pages in (2, 3):
        done = Outcome(State.PUBLISHED, pages=pages, seconds={"convert": 0.5})
        journal.outcomes.record_published(document, Path("/out"), done, "aa")
    totals = journal.reader.read_totals()
    assert (totals["failed"], totals["published"], totals["pages"], totals["convert_seconds"]) == (1, 2, 5, 1.0)
    assert totals["waited_seconds"] >= 0


def test_oldest_waiting_document_is_found(journal: Journal) -> None:
    """Whatever it waits for; None when all is done."""
    assert journal.reader.find_oldest_waiting() is None
    first, second = seen(journal), seen(journal, "b.pdf")
    journal.writer.record_queued(second.id, ONE)
    assert journal.reader.find_oldest_waiting() == first.seen_at
    journal.outcomes.record_skipped(first, "the same", policy_pending=False)
    assert journal.reader.find_oldest_waiting() == second.seen_at


def test_old_history_is_forgotten(journal: Journal) -> None:
    """Outcomes, cleanups and incidents older than the given time go; documents and totals stay."""
    document = failed_once(journal)
    counts = dict.fromkeys(("semaphores", "children", "threads", "file_descriptors", "temp_files", "rss_bytes"), 1)
    journal.history.record_cleanup(counts, cleanups=2, removed=0)
    journal.history.record_incident("converter.recycled", "500 documents")
    journal.history.forget_before(time.time() - 60)
    assert len(journal.reader.list_failed_attempts(document)) == 1
    journal.history.forget_before(time.time() + 1)
    assert journal.reader.list_failed_attempts(document) == []
    tables = ("outcomes", "cleanups", "incidents")
    assert [journal._connection.fetch_all(f"SELECT count(*) FROM {table}")[0][0] for table in tables] == [0, 0, 0]
    assert (found(journal).state, journal.reader.read_totals()["failed"]) == (State.FAILED, 1)


def test_a_transaction_that_fails_changes_nothing(journal: Journal) -> None:
    """The row and its outcome are written together or not at all."""
    document = seen(journal)
    bad = Outcome(State.PUBLISHED, pages=object())  # type: ignore[arg-type]  # what SQLite cannot store
    with pytest.raises(JournalError):
        journal.outcomes.record_published(document, Path("/out"), bad, "aa")
    assert found(journal) == document
    assert journal.reader.count_documents()["published"] == 0


def test_a_full_disk_is_temporary_and_loses_nothing(journal: Journal) -> None:
    """SQLite refuses to grow the file; what it held is there, and it goes on once there is room."""
    document = seen(journal)
    pages = journal._connection.fetch_all("PRAGMA page_count")[0][0]
    journal._connection.fetch_all(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="full") as caught:
        journal.outcomes.record_dead(document, Outcome(State.DEAD, "timeout", "x" * 100_000))
    assert caught.value.exit_code == EXIT_TEMPORARY
    assert found(journal) == document
    journal._connection.fetch_all("PRAGMA max_page_count = 100000")
    journal.outcomes.record_dead(document, Outcome(State.DEAD, "timeout", "x" * 100_000))
    assert found(journal).state is State.DEAD


def test_unwritable_history_is_ignored(journal: Journal) -> None:
    """A report is not worth the daemon's life: on a full disk documents wait, for want of history nothing does."""
    pages = journal._connection.fetch_all("PRAGMA page_count")[0][0]
    journal._connection.fetch_all(f"PRAGMA max_page_count = {pages}")
    for _ in range(2000):
        journal.history.record_incident("converter.recycled", "x" * 1000)
    journal.history.forget_before(0.0)
    rows = journal._connection.fetch_all("SELECT count(*) FROM incidents")[0][0]
    assert rows < 2000


def test_two_threads_write_at_once(journal: Journal) -> None:
    """The intake's and the main loop's."""
    document = seen(journal)

    def work() -> None:
        for _ in range(50):
            journal.writer.begin_attempt(document.id, "aa")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(journal).attempts == 100


def test_two_processes_write_at_once(journal: Journal, tmp_path: Path) -> None:
    """`markerd retry` beside a running daemon: each waits for the other, none fails."""
    script = (
        "import sys; from pathlib import Path; from markerd.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for _ in range(50): journal.writer.begin_attempt(1, 'aa')\n"
        "journal.close()\n"
    )
    document = seen(journal)
    assert document.id == 1
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "journal.sqlite")]) as other:
        for _ in range(50):
            journal.writer.begin_attempt(1, "aa")
        assert other.wait(60) == 0
    assert found(journal).attempts == 100
