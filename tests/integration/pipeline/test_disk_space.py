"""Disks that are full, or away, under a real output, archive, failed folder and spool."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from core_scene import Core, core_at, files_below
from disks import disk_at
from fakes import FakeConverter
from markerd.errors import DocumentError, UnavailableError
from markerd.pipeline import disk_space
from markerd.pipeline.disk_space import Anchor
from markerd.values import State

LATER = float("inf")
BIG = b"%PDF-1.4 " + b"x" * 200_000


def look_for_room(core: Core) -> None:
    """As the loop does, after all waits."""
    core.processor.look_for_room(LATER)
    core.finish_all()


def is_paused(core: Core) -> bool:
    return bool(core.processor.storage.paused)


def test_a_full_output_pauses_the_folder_and_counts_nothing(tmp_path: Path) -> None:
    """Said once; the documents wait in line, the second is not even converted; with room all are published."""
    with disk_at(tmp_path / "outbox") as disk, core_at(tmp_path) as core:
        disk.fill()
        for name in ("a.pdf", "b.pdf"):
            core.drop(name, BIG)
        core.finish_all()
        assert core.converter.documents == 1
        assert [(core.find(name).state, core.find(name).attempts) for name in ("a.pdf", "b.pdf")] == [
            (State.QUEUED, 0),
            (State.QUEUED, 0),
        ]
        look_for_room(core)
        (event,) = core.log.find("folder.paused")
        assert "No space left" in event["reason"]
        disk.free()
        look_for_room(core)
        assert len(core.log.find("folder.paused")) == len(core.log.find("folder.resumed")) == 1
        assert [event["document"] for event in core.log.find("document.published")] == ["a.pdf", "b.pdf"]
        assert {event["attempt"] for event in core.log.find("document.published")} == {1}
        assert core.log.find("document.failed") == []


def test_document_waits_until_its_size_fits(tmp_path: Path) -> None:
    """A little room is none: it would only be converted in vain again."""
    with disk_at(tmp_path / "outbox") as disk, core_at(tmp_path, max_file_bytes=1 << 24) as core:
        disk.fill()
        core.drop("a.pdf", BIG * 20)
        core.finish_all()
        disk.fill(but=6 << 20)
        look_for_room(core)
        assert is_paused(core)
        assert core.converter.documents == 1


def test_an_output_that_is_unmounted_is_not_written_to(tmp_path: Path) -> None:
    """Nothing is put below its bare mount point; mounted again, whatever its number, all goes on."""
    with disk_at(tmp_path / "outbox") as disk, core_at(tmp_path) as core:
        core.drop("a.pdf")
        disk.unmount()
        core.finish_all()
        assert f"{disk.place} is not mounted" in core.log.find("folder.paused")[0]["reason"]
        look_for_room(core)
        assert is_paused(core)
        assert os.listdir(disk.place) == []
        assert core.find("a.pdf").attempts == core.converter.documents == 0
        with disk_at(tmp_path / "elsewhere"):  # takes the device number that was freed
            disk.mount()
            look_for_room(core)
        assert (disk.place / "a" / "a.md").exists()


def test_an_output_below_what_is_unmounted_is_not_made_anew(tmp_path: Path) -> None:
    """The folder is missing on the bare mount point: it is not created there."""
    with disk_at(tmp_path / "disk") as disk:
        (disk.place / "out").mkdir()
        (tmp_path / "outbox").symlink_to(disk.place / "out")
        with core_at(tmp_path) as core:
            core.drop("a.pdf")
            disk.unmount()
            core.finish_all()
            assert is_paused(core)
            assert os.listdir(disk.place) == []


def test_output_removed_during_conversion_pauses_the_folder(tmp_path: Path) -> None:
    """The attempt does not count either."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        core.converter.before_result = lambda: shutil.rmtree(tmp_path / "outbox")
        core.finish_all()
        assert (core.find("a.pdf").state, core.find("a.pdf").attempts) == (State.QUEUED, 0)
        assert core.log.find("folder.paused")[0]["reason"].endswith("outbox is gone")
        core.converter.before_result = lambda: None
        (tmp_path / "outbox").mkdir()
        look_for_room(core)
        assert (tmp_path / "outbox" / "a" / "a.md").exists()


def test_another_disk_over_the_output_is_refused(tmp_path: Path) -> None:
    """Readers look at what lies below it, or will do so again."""
    with core_at(tmp_path) as core, disk_at(tmp_path / "outbox") as disk:
        core.drop("a.pdf")
        core.finish_all()
        assert f"something else is mounted at {disk.place}" in core.log.find("folder.paused")[0]["reason"]
        assert os.listdir(disk.place) == []


@pytest.mark.parametrize(("place", "content"), [("done", BIG), ("failed", b"no pdf" + BIG)])
def test_a_full_archive_pauses_the_folder(tmp_path: Path, place: str, content: bytes) -> None:
    """What is published is published, its source stays; nothing more is converted until it can be moved."""
    with disk_at(tmp_path / place) as disk, core_at(tmp_path) as core:
        disk.fill()
        source = core.drop("a.pdf", content)
        core.finish_all()
        assert source.exists()
        assert is_paused(core)
        core.drop("b.pdf")
        core.finish_all()
        assert core.converter.documents == 1
        assert len(core.log.find("source.kept")) == len(core.log.find("folder.paused")) == 1
        disk.free()
        look_for_room(core)
        assert (disk.place / "a.pdf").read_bytes() == content
        assert not source.exists()
        assert core.find("b.pdf").state is State.PUBLISHED
        assert core.converter.documents == 2


def test_an_archive_that_is_unmounted_is_not_written_to(tmp_path: Path) -> None:
    """The source stays where it is."""
    with disk_at(tmp_path / "done") as disk, core_at(tmp_path) as core:
        source = core.drop("a.pdf")
        disk.unmount()
        core.finish_all()
        assert os.listdir(disk.place) == []
        assert source.exists()
        disk.mount()
        look_for_room(core)
        assert (disk.place / "a.pdf").exists()


def test_a_full_spool_pauses_every_folder(tmp_path: Path) -> None:
    """Whichever folder met it first."""
    with disk_at(tmp_path / "state" / "spool") as disk, core_at(tmp_path) as core:
        core.plans["/another"] = core.plan
        disk.fill()
        core.drop("a.pdf", BIG)
        core.finish_all()
        assert set(core.processor.storage.paused) == {str(core.inbox), "/another"}
        assert (core.find("a.pdf").state, core.find("a.pdf").attempts) == (State.QUEUED, 0)
        disk.free()
        look_for_room(core)
        assert core.processor.storage.paused == {}
        assert core.find("a.pdf").state is State.PUBLISHED


def test_a_document_too_big_for_the_spool_costs_itself_only(tmp_path: Path) -> None:
    """The disk has room as soon as it is gone: its attempts count, nobody waits for it."""
    with disk_at(tmp_path / "state" / "spool"), core_at(tmp_path, max_file_bytes=1 << 30) as core:
        core.drop("a.pdf", b"%PDF-1.4" + b"x" * (20 << 20))
        core.drop("b.pdf")
        core.finish_all()
        assert core.find("b.pdf").state is State.PUBLISHED
        dead = core.find("a.pdf")
        assert (dead.state, dead.kind, dead.attempts) == (State.DEAD, "disk_full", 3)
        assert core.log.find("folder.paused") == []


def test_a_converter_that_finds_the_spool_full_costs_no_attempt(tmp_path: Path) -> None:
    """It says so itself."""
    failures: list[Exception] = [DocumentError("no room in the spool", kind="disk_full")]
    with (
        disk_at(tmp_path / "state" / "spool") as disk,
        core_at(tmp_path, converter=FakeConverter(failures)) as core,
    ):
        core.drop("a.pdf")
        core.converter.before_result = disk.fill
        core.finish_all()
        assert (core.find("a.pdf").state, core.find("a.pdf").attempts) == (State.QUEUED, 0)
        core.converter.before_result = lambda: None
        disk.free()
        look_for_room(core)
        assert core.find("a.pdf").state is State.PUBLISHED


def test_waiting_documents_survive_a_restart(tmp_path: Path) -> None:
    """The journal has it."""
    with disk_at(tmp_path / "outbox") as disk:
        disk.fill()
        with core_at(tmp_path) as core:
            core.drop("a.pdf", BIG)
            core.finish_all()
            with pytest.raises(UnavailableError, match="1 document waits: no room in"):
                core.processor.storage.demand_room()
        disk.free()
        with core_at(tmp_path) as core:
            core.restart()
            assert core.journal.reader.count_documents() == {"published": 1, "skipped": 0, "dead": 0, "waiting": 0}


def test_the_waits_grow_until_a_document_gets_through(tmp_path: Path) -> None:
    """From two seconds to a minute; a disk that fills again at once is not probed all the time."""
    with disk_at(tmp_path / "outbox") as disk, core_at(tmp_path) as core:
        disk.fill()
        core.drop("a.pdf", BIG)
        core.finish_all()
        held, waits = core.processor.storage, list[float]()
        for now in (time.monotonic() + 1000.0 * number for number in range(1, 8)):
            assert held.resume(now) == {}
            (pause,) = held._pauses.values()
            waits.append(round(pause.probe_at - now, 3))
        assert waits == [4, 8, 16, 32, 60, 60, 60]
        disk.free()
        look_for_room(core)
        assert held._delays_s == {}


def test_anchor_of_a_missing_folder_is_that_of_its_parent(tmp_path: Path) -> None:
    """One that is missing is where it would be made."""
    assert Anchor.of(tmp_path / "no" / "such") == Anchor.of(tmp_path)
    with disk_at(tmp_path / "disk") as disk:
        assert Anchor.of(disk.place / "folder").mount_point == disk.place
        assert Anchor.of(disk.place).device != Anchor.of(tmp_path).device


def test_a_probe_leaves_nothing(tmp_path: Path) -> None:
    """Not even its room."""
    disk_space._try_to_write(tmp_path, (5 << 20) + 3)
    assert files_below(tmp_path) == set()


def test_neighbour_that_fills_the_spool_is_not_held_against_a_document(tmp_path: Path) -> None:
    """Where another one is in work beside it, the document waits, uncounted, however much room there is at once."""
    failures: list[Exception] = [DocumentError("no room", kind="disk_full"), DocumentError("no room", kind="disk_full")]
    with core_at(tmp_path, converter=FakeConverter(failures), workers=2) as core:
        core.drop("a.pdf", b"%PDF-1.4 a")
        core.drop("b.pdf", b"%PDF-1.4 b")
        core.finish_all()
        assert core.find("b.pdf").attempts == 0
        assert [event["document"] for event in core.log.find("document.put_back")] == ["b.pdf"]
        for _ in range(5):
            core.processor.look_for_room(float("inf"))
            core.finish_all()
        assert core.journal.reader.count_documents()["published"] == 2
        assert core.log.find("document.dead") == []
