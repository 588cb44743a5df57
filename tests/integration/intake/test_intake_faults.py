"""Intake as a whole: what goes wrong with folders, events and observers, and how it is made good."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from intake_scene import SETTLE_S, MemoryLedger, Recorder, Scene, eventually
from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import WatchedFolder
from markerd.values import Fingerprint
from needs import missing

TESTS = Path(__file__).resolve().parents[2] / "support"


def test_file_that_goes_before_it_settled_is_reported(scene: Scene) -> None:
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


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_too_few_watches_for_the_folders_below(tmp_path: Path) -> None:
    """The kernel's own limit: the folder is polled, the log says why, and what comes into the last one is found."""
    outcomes = {}
    for watches in (5, 500):
        root = tmp_path / str(watches)
        root.mkdir()
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", sys.executable, "-m", "few_watches", str(root), str(watches)],
            capture_output=True,
            text=True,
            cwd=TESTS,
            timeout=60,
            check=False,
        )
        if "unshare failed" in done.stderr:
            missing(f"no user namespace: {done.stderr}")
        assert done.returncode == 0, done.stderr
        outcomes[watches] = json.loads(done.stdout)
    assert [outcome["queued"] for outcome in outcomes.values()] == [["11/late.txt"]] * 2
    assert outcomes[500]["observer"] == ["native"]
    assert outcomes[5]["observer"] == ["polling"]
    assert "raise fs.inotify.max_user_watches" in outcomes[5]["reason"][0]


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
