"""Journals that are damaged, and what becomes of the documents that only they knew of."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core_scene import core_at, files_below
from journal_scene import FOLDER, seen
from markerd.errors import UnavailableError
from markerd.journal import SCHEMA_VERSION, Journal, Outcome, open_or_replace
from markerd.journal.deliveries import Delivery, Lane, Route
from markerd.values import After, Fingerprint, Occasion, State

GARBAGE = b"no database, but long enough to be looked at " * 200
Damage = Callable[[Path], None]


def overwritten(path: Path) -> None:
    path.write_bytes(GARBAGE)


def header_lost(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def truncated(path: Path) -> None:
    os.truncate(path, 3 * 4096)


def cut_in_a_page(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


def page_overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(GARBAGE[:4096])


def filled(path: Path) -> None:
    """A journal of some hundred documents, closed, its WAL written back."""
    journal = Journal(path)
    for number in range(300):
        journal.writer.record_seen("/in", f"document {number}.pdf", Fingerprint(number, number, number))
    journal.close()


def names_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


@pytest.mark.parametrize("damage", [overwritten, header_lost, truncated, cut_in_a_page, page_overwritten])
def test_a_damaged_journal_is_set_aside(tmp_path: Path, damage: Damage) -> None:
    """Whole as it was, under a name that says so; the new one is empty and sound."""
    path = tmp_path / "journal.sqlite"
    filled(path)
    damage(path)
    before = path.read_bytes()
    journal, replaced = open_or_replace(path)
    assert replaced is not None
    assert replaced.moved_to.name.startswith("journal.sqlite.corrupt-2")
    assert replaced.moved_to.read_bytes() == before
    assert replaced.reason
    assert journal.reader.count_documents()["waiting"] == 0
    journal.close()
    again, replaced = open_or_replace(path)
    assert replaced is None
    again.close()


def test_wal_and_shm_are_set_aside_with_the_journal(tmp_path: Path) -> None:
    """WAL and shared memory, under names by which SQLite finds them; earlier ones are not overwritten."""
    path = tmp_path / "journal.sqlite"
    for _ in range(3):
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).write_bytes(GARBAGE)
        open_or_replace(path)[0].close()
    names = [name for name in names_in(tmp_path) if ".corrupt-" in name]
    assert len(names) == 9
    assert sum(name.endswith("-wal") for name in names) == sum(name.endswith("-shm") for name in names) == 3
    assert all((tmp_path / name).read_bytes() == GARBAGE for name in names if not name.endswith("-shm"))


def test_a_sound_journal_stays(tmp_path: Path) -> None:
    """With what it knows, in its WAL too."""
    path = tmp_path / "journal.sqlite"
    filled(path)
    open_journal = Journal(path)
    open_journal.writer.record_seen("/in", "in the WAL", Fingerprint(1, 1, 1))
    journal, replaced = open_or_replace(path)
    assert replaced is None
    assert journal.reader.count_documents()["waiting"] == 301
    journal.close()
    open_journal.close()


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """It is nothing that we made."""
    (tmp_path / "journal.sqlite").mkdir()
    with pytest.raises(UnavailableError, match="cannot be used"):
        open_or_replace(tmp_path / "journal.sqlite")
    assert names_in(tmp_path) == ["journal.sqlite"]


def test_a_journal_of_a_later_version_is_no_damage(tmp_path: Path) -> None:
    """It is refused, and stays for the markerd that wrote it."""
    path = tmp_path / "journal.sqlite"
    filled(path)
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(UnavailableError, match="update markerd"):
        open_or_replace(path)
    assert path.read_bytes() == before
    assert not any(".corrupt-" in name for name in names_in(tmp_path))


@pytest.mark.parametrize("after", [After.KEEP, After.ARCHIVE])
def test_replaced_journal_converts_nothing_twice(tmp_path: Path, after: After) -> None:
    """What lies there with the content of its output is recognised by the manifest, and its policy applied; what was
    not converted is; dead letters stay where they are."""
    with core_at(tmp_path, after=after) as core:
        for name in ("a.pdf", "sub/a.pdf"):
            core.drop(name, f"%PDF-1.4 {name}".encode())
        core.drop("bad.pdf", b"not a document")
        core.finish_all()
        (core.inbox / "bad.pdf").unlink(missing_ok=True)
        core.drop("waits.pdf")
        for name in ("a.pdf", "sub/a.pdf"):  # where it was archived: the move was not made yet, or undone
            (core.inbox / name).write_bytes(f"%PDF-1.4 {name}".encode())
    letters = {name: (tmp_path / name).read_bytes() for name in files_below(tmp_path) if name.startswith("failed/")}
    assert len(letters) == 2
    overwritten(tmp_path / "state" / "journal.sqlite")
    journal, replaced = open_or_replace(tmp_path / "state" / "journal.sqlite")
    assert replaced is not None
    journal.close()
    with core_at(tmp_path, after=after) as core:
        core.restart()
        assert [event["document"] for event in core.log.find("document.published")] == ["waits.pdf"]
        assert core.converter.documents == 1
        assert {core.find(name).state for name in ("a.pdf", "sub/a.pdf")} == {State.SKIPPED}
        assert core.journal.reader.count_documents() == {"published": 1, "skipped": 2, "dead": 0, "waiting": 0}
        assert (core.inbox / "a.pdf").exists() is (after is After.KEEP)
    assert letters == {name: (tmp_path / name).read_bytes() for name in letters}
    assert sorted(os.listdir(tmp_path / "outbox")) == ["a", "sub", "waits"]


def told(path: Path, count: int = 40) -> set[str]:
    """A journal with so many events for a hook, of five documents; gives their keys."""
    journal = Journal(path)
    journal.outbox.route({FOLDER: [Route("index", frozenset(Occasion))]})
    for number in range(count):
        document = replace(seen(journal, f"{number % 5}.pdf"), sha256=f"{number:064x}")
        journal.outcomes.record_published(document, path.parent, Outcome(State.PUBLISHED), f"{number:064x}")
    rows = journal._connection.fetch_all("SELECT key FROM deliveries")
    journal.close()
    return {row["key"] for row in rows}


def drain(journal: Journal) -> list[Delivery]:
    delivered = []
    while delivery := journal.outbox.find_due(Lane(FOLDER, "index"), 1e12):
        journal.outbox.record_delivered(delivery)
        delivered.append(delivery)
    return delivered


def pages_of(path: Path, name: str) -> list[int]:
    """Numbers of the pages, from 0, that begin as the root of this table or index."""
    with closing(sqlite3.connect(path)) as db:
        return [row[0] - 1 for row in db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))]


def test_what_hooks_are_to_be_told_is_taken_along(tmp_path: Path) -> None:
    """With its keys and in its order, where something else is damaged."""
    path = tmp_path / "journal.sqlite"
    keys = told(path)
    (page,) = pages_of(path, "documents")
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(GARBAGE[:4096])
    journal, replaced = open_or_replace(path)
    assert replaced is not None
    assert replaced.deliveries == 40
    delivered = drain(journal)
    assert {delivery.key for delivery in delivered} == keys
    for number in range(5):
        hashes = [delivery.facts["sha256"] for delivery in delivered if delivery.path == f"{number}.pdf"]
        assert hashes == sorted(hashes)
    journal.close()


def test_part_of_it_is_taken_along(tmp_path: Path) -> None:
    """Where the outbox itself is damaged, or rows of it are: nothing of what comes along waits for ever."""
    path = tmp_path / "journal.sqlite"
    told(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute("DELETE FROM deliveries WHERE state = 'due'")
        db.execute("UPDATE deliveries SET facts = 'no JSON' WHERE id % 7 = 0")
        db.execute("UPDATE deliveries SET state = 'lost' WHERE id % 7 = 1")
        db.execute("UPDATE deliveries SET occasion = 'news' WHERE id % 7 = 2")
        db.commit()
    header = path.read_bytes()[:100]
    (page,) = pages_of(path, "documents")
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(GARBAGE[:4096])
    assert path.read_bytes()[:100] == header
    journal, replaced = open_or_replace(path)
    assert replaced is not None
    assert 0 < replaced.deliveries < 35
    assert len(drain(journal)) == replaced.deliveries
    journal.close()
