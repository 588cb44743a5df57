"""Intake as a whole: how files arrive, settle and are offered."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intake_scene import Scene, eventually
from markerd.intake.settle import ExtraWaits

HOLD_OPEN = "import sys; file = open(sys.argv[1], 'r+b'); print('open', flush=True); sys.stdin.read()"


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


def test_files_of_before_the_start_are_queued_oldest_first(scene: Scene) -> None:
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


def test_files_with_odd_names_are_queued(scene: Scene) -> None:
    """Newlines and bytes that are no UTF-8 reach the ledger as they are, and the log escaped."""
    scene.start()
    names = ["a\nb.txt", os.fsdecode(b"caf\xe9.txt"), "quote'\" 😀.txt", "x" * 200 + ".txt"]
    for name in names:
        scene.drop(name)
    assert scene.is_queued(*names)
    assert {"a\\x0ab.txt", "caf\\xe9.txt"} <= set(scene.log.of("document.seen", "document"))


def test_include_and_exclude_choose_files(scene: Scene) -> None:
    """Only what include lets in and exclude does not is seen, in a backlog and later."""
    scene.drop("1.pdf", b"%PDF-%%EOF")
    scene.drop("1.doc")
    scene.start(include=("*.PDF", "*.txt"), exclude=("draft*",))
    for name in ("2.txt", "2.doc", "draft.txt", ".hidden.txt"):
        scene.drop(name)
    assert scene.is_queued("1.pdf", "2.txt")


@pytest.mark.parametrize("observer", ["auto", "polling"])
def test_bins_and_half_uploads_are_left_alone(scene: Scene, observer: str) -> None:
    """In a backlog and later, in folders too; and what the configuration adds."""
    litter = ("#recycle/1.txt", "sub/@eaDir/1.txt", "1.txt.filepart", "Icon\r", "old/1.txt", "1.mine")
    for folder in {Path(name).parent for name in litter}:
        (scene.root / folder).mkdir(parents=True, exist_ok=True)
    for name in litter:
        scene.drop(name)
    scene.drop("1.txt")
    scene.start(observer=observer, ignore=("OLD/", "*.mine"))
    for name in litter:
        scene.drop(name.replace("1", "2"))
    scene.drop("sub/2.txt")
    assert scene.is_queued("1.txt", "sub/2.txt")
    assert set(scene.log.of("document.seen", "document")) == {"1.txt", "sub/2.txt"}
    assert scene.log.of("document.refused", "document") == []


def test_polling_notices_every_way_into_the_folder(scene: Scene) -> None:
    """Without native events files are noticed all the same."""
    scene.start(observer="polling")
    scene.drop("a.txt")
    (scene.root / "new").mkdir()
    scene.drop("new/b.txt")
    assert scene.is_queued("a.txt", "new/b.txt")


def test_entry_that_is_no_file_is_refused_once(scene: Scene) -> None:
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
    assert [(status.settling, status.ready) for status in intake.statuses] == [(0, 3)]
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


def test_an_empty_file_is_a_placeholder(scene: Scene) -> None:
    """It is said at once to wait, keeps nothing else from the queue, and is taken when it has its bytes."""
    intake = scene.start()
    placeholder = scene.drop("download.pdf", b"")
    assert eventually(lambda: scene.log.of("document.waiting", "reason") == ["it is empty"])
    assert not intake.is_idle()
    assert scene.ledger.queued == []
    scene.drop("other.txt")
    assert scene.is_queued("other.txt")
    placeholder.write_bytes(b"%PDF-1.4 startxref %%EOF")
    assert scene.is_queued("other.txt", "download.pdf")


def test_a_placeholder_that_is_never_filled_is_queued(scene: Scene) -> None:
    """The converter says what it lacks."""
    scene.start(extra_waits=ExtraWaits(empty_s=0.5))
    scene.drop("download.pdf", b"")
    assert scene.is_queued("download.pdf")
