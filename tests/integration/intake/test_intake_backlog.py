"""Folders of very many files: the oldest are taken first, and the others wait without a row of the journal each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from fakes import RecordingLog
from intake_scene import NEVER_S, MemoryLedger, Scene, eventually
from journal_scene import counted_queries
from markerd.intake.backlog import Backlog
from markerd.intake.document_queue import DocumentQueue
from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.scan import Found
from markerd.journal import Journal
from markerd.values import After

MANY = 3000


def fill(root: Path, count: int = MANY, settle_s: float = 0.2) -> list[str]:
    """Files in folders, oldest first, whose last change is past."""
    names = []
    for number in range(count):
        names.append(f"{number % 7}/{number:05}.txt")
        (root / names[-1]).parent.mkdir(exist_ok=True)
        (root / names[-1]).write_bytes(b"words")
        os.utime(root / names[-1], (number, number))
    changed_s = (root / names[-1]).stat().st_ctime
    assert eventually(lambda: time.time() - changed_s > settle_s)
    return names


def test_oldest_files_are_recorded_and_queued_first(scene: Scene) -> None:
    """As many as the queue has room for, and few beyond; nothing is lost when there is room again."""
    names = fill(scene.root)
    scene.ledger.room = 10
    intake = scene.start(settle_s=0.2)
    assert eventually(lambda: scene.ledger.queued == names[:10])
    assert eventually(lambda: scene.ledger.refusals > 5)
    assert 10 <= len(scene.ledger.seen_paths) < MANY / 4
    assert scene.ledger.seen_paths == names[: len(scene.ledger.seen_paths)]
    assert intake.pending == MANY - 10
    assert scene.log.of("reconcile.done", "news") == [MANY]
    scene.ledger.room = MANY
    assert eventually(lambda: len(scene.ledger.queued) == MANY)
    assert scene.ledger.queued == scene.ledger.seen_paths == names
    assert eventually(intake.is_idle)


def test_file_that_comes_later_stands_behind_the_backlog(scene: Scene) -> None:
    """Order of start is order of arrival, though an event tells of it while thousands wait without one."""
    names = fill(scene.root)
    scene.ledger.room = 10
    scene.start(settle_s=0.2)
    assert eventually(lambda: scene.ledger.refusals > 0)
    scene.drop("late.txt")
    (scene.root / names[-1]).unlink()
    scene.ledger.room = MANY
    assert eventually(lambda: len(scene.ledger.queued) == MANY)
    assert scene.ledger.queued == [*names[:-1], "late.txt"]


def test_what_is_left_out_is_found_by_another_scan(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many files are remembered, the oldest."""
    monkeypatch.setattr("markerd.intake.hot_folder.Backlog", lambda: Backlog(500))
    names = fill(scene.root, 1200)
    intake = scene.start(settle_s=0.2)
    assert eventually(lambda: len(scene.ledger.queued) == 1200)
    assert scene.ledger.queued == names
    assert eventually(intake.is_idle)
    assert scene.log.of("reconcile.done", "news")[:3] == [1200, 700, 200]


def test_placeholders_keep_nothing_from_the_queue(scene: Scene) -> None:
    """Hundreds of older empty files wait to be filled, and what is younger is taken."""
    for number in range(600):
        os.utime(scene.drop(f"{number}.txt", b""), (number, number))
    scene.drop("words.txt")
    scene.start(settle_s=0.2)
    assert scene.is_queued("words.txt")


def test_scan_of_a_known_folder_asks_little(tmp_path: Path) -> None:
    """No query for each file: of sources that are kept not even one for many, after the first time."""
    root = tmp_path / "inbox"
    root.mkdir()
    fill(root)
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        backlog = DocumentQueue(journal, MANY, {str(root): After.KEEP}, RecordingLog())
        for _ in range(2):
            intake = start(root, backlog)
            assert eventually(intake.is_idle)
            assert intake.stop()
            with journal._connection.transaction() as db:
                db.execute("UPDATE documents SET state = 'published'")
        assert len(backlog) == MANY
        with counted_queries(journal) as queries:
            intake = start(root, backlog)
            assert eventually(intake.is_idle)
            assert intake.stop()
        assert intake.failure is None
        assert len(queries) < MANY / 100, queries[:10]


class GatedLedger(MemoryLedger):
    """Lets a scan go on by one step at a time, once the gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = threading.Semaphore(1_000_000)
        self.is_scanning = threading.Event()

    def shut(self) -> None:
        self.steps = threading.Semaphore(0)

    def select_news(self, folder: str, files: Sequence[Found]) -> list[Found]:
        if len(files) > 1:
            self.is_scanning.set()
            assert self.steps.acquire(timeout=60)
        return super().select_news(folder, files)


def test_arrival_does_not_wait_for_the_end_of_a_scan(scene: Scene) -> None:
    """It is queued in the middle of it, and the scan goes on."""
    scene.ledger = ledger = GatedLedger()
    fill(scene.root, 6000)
    intake = scene.start(settle_s=0.2)
    assert eventually(lambda: len(ledger.queued) == 6000)
    ledger.shut()
    ledger.is_scanning.clear()
    intake.rescan()
    assert ledger.is_scanning.wait(15)
    (scene.outside / "late.txt").write_bytes(b"words")
    (scene.outside / "late.txt").rename(scene.root / "late.txt")
    for _ in range(10):
        if eventually(lambda: "late.txt" in ledger.queued, timeout_s=0.2):
            break
        ledger.steps.release()
    assert "late.txt" in ledger.queued
    assert not intake.is_idle()
    ledger.steps.release(1_000_000)
    assert eventually(intake.is_idle)
    assert scene.log.of("reconcile.done", "news")[-1] == 0


def start(root: Path, backlog: DocumentQueue) -> Intake:
    intake = Intake([WatchedFolder(root, settle_s=0.2)], backlog, RecordingLog(), reconcile_s=NEVER_S)
    intake.start()
    return intake
