"""The journal on a real database."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from markerd.errors import EXIT_TEMPORARY, JournalError, UnavailableError
from markerd.journal import SCHEMA_VERSION, Document, Journal, Outcome
from markerd.journal.schema import MIGRATIONS
from markerd.values import Fingerprint, State

FOLDER = "/in"
ONE, OTHER = Fingerprint(10, 1, 1), Fingerprint(20, 2, 2)
STRANGE = os.fsdecode(b"sub/\xff\n\x1b.pdf")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


def seen(journal: Journal, path: str = "a.pdf", fingerprint: Fingerprint = ONE) -> Document:
    journal.seen(FOLDER, path, fingerprint)
    return found(journal, path)


def found(journal: Journal, path: str = "a.pdf") -> Document:
    document = journal.find(FOLDER, path)
    assert document is not None
    return document


def failed_once(journal: Journal, kind: str = "timeout") -> Document:
    """A document with one failed attempt behind it."""
    document = seen(journal)
    document = replace(document, attempts=journal.attempt_begins(document.id))
    journal.failed(document, Outcome(State.FAILED, kind, "too slow"), retry_at=5.0)
    return found(journal)


# --- the way of a document -----------------------------------------------------------------------------------------


def test_the_ordinary_way(journal: Journal) -> None:
    """Settling, queued, converting, published: its policy still before it."""
    document = seen(journal)
    assert document.state is State.SETTLING
    journal.queued(document.id, OTHER)
    assert (found(journal).state, found(journal).fingerprint) == (State.QUEUED, OTHER)
    assert journal.attempt_begins(document.id) == 1
    assert found(journal).state is State.CONVERTING
    journal.staged(document.id, "aa")
    journal.published(found(journal), Path("/out/a"), Outcome(State.PUBLISHED, pages=3), "aa")
    after = found(journal)
    assert (after.state, after.output, after.sha256, after.published_sha256) == (State.PUBLISHED, "/out/a", "aa", "aa")
    assert [each.id for each in journal.with_pending_policy()] == [document.id]
    journal.policy_done(document.id)
    assert journal.with_pending_policy() == []


def test_a_failure_is_told_with_its_reason(journal: Journal) -> None:
    """Kind, reason and the time of the next try."""
    document = failed_once(journal)
    assert (document.state, document.kind, document.reason) == (State.FAILED, "timeout", "too slow")
    assert (document.retry_at, document.attempts) == (5.0, 1)


def test_attempts_are_remembered_one_by_one(journal: Journal) -> None:
    """Those on this content, oldest first; an earlier content's are not its own."""
    failed_once(journal, "earlier")
    document = seen(journal, fingerprint=OTHER)
    for number, (kind, state) in enumerate([("timeout", State.FAILED), ("converter_died", State.DEAD)], start=1):
        document = replace(document, attempts=journal.attempt_begins(document.id))
        outcome = Outcome(state, kind, "why", seconds={"total": 1.5})
        if state is State.DEAD:
            journal.dead(document, outcome)
        else:
            journal.failed(document, outcome, retry_at=0.0)
        assert document.attempts == number
    attempts = journal.attempts_of(document)
    assert [(each.kind, each.attempt, each.outcome) for each in attempts] == [
        ("timeout", 1, State.FAILED),
        ("converter_died", 2, State.DEAD),
    ]
    assert attempts[0].seconds == {"total": 1.5}


def test_what_is_put_back_has_not_been_tried(journal: Journal) -> None:
    """The attempt was broken off by us; it never goes below none."""
    document = failed_once(journal)
    journal.attempt_begins(document.id)
    for attempts in (1, 0, 0):
        journal.put_back(document.id)
        assert (found(journal).attempts, found(journal).state) == (attempts, State.SEEN)


def test_what_changed_while_it_was_staged_starts_afresh(journal: Journal) -> None:
    """Attempts and hash belonged to the content that is gone."""
    document = failed_once(journal)
    journal.staged(document.id, "aa")
    journal.settling_again(document.id)
    after = found(journal)
    assert (after.state, after.attempts, after.sha256, after.retry_at) == (State.SEEN, 0, None, None)


# --- seen again ----------------------------------------------------------------------------------------------------


def test_the_same_waiting_content_keeps_attempts_and_place(journal: Journal) -> None:
    """After a restart it is seen again: its tries stay counted, and it does not go to the end of the line."""
    document = failed_once(journal)
    journal.waits_again(document.id)
    again = seen(journal)
    assert (again.attempts, again.seen_at, again.state) == (1, document.seen_at, State.SETTLING)


@pytest.mark.parametrize("change", [{"size": 11}, {"mtime_ns": 9}, {"inode": 9}])
def test_another_content_starts_afresh(journal: Journal, change: dict[str, int]) -> None:
    """Whatever of the fingerprint is another."""
    document = failed_once(journal)
    journal.waits_again(document.id)
    again = seen(journal, fingerprint=replace(ONE, **change))
    assert (again.id, again.attempts) == (document.id, 0)
    assert again.seen_at > document.seen_at


def test_a_content_put_there_again_starts_afresh_but_its_output_is_remembered(journal: Journal) -> None:
    """Published once, dropped once more."""
    document = seen(journal)
    journal.published(document, Path("/out/a"), Outcome(State.PUBLISHED), "aa")
    again = seen(journal)
    assert (again.state, again.attempts, again.sha256, again.policy_pending) == (State.SETTLING, 0, None, False)
    assert (again.published_sha256, again.output) == ("aa", "/out/a")


def test_a_dead_letter_can_be_revived(journal: Journal) -> None:
    """Once; what is not dead, or not known, is not."""
    document = failed_once(journal)
    assert not journal.revive(FOLDER, "a.pdf")
    journal.dead(document, Outcome(State.DEAD, "timeout", "why"))
    assert journal.revive(FOLDER, "a.pdf")
    revived = found(journal)
    assert (revived.state, revived.attempts, revived.policy_pending) == (State.SEEN, 0, False)
    assert not journal.revive(FOLDER, "a.pdf")
    assert not journal.revive(FOLDER, "unknown")


# --- counting and telling ------------------------------------------------------------------------------------------


def test_counts(journal: Journal) -> None:
    """Ends since the journal began, and what waits now."""
    assert journal.counts() == {"published": 0, "skipped": 0, "dead": 0, "waiting": 0}
    for path in ("a", "b"):
        journal.published(seen(journal, path), Path("/out"), Outcome(State.PUBLISHED), "aa")
    journal.skipped(seen(journal, "c"), "removed", policy_pending=False)
    journal.dead(seen(journal, "d"), Outcome(State.DEAD, "encrypted", "locked"))
    failed_once(journal)
    seen(journal, "e")
    assert journal.counts() == {"published": 2, "skipped": 1, "dead": 1, "waiting": 2}


def test_the_last_errors_are_the_newest_first(journal: Journal) -> None:
    """Failures and dead letters, so many as are asked for."""
    failed_once(journal)
    journal.dead(seen(journal, STRANGE), Outcome(State.DEAD, "encrypted", "locked"))
    errors = journal.last_errors()
    assert [(error["path"], error["outcome"], error["kind"]) for error in errors] == [
        (STRANGE, "dead", "encrypted"),
        ("a.pdf", "failed", "timeout"),
    ]
    assert len(journal.last_errors(1)) == 1


def test_the_oldest_come_first(journal: Journal) -> None:
    """In the order in which they were seen, of any of the states asked for."""
    for path in ("b", "a", "c"):
        seen(journal, path)
    journal.queued(found(journal, "a").id, ONE)
    assert [each.path for each in journal.in_state(State.SETTLING, State.QUEUED)] == ["b", "a", "c"]
    assert [each.path for each in journal.in_state(State.QUEUED)] == ["a"]


def test_names_need_not_be_text(journal: Journal) -> None:
    """Bytes that are no UTF-8 come back as they went in."""
    document = seen(journal, STRANGE)
    journal.published(document, Path(os.fsdecode(b"/out/\xfe")), Outcome(State.PUBLISHED), "aa")
    after = found(journal, STRANGE)
    assert (after.path, after.output) == (STRANGE, os.fsdecode(b"/out/\xfe"))
    assert after.source == Path(FOLDER, STRANGE)


# --- the file ------------------------------------------------------------------------------------------------------


def test_it_remembers(journal: Journal, tmp_path: Path) -> None:
    """Closed and opened again, it knows the same."""
    before = failed_once(journal)
    journal.close()
    again = Journal(tmp_path / "journal.sqlite")
    assert again.get(before.id) == before
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
def test_what_is_no_database_is_no_journal(tmp_path: Path, content: bytes | None) -> None:
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
        assert journal.totals() == {"published": 1, "pages": 3, "convert_seconds": 1.5, "waited_seconds": 4}
        journal.happened("daemon.started")
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
        journal.published(document, Path("/out"), done, "aa")
    totals = journal.totals()
    assert (totals["failed"], totals["published"], totals["pages"], totals["convert_seconds"]) == (1, 2, 5, 1.0)
    assert totals["waited_seconds"] >= 0


def test_since_when_the_oldest_waits(journal: Journal) -> None:
    """Whatever it waits for; None when all is done."""
    assert journal.waiting_since() is None
    first, second = seen(journal), seen(journal, "b.pdf")
    journal.queued(second.id, ONE)
    assert journal.waiting_since() == first.seen_at
    journal.skipped(first, "the same", policy_pending=False)
    assert journal.waiting_since() == second.seen_at


def test_old_history_is_forgotten(journal: Journal) -> None:
    """Outcomes, cleanups and incidents older than the given time go; documents and totals stay."""
    document = failed_once(journal)
    counts = dict.fromkeys(("semaphores", "children", "threads", "file_descriptors", "temp_files", "rss_bytes"), 1)
    journal.cleaned(counts, cleanups=2, removed=0)
    journal.happened("converter.recycled", "500 documents")
    journal.forget(time.time() - 60)
    assert len(journal.attempts_of(document)) == 1
    journal.forget(time.time() + 1)
    assert journal.attempts_of(document) == []
    tables = ("outcomes", "cleanups", "incidents")
    assert [journal._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables] == [0, 0, 0]
    assert (found(journal).state, journal.totals()["failed"]) == (State.FAILED, 1)


def test_a_transaction_that_fails_changes_nothing(journal: Journal) -> None:
    """The row and its outcome are written together or not at all."""
    document = seen(journal)
    bad = Outcome(State.PUBLISHED, pages=object())  # type: ignore[arg-type]  # what SQLite cannot store
    with pytest.raises(JournalError):
        journal.published(document, Path("/out"), bad, "aa")
    assert found(journal) == document
    assert journal.counts()["published"] == 0


def test_a_full_disk_is_temporary_and_loses_nothing(journal: Journal) -> None:
    """SQLite refuses to grow the file; what it held is there, and it goes on once there is room."""
    document = seen(journal)
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="full") as caught:
        journal.dead(document, Outcome(State.DEAD, "timeout", "x" * 100_000))
    assert caught.value.exit_code == EXIT_TEMPORARY
    assert found(journal) == document
    journal._db.execute("PRAGMA max_page_count = 100000")
    journal.dead(document, Outcome(State.DEAD, "timeout", "x" * 100_000))
    assert found(journal).state is State.DEAD


def test_history_that_cannot_be_written_is_a_gap(journal: Journal) -> None:
    """A report is not worth the daemon's life: on a full disk documents wait, for want of history nothing does."""
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2000):
        journal.happened("converter.recycled", "x" * 1000)
    journal.forget(0.0)
    rows = journal._db.execute("SELECT count(*) FROM incidents").fetchone()[0]
    assert rows < 2000


def test_two_threads_write_at_once(journal: Journal) -> None:
    """The intake's and the main loop's."""
    document = seen(journal)

    def work() -> None:
        for _ in range(50):
            journal.attempt_begins(document.id)

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
        "for _ in range(50): journal.attempt_begins(1)\n"
        "journal.close()\n"
    )
    document = seen(journal)
    assert document.id == 1
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "journal.sqlite")]) as other:
        for _ in range(50):
            journal.attempt_begins(1)
        assert other.wait(60) == 0
    assert found(journal).attempts == 100
