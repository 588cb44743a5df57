"""The journal read by others, while the daemon writes it and while it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import history_rows
from history_rows import add, add_cleanup, add_incident, ending
from markerd.errors import UnavailableError
from markerd.journal import Document, Journal, Outcome
from markerd.journal.history import CleanupTotals, FailureKind, History, Incident, MemoryPeak
from markerd.values import Fingerprint, State

NOBODY = 65534
READS, MOST_PUBLISHED = 5, 5000
STRANGE = os.fsdecode(b"sub/\xff\n\x1b.pdf")
HELD = {"semaphores": 1, "children": 0, "threads": 5, "file_descriptors": 20, "temp_files": 0, "rss_bytes": 500 << 20}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return history_rows.made(tmp_path / "journal.sqlite")


def seen(journal: Journal, name: str) -> Document:
    journal.writer.record_seen("/in", name, Fingerprint(10, 1, 1))
    document = journal.reader.find("/in", name)
    assert document is not None
    return document


def publish(journal: Journal, name: str = "a.pdf", pages: int = 3) -> None:
    done = Outcome(State.PUBLISHED, pages=pages, seconds={"stage": 0.1, "convert": 2.0, "publish": 0.2})
    journal.outcomes.record_published(seen(journal, name), Path("/out"), done, "aa")


def test_history_reads_what_the_daemon_wrote(tmp_path: Path) -> None:
    """Through the journal's own methods, while it is still open: documents, cleanups, incidents."""
    journal = Journal(tmp_path / "journal.sqlite")
    publish(journal, STRANGE)
    journal.outcomes.record_dead(
        seen(journal, "b.pdf"), Outcome(State.DEAD, "encrypted", "locked", seconds={"total": 0.5})
    )
    journal.history.record_cleanup(HELD, cleanups=2, removed=3)
    journal.history.record_incident("daemon.started", "1.0")
    now = time.time()
    with History(tmp_path / "journal.sqlite") as history:
        dead, published = history.list_recent(10)
        assert (published.folder, published.path, published.outcome) == ("/in", STRANGE, State.PUBLISHED)
        assert (published.pages, published.seconds["convert"]) == (3, 2.0)
        assert published.work_seconds == pytest.approx(2.3)
        assert (dead.outcome, dead.kind, dead.reason, dead.work_seconds) == (State.DEAD, "encrypted", "locked", 0.5)
        assert now - 60 < published.at <= dead.at <= now
        assert history.sum_cleanups(0, now) == CleanupTotals(2, 3, 1, 500 << 20)
        (incident,) = history.list_incidents(0, now, 5)
        assert (incident.event, incident.reason) == ("daemon.started", "1.0")
        assert history.find_beginning() == published.at
    journal.close()


def test_newest_endings_come_first_up_to_the_limit(path: Path) -> None:
    """In the order of their end, whatever the clock said."""
    add(path, ending(50, path=b"a"), ending(40, path=b"b"), ending(60, path=b"c", reason="x" * 100_000))
    with History(path) as history:
        assert [each.path for each in history.list_recent(2)] == ["c", "b"]
        assert len(history.list_recent(1)[0].reason) == 300


def test_period_includes_both_of_its_ends(path: Path) -> None:
    """Both ends belong to it; what came before and what is dated after do not."""
    add(path, *(ending(at, convert=at) for at in (9, 10, 20, 21)))
    for at in (9, 10, 20, 21):
        add_cleanup(path, at, rss_mb=at, removed=1)
        add_incident(path, at, "daemon.started", str(at))
    with History(path) as history:
        assert sorted(each.at for each in history.iterate_measures(10, 20)) == [10, 20]
        assert [each.at for each in history.list_slowest(10, 20, 5)] == [20, 10]
        assert history.sum_cleanups(10, 20).removed == 2
        assert history.list_memory_peaks(10, 20, 2) == [MemoryPeak(0, 10 << 20), MemoryPeak(1, 20 << 20)]
        assert history.list_incidents(10, 20, 1) == [Incident(20, "daemon.started", "20")]
        assert history.count_incidents(10, 20) == {"daemon.started": 2}
        assert (history.find_beginning(), history.count_ended_after(20)) == (9, 1)


def test_failures_are_gathered_by_kind(path: Path) -> None:
    """What made most dead letters first, each with its newest reason; published documents are none."""
    add(path, ending(1, kind=None), ending(9, outcome="failed", reason="odd"))
    add(path, *(ending(at, outcome="dead", kind="encrypted", reason=f"at {at}") for at in (5, 7, 6)))
    add(path, *(ending(at, outcome="failed", kind="timeout", reason="slow") for at in range(4)))
    with History(path) as history:
        assert history.list_failure_kinds(0, 99, 9) == [
            FailureKind("encrypted", 3, 0, 7, "at 7"),
            FailureKind("timeout", 0, 4, 3, "slow"),
            FailureKind("unknown", 0, 1, 9, "odd"),
        ]
        assert len(history.list_failure_kinds(0, 99, 1)) == 1


def test_no_duration_is_negative(path: Path) -> None:
    """A clock that was put back makes none, nor does a stage that is not known or a memory that could not be read."""
    add(path, ending(1, convert=-5, waited=-9, pages=2), ending(2, outcome="skipped"))
    add_cleanup(path, 1, rss_mb=-1)
    with History(path) as history:
        for measure in history.iterate_measures(0, 9):
            assert (measure.convert_seconds, measure.waited_seconds) in ((0, 0), (0, 2))
        assert history.list_slowest(0, 9, 1)[0].waited_seconds == 0
        assert (history.list_memory_peaks(0, 9, 4), history.sum_cleanups(0, 9).most_rss_bytes) == ([], 0)


def test_an_empty_journal_has_no_history(path: Path) -> None:
    """Not an error: the daemon has just been installed."""
    with History(path) as history:
        assert (history.find_beginning(), history.list_recent(5), list(history.iterate_measures(0, 9))) == (
            None,
            [],
            [],
        )
        assert (history.sum_cleanups(0, 9), history.list_failure_kinds(0, 9, 5)) == (CleanupTotals(0, 0, 0, 0), [])


# --- beside the daemon ---------------------------------------------------------------------------------------------


def test_all_answers_are_as_of_the_opening(path: Path) -> None:
    """What is written after the opening is for the next reader."""
    journal = Journal(path)
    publish(journal)
    with History(path) as history:
        publish(journal, "b.pdf")
        assert len(history.list_recent(9)) == len(list(history.iterate_measures(0, time.time() + 9))) == 1
    with History(path) as history:
        assert len(history.list_recent(9)) == 2
    journal.close()


def test_readers_and_the_writer_do_not_wait_for_each_other(path: Path) -> None:
    """Documents are published all the while; every reader finds a whole number of them, and there are some."""
    journal, is_done, found = Journal(path), threading.Event(), list[tuple[int, int]]()

    def read() -> None:
        while not is_done.is_set():
            with History(path) as history:
                found.append(
                    (len(history.list_recent(10_000)), len(list(history.iterate_measures(0, time.time() + 9))))
                )

    reader = threading.Thread(target=read)
    reader.start()
    published = 0
    while published < 200 or (len(set(found)) < READS and published < MOST_PUBLISHED):
        publish(journal, f"{published}.pdf")
        published += 1
    read_meanwhile = set(found)
    is_done.set()
    reader.join()
    journal.close()
    assert len(read_meanwhile) >= READS
    assert found == sorted(found)
    assert all(newest == measured for newest, measured in found)


@contextmanager
def _another_process(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Has the journal open, and has published one document."""
    script = (
        "import sys; from pathlib import Path; import test_history as t; from markerd.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1])); t.publish(journal); print(flush=True); sys.stdin.read(); journal.close()"
    )
    folders = os.pathsep.join([str(Path(__file__).resolve().parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": folders},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate()


def test_wal_of_a_killed_daemon_is_read(path: Path) -> None:
    """Its last documents stand in the WAL alone."""
    with _another_process(path) as process:
        process.kill()
        process.wait()
        assert path.with_name("journal.sqlite-wal").stat().st_size > 0
        with History(path) as history:
            assert len(history.list_recent(5)) == 1


def test_reading_leaves_no_trace(path: Path) -> None:
    """Where no daemon runs, no file is made that it could not write afterwards."""
    before = path.read_bytes()
    with History(path) as history:
        history.list_recent(5)
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert (path.read_bytes(), [each.name for each in path.parent.iterdir()]) == (before, [path.name])


@contextmanager
def _as_somebody_else(modes: dict[Path, int]) -> Iterator[None]:
    """Who has those rights to these files, and no others."""
    before = {each: each.stat().st_mode for each in modes}
    for each, mode in modes.items():
        each.chmod(mode)
    is_root = os.geteuid() == 0  # whom no mode stops
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for each, mode in before.items():
            each.chmod(mode)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that others can reach, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="markerd-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("is_running", [True, False])
def test_another_user_may_read(open_folder: Path, is_running: bool) -> None:
    """Without a right to write there, whether the daemon runs or not."""
    path = open_folder / "journal.sqlite"
    with _another_process(path) as process:
        if not is_running:
            process.communicate()
        modes = {open_folder: 0o555, **dict.fromkeys(open_folder.iterdir(), 0o444)}
        assert len(modes) == (4 if is_running else 2)
        with _as_somebody_else(modes), History(path) as history:
            assert len(history.list_recent(5)) == 1


def test_journal_behind_a_link_is_read_with_its_wal(path: Path, tmp_path: Path) -> None:
    """What stands in its WAL is read as well."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "journal.sqlite"
    link.symlink_to(path)
    with _another_process(path), History(link) as history:
        assert len(history.list_recent(5)) == 1


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_missing_journal_says_that_the_daemon_has_not_run(tmp_path: Path) -> None:
    """It says that the daemon has not run, and makes none."""
    with pytest.raises(UnavailableError, match=r"has not run with this configuration.*markerd run.*--config"):
        History(tmp_path / "journal.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_unreadable_journal_says_as_whom_to_read_it(open_folder: Path) -> None:
    """Without the right to read it says as whom to ask."""
    path = history_rows.made(open_folder / "journal.sqlite")
    with (
        _as_somebody_else({path: 0o000, open_folder: 0o755}),
        pytest.raises(UnavailableError, match=r"cannot be read.*as the user"),
    ):
        History(path)
