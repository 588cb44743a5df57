"""What is complete at once, and what has to lie still first, although the kernel says that nobody has it open.

`settle_s` is so long here that a file which waits for it would fail a test that expects it, and the other way round.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from intake_scene import NEVER_S, Scene, eventually
from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import WatchedFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read leases are Linux's")

LONG_S = 120.0
PDF = b"%PDF-1.7\n" + b"0 0 obj\n" * 100 + b"startxref\n9\n%%EOF\n"
HALF_PDF = PDF[:400]
HOLD_MAPPED = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0)
print("mapped", flush=True)
sys.stdin.read()
mapped[0:1] = b"W"
"""


def rename_in(scene: Scene, name: str, content: bytes = b"words") -> Path:
    outside = scene.outside / f"{name}.outside"
    outside.write_bytes(content)
    return outside.rename(scene.root / name)


def settles(scene: Scene) -> bool:
    """Whether all that was seen was looked at and waits."""
    return bool(scene.intakes[-1].statuses[0].settling) and not scene.ledger.queued


@pytest.mark.parametrize("content", [PDF, b"words"])
def test_renamed_file_is_complete(scene: Scene, content: bytes) -> None:
    """A program hands over by a rename what it has finished, in a format with an end mark or without one."""
    scene.start(settle_s=LONG_S)
    rename_in(scene, "a", content)
    assert scene.is_queued("a")


def test_file_that_was_closed_with_its_end_is_complete(scene: Scene) -> None:
    """A PDF that is written in place waits for nothing once it is closed."""
    scene.start(settle_s=LONG_S)
    scene.drop("a.pdf", PDF)
    assert scene.is_queued("a.pdf")


@pytest.mark.parametrize("content", [b"words", HALF_PDF, PDF + b"more"])
def test_closed_file_without_a_final_end_waits(scene: Scene, content: bytes) -> None:
    """Its writer may open it again."""
    scene.start(settle_s=LONG_S)
    scene.drop("waits", content)
    assert eventually(lambda: settles(scene))
    rename_in(scene, "other")
    assert scene.is_queued("other")


def test_renamed_file_without_its_end_waits(scene: Scene) -> None:
    """A copy that broke off is renamed by some programs all the same."""
    scene.start(settle_s=LONG_S)
    rename_in(scene, "half.pdf", HALF_PDF)
    assert eventually(lambda: settles(scene))
    rename_in(scene, "other")
    assert scene.is_queued("other")


def test_archive_that_is_opened_again_to_add_to_it_is_offered_once(scene: Scene) -> None:
    """It has its end each time that it is closed, and is whole only after the last time."""
    scene.start(settle_s=1.0)
    for number in range(6):
        with zipfile.ZipFile(scene.root / "a.docx", "a") as archive:
            archive.writestr(f"{number}.xml", "words")
        time.sleep(0.3)
    size = (scene.root / "a.docx").stat().st_size
    assert scene.is_queued("a.docx")
    assert scene.ledger.sizes == [size]


def test_renamed_file_that_its_writer_still_has_open_waits(scene: Scene) -> None:
    """The rename comes before the last write."""
    scene.start()
    outside = scene.outside / "outside"
    with outside.open("wb") as file:
        file.write(b"half ")
        file.flush()
        outside.rename(scene.root / "a.txt")
        rename_in(scene, "other.txt")
        assert scene.is_queued("other.txt")
        file.write(b"whole")
    assert scene.is_queued("other.txt", "a.txt")
    assert scene.ledger.sizes[-1] == 10


def test_file_that_is_mapped_for_writing_waits(scene: Scene) -> None:
    """The descriptor is closed, the mapping is not: what is written through it changes no size."""
    outside = scene.outside / "outside"
    outside.write_bytes(b"words" * mmap.PAGESIZE)
    command = [sys.executable, "-c", HOLD_MAPPED, str(outside)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdin
        writer.stdout.readline()
        scene.start()
        outside.rename(scene.root / "a.txt")
        rename_in(scene, "other.txt")
        assert scene.is_queued("other.txt")
        assert scene.ledger.queued == ["other.txt"]
        writer.stdin.close()
    assert scene.is_queued("other.txt", "a.txt")
    assert (scene.root / "a.txt").read_bytes().startswith(b"W")


def test_hard_link_to_a_file_that_was_just_written_waits(scene: Scene) -> None:
    """It may be linked before it is finished."""
    scene.start(settle_s=LONG_S)
    (scene.outside / "a").write_bytes(b"words")
    (scene.root / "a").hardlink_to(scene.outside / "a")
    assert eventually(lambda: settles(scene))


@pytest.mark.parametrize("way", ["backlog", "folder that is moved in"])
def test_file_whose_last_change_is_long_past_is_complete(scene: Scene, way: str) -> None:
    """The kernel has noted no change for `settle_s`: nobody has to watch the file for as long again."""
    folder = scene.outside / "folder"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"words")
    changed_s = (folder / "a.txt").stat().st_ctime
    assert eventually(lambda: time.time() - changed_s > 2.0)
    if way == "backlog":
        scene.root.rmdir()
        folder.rename(scene.root)
        scene.start(settle_s=2.0)
    else:
        scene.start(settle_s=2.0)
        folder.rename(scene.root / "folder")
    began_s = time.monotonic()
    assert eventually(lambda: len(scene.ledger.queued) == 1)
    assert time.monotonic() - began_s < 1.9


def test_time_that_a_program_set_back_does_not_count(scene: Scene) -> None:
    """`cp -p` and `rsync -t` set the time of the last write, and cannot set that of the last change."""
    os.utime(scene.drop("a.txt"), (1, 1))
    scene.start(settle_s=LONG_S)
    assert eventually(lambda: settles(scene))


def test_network_file_system_gives_no_word(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no lease can be had, a rename waits as everything does."""
    monkeypatch.setattr("markerd.intake.folder_watch.is_network", lambda folder: True)
    scene.start(settle_s=LONG_S, observer="native")
    rename_in(scene, "a.pdf", PDF)
    assert eventually(lambda: settles(scene))


def test_arrival_does_not_wait_for_a_file_that_left(scene: Scene) -> None:
    """watchdog holds all events behind that of a file which leaves its place, as each archived source does."""
    scene.start(settle_s=LONG_S)
    delays = []
    for number in range(10):
        rename_in(scene, f"{number}")
        assert eventually(lambda: len(scene.ledger.queued) == 1)
        (scene.root / scene.ledger.queued.pop()).rename(scene.outside / f"left {number}")
        began_s = time.monotonic()
        rename_in(scene, f"next {number}")
        assert eventually(lambda: len(scene.ledger.queued) == 1)
        delays.append(time.monotonic() - began_s)
        scene.ledger.queued.clear()
    assert sorted(delays)[len(delays) // 2] < 0.4


def test_intake_rests_while_nothing_happens(scene: Scene) -> None:
    """It shows life at its interval, and an arrival wakes it in between."""
    intake = Intake([WatchedFolder(scene.root, settle_s=LONG_S)], scene.ledger, scene.log, reconcile_s=NEVER_S)
    scene.intakes.append(intake)
    intake.start()
    assert intake.wait_until_watching(10)
    beats = [intake.heartbeat]
    until_s = time.monotonic() + 3.0
    while time.monotonic() < until_s:
        if intake.heartbeat != beats[-1]:
            beats.append(intake.heartbeat)
    assert len(beats) <= 20  # several for each look: the folders are looked at one by one
    rename_in(scene, "a")
    assert scene.is_queued("a")
