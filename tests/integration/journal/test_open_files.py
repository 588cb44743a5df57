"""A journal whose files are removed or replaced while it is open."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import RecordingLog
from journal_scene import found, seen
from markerd.errors import JournalError, UnavailableError
from markerd.journal import Journal, Outcome
from markerd.runtime.instance_lock import hold_state_dir
from markerd.runtime.journal_watch import JournalWatch
from markerd.values import Fingerprint, State

Loss = Callable[[Path], None]


def all_removed(path: Path) -> None:
    for file in path.parent.glob("journal.sqlite*"):
        file.unlink()


def database_removed(path: Path) -> None:
    path.unlink()


def companions_removed(path: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink()


def replaced_by_an_empty_file(path: Path) -> None:
    all_removed(path)
    path.touch()


def replaced_by_a_folder(path: Path) -> None:
    all_removed(path)
    path.mkdir()
    (path / "a file").write_text("of somebody")


def replaced_by_another_journal(path: Path) -> None:
    all_removed(path)
    Journal(path).close()


def replaced_under_the_old_companions(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"not a database" * 1000)


def replaced_by_a_dangling_link(path: Path) -> None:
    all_removed(path)
    path.symlink_to("nowhere")


REMOVALS = [all_removed, database_removed, companions_removed]
REPLACEMENTS = [
    replaced_by_an_empty_file, replaced_by_a_folder, replaced_by_another_journal, replaced_under_the_old_companions,
    replaced_by_a_dangling_link,
]  # fmt: skip


def names_in(log: RecordingLog) -> list[str]:
    return [name for _, name, _ in log.records]


def rows_of(path: Path) -> list[tuple[object, ...]]:
    """All rows of all tables, as another process reads them."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return [(table, *row) for table in tables for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")]


def filled(journal: Journal) -> None:
    """Documents that wait, one of them with an attempt behind it, and one that is published."""
    for number in range(50):
        journal.writer.record_seen("/in", f"waiting {number}.pdf", Fingerprint(number, number, number))
    document = seen(journal, "done.pdf")
    document = replace(document, attempts=journal.writer.begin_attempt(document.id, "aa"))
    journal.outcomes.record_published(
        document, Path("/out/done"), Outcome(State.PUBLISHED, pages=3, seconds={"convert": 1.0}), "aa"
    )
    flaky = seen(journal, "flaky.pdf")
    journal.outcomes.record_failed(
        replace(flaky, attempts=journal.writer.begin_attempt(flaky.id, "aa")), Outcome(State.FAILED, "timeout"), 5.0
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state" / "journal.sqlite"


def test_journal_in_place_is_left_alone(path: Path) -> None:
    """However much is written into it, and while others read it."""
    journal = Journal(path)
    before = path.stat().st_ino
    filled(journal)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM documents").fetchone() == (52,)
        assert journal.restore_if_lost() is None
    assert journal.restore_if_lost() is None
    assert path.stat().st_ino == before
    journal.close()


@pytest.mark.parametrize("loss", [*REMOVALS, *REPLACEMENTS])
def test_lost_journal_is_written_anew_with_every_row(path: Path, loss: Loss) -> None:
    """Once; what is written before it is noticed and after that is in it, also for the next daemon."""
    journal = Journal(path)
    filled(journal)
    path.chmod(0o640)
    journal.close()
    journal = Journal(path)
    before = rows_of(path)
    loss(path)
    late = seen(journal, "late.pdf")
    assert journal.restore_if_lost()
    assert journal.restore_if_lost() is None
    journal.writer.begin_attempt(late.id, "aa")
    assert set(before) < set(rows_of(path))
    assert path.stat().st_mode & 0o777 == 0o640
    journal.close()
    again = Journal(path)
    assert found(again, "late.pdf").attempts == 1
    assert found(again, "flaky.pdf").attempts == 1
    assert again.reader.read_totals()["published"] == 1
    again.close()
    assert not [name for name in os.listdir(path.parent) if name.startswith(".markerd-")]


@pytest.mark.parametrize("loss", REPLACEMENTS)
def test_foreign_file_in_its_place_is_kept(path: Path, loss: Loss) -> None:
    """Under the name of a damaged journal, which the reason says."""
    journal = Journal(path)
    loss(path)
    is_folder, is_link = path.is_dir(), path.is_symlink()
    content = None if is_folder or is_link else path.read_bytes()
    reason = journal.restore_if_lost()
    journal.close()
    aside = [
        file for file in path.parent.iterdir() if ".corrupt-" in file.name and not file.name.endswith(("-wal", "-shm"))
    ]
    assert len(aside) == 1
    assert reason is not None
    assert str(aside[0]) in reason
    assert (aside[0].is_dir(), aside[0].is_symlink()) == (is_folder, is_link)
    assert content is None or aside[0].read_bytes() == content


@pytest.mark.parametrize("loss", REMOVALS)
def test_nothing_is_set_aside_where_files_were_removed(path: Path, loss: Loss) -> None:
    """There is nothing to keep."""
    journal = Journal(path)
    loss(path)
    assert journal.restore_if_lost() == "it was removed"
    journal.close()
    assert sorted(os.listdir(path.parent)) == ["journal.sqlite"]


def test_journal_that_cannot_be_written_anew_goes_on_and_is_tried_again(path: Path) -> None:
    """Its folder is a file for a while: said once, and all is there once it is a folder again."""
    with hold_state_dir(path.parent) as lock:
        journal, log = Journal(path), RecordingLog()
        filled(journal)
        watch = JournalWatch(journal, lock, log)
        away = path.parent.with_name("away")
        path.parent.rename(away)
        path.parent.write_text("in the way")
        watch.restore()
        watch.restore()
        assert names_in(log) == ["journal.lost"]
        with pytest.raises(JournalError):
            journal.restore_if_lost()
        seen(journal, "meanwhile.pdf")
        path.parent.unlink()
        watch.restore()
        assert names_in(log) == ["journal.lost", "journal.restored"]
        assert found(journal, "meanwhile.pdf")
        journal.close()
        again = Journal(path)
        assert found(again, "meanwhile.pdf")
        again.close()


def test_state_directory_that_is_removed_ends_the_daemon_with_its_journal_kept(path: Path) -> None:
    """Its lock keeps nobody out any more; the next start finds every row."""
    with hold_state_dir(path.parent) as lock:
        journal, log = Journal(path), RecordingLog()
        filled(journal)
        before = rows_of(path)
        shutil.rmtree(path.parent)
        with pytest.raises(UnavailableError, match="was removed or replaced"):
            JournalWatch(journal, lock, log).look()
        journal.close()
    assert set(before) < set(rows_of(path))
    assert names_in(log) == ["journal.restored"]


def test_journal_of_another_daemon_is_not_touched(path: Path) -> None:
    """One that started when the state directory had been removed holds the lock that counts."""
    with hold_state_dir(path.parent) as lock:
        journal = Journal(path)
        shutil.rmtree(path.parent)
        with hold_state_dir(path.parent):
            other = Journal(path)
            seen(other, "theirs.pdf")
            before = rows_of(path)
            with pytest.raises(UnavailableError):
                JournalWatch(journal, lock, RecordingLog()).look()
            assert rows_of(path) == before
            other.close()
        journal.close()
