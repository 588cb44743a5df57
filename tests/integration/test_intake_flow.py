"""Intake as a whole: real folders, real observers, a ledger in memory."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.api import BaseObserver

from markerd.intake.intake import Intake
from markerd.intake.ledger import WatchedFolder
from markerd.values import Fingerprint

HOLD_OPEN = "import sys; file = open(sys.argv[1], 'r+b'); print('open', flush=True); sys.stdin.read()"
SETTLE_S = 0.3
NEVER_S = 3600.0


def eventually(condition: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class MemoryLedger:
    """Knows what it was given; takes as many as it has `room` for."""

    def __init__(self) -> None:
        self.room = 1_000_000
        self.known: dict[str, Fingerprint] = {}
        self.seen_paths: list[str] = []
        self.queued: list[str] = []
        self.sizes: list[int] = []
        self.refusals = 0
        self.gone: list[str] = []

    def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        return self.known.get(f"{folder}/{path}") != fingerprint

    def seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        self.seen_paths.append(path)

    def settled(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        if len(self.queued) >= self.room:
            self.refusals += 1
            return False
        self.known[f"{folder}/{path}"] = fingerprint
        self.sizes.append(Path(folder, path).stat().st_size)
        self.queued.append(path)
        return True

    def vanished(self, folder: str, path: str) -> None:
        self.gone.append(path)


class Recorder:
    """A log that can be asked."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.records.append((event, fields))

    debug = warning = info

    def of(self, event: str, field: str) -> list[Any]:
        return [fields[field] for name, fields in self.records.copy() if name == event]


class Scene:
    """One hot folder with an intake on it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "inbox"
        self.root.mkdir()
        self.outside = root
        self.ledger = MemoryLedger()
        self.log = Recorder()
        self.intakes: list[Intake] = []

    def start(self, *, reconcile_s: float = NEVER_S, wait: bool = True, **settings: Any) -> Intake:
        folder = WatchedFolder(self.root, **{"settle_s": SETTLE_S, **settings})
        return self.start_all([folder], reconcile_s=reconcile_s, wait=wait)

    def start_all(self, folders: list[WatchedFolder], *, reconcile_s: float = NEVER_S, wait: bool = True) -> Intake:
        intake = Intake(folders, self.ledger, self.log, reconcile_s=reconcile_s, tick_s=0.05)
        self.intakes.append(intake)
        intake.start()
        assert not wait or intake.wait_until_watching(10)
        return intake

    def drop(self, name: str, content: bytes = b"words") -> Path:
        path = self.root / name
        path.write_bytes(content)
        return path

    def is_queued(self, *names: str) -> bool:
        return eventually(lambda: sorted(self.ledger.queued) == sorted(names))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for intake in scene.intakes:
        assert intake.stop()
        assert intake.failure is None


def test_a_burst_is_offered_whole_and_once(scene: Scene) -> None:
    """2,000 files dropped at once are each offered one time, scans in between or not."""
    intake = scene.start(reconcile_s=1.0)
    names = [f"{number:04}.txt" for number in range(2000)]
    for name in names:
        scene.drop(name)
    assert eventually(lambda: len(scene.ledger.queued) >= 2000)
    intake.rescan()
    assert eventually(lambda: len(scene.log.of("reconcile.done", "files")) > 2 and intake.pending == 0)
    assert sorted(scene.ledger.queued) == names
    assert sorted(scene.ledger.seen_paths) == names


def test_the_backlog_is_offered_oldest_first(scene: Scene) -> None:
    """What lay there before the start passes the same gate, in order of its mtimes."""
    for age, name in enumerate(["c.txt", "a.txt", "b.txt"]):
        os.utime(scene.drop(name), (age, age))
    scene.start()
    assert scene.is_queued("a.txt", "b.txt", "c.txt")
    assert scene.ledger.queued == ["c.txt", "a.txt", "b.txt"]


def test_a_slow_writer_is_waited_for(scene: Scene) -> None:
    """A file that grows by 1 kB each 50 ms is offered once, whole, even where each write opens it anew."""
    scene.start(settle_s=1.0)
    for _ in range(60):
        with (scene.root / "slow.txt").open("ab") as file:
            file.write(b"x" * 1000)
        time.sleep(0.05)
    assert scene.is_queued("slow.txt")
    assert scene.ledger.sizes == [60_000]


def test_a_file_without_its_end_is_waited_for(scene: Scene) -> None:
    """A PDF whose writer pauses for longer than settle_s is not offered before its trailer is there."""
    scene.start()
    half = scene.drop("half.pdf", b"%PDF-1.7\n" + b"x" * 5000)
    scene.drop("whole.txt")
    assert scene.is_queued("whole.txt")
    with half.open("ab") as file:
        file.write(b"%%EOF\n")
    assert scene.is_queued("half.pdf", "whole.txt")
    assert scene.ledger.sizes[-1] == 5015


@pytest.mark.skipif(sys.platform != "linux", reason="read leases are Linux's")
def test_a_file_held_open_by_its_writer_waits(scene: Scene) -> None:
    """A file that another process has open for writing is offered when it is closed, and the log says why."""
    held = scene.drop("held.txt")
    holder = subprocess.Popen([sys.executable, "-c", HOLD_OPEN, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        scene.start()
        assert eventually(lambda: scene.log.of("document.waiting", "document") == ["held.txt"])
        assert scene.ledger.queued == []
        assert holder.stdin
        holder.stdin.close()
    assert scene.is_queued("held.txt")


def test_every_way_into_the_folder_is_noticed(scene: Scene) -> None:
    """Renames, hard links, new folders filled at once and folders moved in, without any scan."""
    scene.start()
    for name in ("renamed.txt", "linked.txt"):
        (scene.outside / name).write_bytes(b"words")
    (scene.outside / "renamed.txt").rename(scene.root / "renamed.txt")
    (scene.root / "linked.txt").hardlink_to(scene.outside / "linked.txt")
    (scene.root / "new/deep").mkdir(parents=True)
    scene.drop("new/1.txt")
    scene.drop("new/deep/2.txt")
    (scene.outside / "tree/sub").mkdir(parents=True)
    (scene.outside / "tree/sub/3.txt").write_bytes(b"words")
    (scene.outside / "tree").rename(scene.root / "tree")
    assert scene.is_queued("renamed.txt", "linked.txt", "new/1.txt", "new/deep/2.txt", "tree/sub/3.txt")


def test_a_finished_download_is_offered_under_its_name(scene: Scene) -> None:
    """The temporary name is ignored, the rename within the folder brings the document."""
    scene.start()
    scene.drop("a.pdf.part", b"%PDF-%%EOF").rename(scene.root / "a.pdf")
    assert scene.is_queued("a.pdf")
    assert scene.ledger.seen_paths == ["a.pdf"]


def test_new_content_under_an_old_name_is_news(scene: Scene) -> None:
    """A file that is written again is offered again."""
    scene.start()
    scene.drop("a.txt")
    assert scene.is_queued("a.txt")
    scene.drop("a.txt", b"other words")
    assert scene.is_queued("a.txt", "a.txt")
    assert scene.ledger.sizes == [5, 11]


def test_odd_names_pass(scene: Scene) -> None:
    """Newlines and bytes that are no UTF-8 reach the ledger as they are, and the log escaped."""
    scene.start()
    names = ["a\nb.txt", os.fsdecode(b"caf\xe9.txt"), "quote'\" 😀.txt", "x" * 200 + ".txt"]
    for name in names:
        scene.drop(name)
    assert scene.is_queued(*names)
    assert {"a\\x0ab.txt", "caf\\xe9.txt"} <= set(scene.log.of("document.seen", "document"))


def test_patterns_choose(scene: Scene) -> None:
    """Only what include lets in and exclude does not is seen, in a backlog and later."""
    scene.drop("1.pdf", b"%PDF-%%EOF")
    scene.drop("1.doc")
    scene.start(include=("*.PDF", "*.txt"), exclude=("draft*",))
    for name in ("2.txt", "2.doc", "draft.txt", ".hidden.txt"):
        scene.drop(name)
    assert scene.is_queued("1.pdf", "2.txt")


def test_polling_does_the_same(scene: Scene) -> None:
    """Without native events files are noticed all the same."""
    scene.start(observer="polling")
    scene.drop("a.txt")
    (scene.root / "new").mkdir()
    scene.drop("new/b.txt")
    assert scene.is_queued("a.txt", "new/b.txt")


def test_what_is_no_file_is_refused_once(scene: Scene) -> None:
    """A symlink, a pipe and a socket get one log line each, however often they are seen."""
    (scene.root / "link.pdf").symlink_to("/etc/passwd")
    intake = scene.start(reconcile_s=1.0)
    os.mkfifo(scene.root / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(scene.root / "socket.pdf"))
    assert eventually(lambda: scene.log.of("reconcile.done", "refused")[-1:] == [3])
    intake.rescan()
    assert eventually(lambda: scene.log.of("reconcile.done", "refused")[-2:] == [3, 3])
    assert sorted(scene.log.of("document.refused", "document")) == ["link.pdf", "pipe.pdf", "socket.pdf"]
    assert scene.ledger.seen_paths == []


def test_a_full_queue_loses_nothing(scene: Scene) -> None:
    """What the ledger has no room for is offered again, the oldest first."""
    scene.ledger.room = 2
    for age in range(5):
        os.utime(scene.drop(f"{age}.txt"), (age, age))
    intake = scene.start()
    assert eventually(lambda: scene.ledger.refusals >= 3)
    assert scene.ledger.queued == ["0.txt", "1.txt"]
    assert [(status.settling, status.ready) for status in intake.status()] == [(0, 3)]
    scene.ledger.room = 5
    assert eventually(lambda: scene.ledger.queued == [f"{age}.txt" for age in range(5)])


def test_a_file_that_changes_while_the_queue_is_full_settles_again(scene: Scene) -> None:
    """Ready is no final word: what was written to again is offered with its new content only."""
    scene.ledger.room = 0
    scene.drop("a.txt")
    scene.start()
    assert eventually(lambda: scene.ledger.refusals > 0)
    scene.drop("a.txt", b"other words")
    scene.ledger.room = 1
    assert scene.is_queued("a.txt")
    assert scene.ledger.sizes == [11]


def test_a_file_that_goes_before_it_settled_is_told(scene: Scene) -> None:
    """The ledger learns of what was seen and will never be queued."""
    scene.start()
    path = scene.drop("a.txt")
    assert eventually(lambda: scene.ledger.seen_paths == ["a.txt"])
    path.unlink()
    assert eventually(lambda: scene.ledger.gone == ["a.txt"])
    assert scene.ledger.queued == []


def test_lost_events_are_made_good_by_a_scan(scene: Scene) -> None:
    """After an overflow of the kernel's queue the folder is scanned."""
    scene.start()
    path = scene.drop("a.txt")
    assert scene.is_queued("a.txt")
    os.utime(path, (1, 1))  # another fingerprint, and on Linux no event that is listened for
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")
    assert scene.is_queued("a.txt", "a.txt")


def test_more_hints_than_fit_are_made_good_by_a_scan(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for two hints at a time a burst still comes out whole."""
    monkeypatch.setattr("markerd.intake.watch.HINTS_LIMIT", 2)
    scene.start()
    names = [f"{number}.txt" for number in range(100)]
    for name in names:
        scene.drop(name)
    assert scene.is_queued(*names)


def test_the_periodic_scan_needs_no_event(scene: Scene) -> None:
    """What no event told of is found within reconcile_s."""
    scene.start(reconcile_s=0.5)
    path = scene.drop("a.txt")
    assert scene.is_queued("a.txt")
    os.utime(path, (1, 1))
    assert scene.is_queued("a.txt", "a.txt")


def test_a_dead_observer_is_replaced(scene: Scene) -> None:
    """When the observer's thread ends the folder is watched anew, and scanned."""
    scene.start()
    for thread in threading.enumerate():
        if isinstance(thread, BaseObserver):
            thread.stop()
    scene.drop("meanwhile.txt")
    assert scene.is_queued("meanwhile.txt")
    scene.drop("later.txt")
    assert scene.is_queued("later.txt", "meanwhile.txt")
    assert scene.log.of("folder.paused", "reason") == ["its observer ended"]


def test_a_folder_that_goes_and_comes_back_is_watched_again(scene: Scene) -> None:
    """One warning when it goes, one message when it is back; what lies in it then is found."""
    intake = scene.start()
    assert intake.is_watching(str(scene.root))
    scene.root.rmdir()
    assert eventually(lambda: not intake.is_watching(str(scene.root)))
    (scene.outside / "new").mkdir()
    (scene.outside / "new/a.txt").write_bytes(b"words")
    (scene.outside / "new").rename(scene.root)
    assert scene.is_queued("a.txt")
    scene.drop("b.txt")
    assert scene.is_queued("a.txt", "b.txt")
    assert scene.log.of("folder.paused", "reason") == ["No such file or directory"]
    assert len(scene.log.of("folder.resumed", "folder")) == 1


def test_a_folder_replaced_by_another_is_watched_again(scene: Scene) -> None:
    """A rename puts another folder in its place without a moment in which there is none."""
    scene.start()
    (scene.outside / "new").mkdir()
    (scene.outside / "new").rename(scene.root)
    assert eventually(lambda: len(scene.log.of("folder.watching", "folder")) == 2)
    scene.drop("a.txt")
    assert scene.is_queued("a.txt")


def test_a_missing_folder_does_not_hinder_the_others(scene: Scene) -> None:
    """One is warned of once, the other works, and the first joins when it is made."""
    late = scene.outside / "late"
    folders = [WatchedFolder(late, settle_s=SETTLE_S), WatchedFolder(scene.root, settle_s=SETTLE_S)]
    intake = scene.start_all(folders, wait=False)
    scene.drop("a.txt")
    assert scene.is_queued("a.txt")
    assert not intake.wait_until_watching(0)
    late.mkdir()
    assert intake.wait_until_watching(10)
    (late / "b.txt").write_bytes(b"words")
    assert scene.is_queued("a.txt", "b.txt")
    assert scene.log.of("folder.paused", "folder") == [str(late)]


def test_a_fault_in_the_ledger_is_kept_for_the_main_loop(tmp_path: Path) -> None:
    """An intake that ended by a fault says which."""

    class FaultyLedger(MemoryLedger):
        def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
            raise RuntimeError("disk image is malformed")

    (tmp_path / "a.txt").touch()
    intake = Intake([WatchedFolder(tmp_path)], FaultyLedger(), Recorder())
    intake.start()
    assert eventually(lambda: intake.failure is not None)
    assert str(intake.failure) == "disk image is malformed"
    assert intake.stop()


def test_stopping_leaves_no_thread(scene: Scene) -> None:
    """Stop ends in time, before a start and twice over too."""
    before = set(threading.enumerate())
    intake = scene.start()
    assert time.monotonic() - intake.heartbeat < 5
    assert intake.stop()
    assert intake.stop()
    assert eventually(lambda: set(threading.enumerate()) <= before)
    assert Intake([], scene.ledger, scene.log).stop()
