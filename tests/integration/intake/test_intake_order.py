"""Done markers and the order of files, with a real intake."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core_scene import core_at, files_below
from intake_scene import Scene, eventually
from markerd.intake.interfaces import WatchedFolder
from markerd.values import After, Order, State

_MARKER = "{name}.done"
_LONG_S = 60.0


def test_document_waits_for_its_marker(scene: Scene) -> None:
    """However long it lies still; the marker itself is no document, and lets it pass at once."""
    intake = scene.start(marker=_MARKER, settle_s=0.1)
    scene.drop("a.txt")
    assert eventually(lambda: scene.log.of("document.seen", "document") == ["a.txt"])
    assert eventually(intake.is_idle)
    assert scene.ledger.queued == []
    scene.drop("a.txt.done", b"")
    assert scene.is_queued("a.txt")
    assert scene.ledger.seen_paths == ["a.txt"]


def test_marker_that_comes_after_the_document_vouches_for_it(scene: Scene) -> None:
    """It need not lie still; with a marker that was there before, it must."""
    scene.drop("late.txt")
    scene.drop("late.txt.done", b"")
    scene.drop("early.txt.done", b"")
    intake = scene.start(marker=_MARKER, settle_s=_LONG_S)
    scene.drop("early.txt")
    assert eventually(lambda: scene.ledger.queued == ["late.txt"], timeout_s=5.0)  # long before settle_s
    assert eventually(lambda: sorted(scene.ledger.seen_paths) == ["early.txt", "late.txt"])
    assert not intake.is_idle()


def test_document_that_grows_after_its_marker_waits(scene: Scene) -> None:
    """The marker speaks of what was there when it came."""
    document = scene.drop("a.txt")
    scene.drop("a.txt.done", b"")
    with document.open("ab") as file:
        file.write(b"more")
    scene.start(marker=_MARKER, settle_s=_LONG_S)
    assert eventually(lambda: scene.ledger.seen_paths == ["a.txt"])
    assert scene.ledger.queued == []


def test_link_is_no_marker(scene: Scene) -> None:
    """Nor is a folder: what is consumed must be a file."""
    (scene.root / "a.txt.done").symlink_to(scene.drop("other.bin"))
    (scene.root / "b.txt.done").mkdir()
    scene.drop("a.txt")
    scene.drop("b.txt")
    scene.drop("c.txt")
    scene.drop("c.txt.done")
    scene.start(marker=_MARKER, settle_s=0.1, exclude=("*.bin",))
    assert scene.is_queued("c.txt")


@pytest.mark.parametrize(
    ("order", "expected"), [(Order.NEWEST, "cba"), (Order.SMALLEST, "bca"), (Order.NAME, "abc"), (Order.OLDEST, "abc")]
)
def test_waiting_files_are_queued_in_order(scene: Scene, order: Order, expected: str) -> None:
    """All that settled while the queue was full."""
    scene.ledger.room = 0
    for age, (name, size) in enumerate({"a": 30, "b": 10, "c": 20}.items()):
        path = scene.drop(f"{name}.txt", b"x" * size)
        os.utime(path, (age, age))
    intake = scene.start(order=order, settle_s=0.1)
    assert eventually(lambda: intake.statuses[0].ready == 3)
    scene.ledger.room = 3
    assert eventually(lambda: len(scene.ledger.queued) == 3)
    assert "".join(name[0] for name in scene.ledger.queued) == expected


def test_folders_take_turns(scene: Scene) -> None:
    """A folder with many small files does not keep the others waiting."""
    second = scene.outside / "second"
    second.mkdir()
    scene.ledger.room = 0
    for number in range(6):
        scene.drop(f"s{number}.txt", b"x")
        (second / f"n{number}.txt").write_bytes(b"x" * 100)
    folders = [
        WatchedFolder(scene.root, settle_s=0.1, order=Order.SMALLEST),
        WatchedFolder(second, settle_s=0.1, order=Order.NAME),
    ]
    intake = scene.start_all(folders)
    assert eventually(lambda: [status.ready for status in intake.statuses] == [6, 6])
    scene.ledger.room = 12
    assert eventually(lambda: len(scene.ledger.queued) == 12)
    firsts = [name[0] for name in scene.ledger.queued]
    assert all({firsts[at], firsts[at + 1]} == {"n", "s"} for at in range(0, 12, 2))


@pytest.mark.parametrize("after", After)
def test_marker_goes_with_its_document(tmp_path: Path, after: After) -> None:
    """Whatever becomes of the source; never that of another."""
    with core_at(tmp_path, after=after) as core:
        core.plan = core.plans[str(core.inbox)] = replace(core.plan, marker=_MARKER)
        for name in ("a.pdf", "sub/b.pdf", "other.pdf"):
            (core.inbox / name).parent.mkdir(exist_ok=True)
            (core.inbox / f"{name}.done").touch()
        core.drop("a.pdf")
        core.drop("sub/b.pdf", b"%PDF-1.4 two")
        core.finish_all()
        left = {name for name in files_below(core.inbox) if name.endswith(".done")}
        assert left == {"other.pdf.done"}
        assert core.find("a.pdf").state is State.PUBLISHED
        assert not core.find("a.pdf").policy_pending
