"""What users and converters leave in folders of ours: trees deeper than Python recurses, pipes and sockets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core_scene import core_at
from crash_scene import configured
from deep_trees import DEPTH, MOST_S, depth_of, make_deep, make_special
from fakes import FakeConverter, RecordingLog
from markerd.cli.retry import retry
from markerd.convert.cleanup.resources import remove_temp_files
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterSpec
from markerd.errors import DocumentError
from markerd.files import durable, trees
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.mounts import count_folders
from markerd.intake.observer_choice import open_watch
from markerd.intake.scan import Found, walk
from markerd.pipeline import manifest, source_files
from markerd.pipeline.held_source import LEAVING
from markerd.pipeline.spool import Spool
from markerd.values import After
from permissions_of_others import as_nobody
from publishing import Publisher


def test_a_deep_tree_is_removed_with_few_descriptors(place: Path) -> None:
    """What its links name stays."""
    (place / "kept").write_text("x")
    (place / "tree").mkdir()
    make_deep(place / "tree")
    make_special(place / "tree")
    (place / "tree" / "d" / "kept").symlink_to(place / "kept")
    (place / "tree" / "d" / "folder-link").symlink_to(place)
    before = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []
    with durable.open_folder(place) as fd:
        trees.remove_tree("tree", fd)
    assert os.listdir(place) == ["kept"]
    assert len(os.listdir("/proc/self/fd") if before else []) == len(before)


def test_a_tree_that_grows_meanwhile_is_not_removed_for_ever(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came into a folder that was emptied stays, and is told."""
    (place / "tree" / "below").mkdir(parents=True)
    own = os.rmdir

    def growing(name: str, *, dir_fd: int | None = None) -> None:
        if name == "tree":
            (place / "tree" / "new").write_text("x")
        own(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", growing)
    with durable.open_folder(place) as fd, pytest.raises(OSError, match="not empty"):
        trees.remove_tree("tree", fd)
    monkeypatch.undo()
    assert os.listdir(place / "tree") == ["new"]


def test_leftovers_of_a_converter_are_removed_from_the_spool(place: Path) -> None:
    """At the start, and of a job that is discarded, or goes on with its parts."""
    spool = Spool(place / "spool", lambda: None)
    for name in ("1", "2", "3"):
        job = place / "spool" / name
        (job / "out").mkdir(parents=True)
        make_deep(job / "out")
        make_special(job / "out")
    (place / "spool" / "2" / "parts").mkdir()
    spool.discard("1")
    spool.clear(kept=["2"])
    assert os.listdir(place / "spool") == ["2"]
    assert os.listdir(place / "spool" / "2") == ["parts"]


def test_deep_trees_and_pipes_of_users_go_along(place: Path) -> None:
    """Where their document is published anew: whole, and nothing waits for the other end."""
    publisher = Publisher(place)
    folder = publisher.publish("a.pdf", "old")
    make_deep(folder)
    make_special(folder)
    assert publisher.publish("a.pdf", "new") == folder
    assert (folder / "a.md").read_text() == "new"
    assert depth_of(folder) == DEPTH
    assert (folder / "pipe").is_fifo()
    assert (folder / "socket").is_socket()
    assert os.listdir(publisher.output) == ["a"]


def test_pipe_in_the_place_of_a_file_of_ours_is_not_waited_for(place: Path) -> None:
    """Neither as the manifest, which makes the folder somebody else's, nor as an artifact, which is not there then."""
    publisher = Publisher(place)
    folder = publisher.publish("a.pdf", "text")
    (folder / "a.md").unlink()
    os.mkfifo(folder / "a.md")
    assert publisher.find("a.pdf", "text") is None
    (folder / manifest.FILE_NAME).unlink()
    os.mkfifo(folder / manifest.FILE_NAME)
    publisher.sweep("a.pdf")
    assert publisher.publish("a.pdf", "text") != folder
    assert (folder / "a.md").is_fifo()
    assert (folder / manifest.FILE_NAME).is_fifo()


# --- what a converter left ------------------------------------------------------------------------------------------


def make_locked(folder: Path) -> None:
    """Folders that bar even their owner, in each other and with files in them."""
    for mode in (0o000, 0o400, 0o500):
        locked = folder / f"{mode:o}" / "below"
        locked.mkdir(parents=True)
        (locked / "file").touch(mode=0o000)
        (locked / "empty").mkdir(mode=0o000)
        locked.chmod(mode)
        locked.parent.chmod(mode)


@pytest.mark.parametrize("remove", [trees.remove, remove_temp_files])
def test_folder_that_bars_its_owner_is_removed(place: Path, remove: Callable[[Path], None]) -> None:
    """By a daemon that is not root; a mode that a link names stays."""
    place.chmod(0o777)
    (place / "kept").touch(0o400)
    with as_nobody():
        (place / "tree").mkdir()
        make_locked(place / "tree")
        (place / "tree" / "link").symlink_to(place / "kept")
        remove(place / "tree")
    assert not (place / "tree").exists() or os.listdir(place / "tree") == []
    assert (place / "kept").stat().st_mode & 0o777 == 0o400


def test_a_converters_temporary_files_go_with_it(place: Path) -> None:
    """However deep they are, and whatever their modes."""
    settings = ProcessSettings(ConverterSpec(threads=1, confine="off"), 10.0, 1.0, place, 1 << 30)
    child = ChildProcess(settings, RecordingLog())
    (home,) = place.iterdir()
    make_deep(home / "tmp")
    make_locked(home / "tmp")
    child.kill()
    assert os.listdir(place) == []


# --- hot folders and dead letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("observer", ["native", "polling"])
def test_a_hot_folder_with_a_deep_tree_is_watched(place: Path, observer: str) -> None:
    """As deep as a path can name, and also what is moved into it; documents beside it are found."""
    (place / "hot").mkdir()
    (place / "other").mkdir()
    make_deep(place / "hot")
    make_deep(place / "other")
    (place / "hot" / "a.pdf").write_text("x")
    assert 1000 < count_folders(str(place / "hot"), is_recursive=True) < DEPTH
    assert "a.pdf" in {item.path for item in walk(str(place / "hot"), is_recursive=True) if isinstance(item, Found)}
    watch = open_watch(WatchedFolder(place / "hot", recursive=True, observer=observer)).watch
    try:
        (place / "other").rename(place / "hot" / "other")
        while "other/d" not in watch.take_hints():
            assert watch.is_alive
        assert watch.probe(timeout_s=MOST_S)
        assert watch.is_alive
    finally:
        watch.stop()


def test_sources_on_their_way_out_come_back_beside_a_deep_tree(place: Path) -> None:
    """The hot folder is looked through for them at the start."""
    make_deep(place)
    (place / "sub" / LEAVING).mkdir(parents=True)
    (place / "sub" / LEAVING / "a.pdf").write_text("x")
    source_files.bring_back(place, [])
    assert (place / "sub" / "a.pdf").read_text() == "x"


def test_dead_letters_beside_a_deep_tree_are_retried(place: Path) -> None:
    """Somebody unpacked something strange there."""
    refusal = DocumentError("not today", is_permanent=True)
    with core_at(place, converter=FakeConverter([refusal])) as core:
        core.drop("sub/a.pdf")
        core.finish_all()
    make_deep(place / "failed")
    assert retry(configured(place, After.ARCHIVE), None) == 0
    assert (place / "inbox" / "sub" / "a.pdf").exists()
    assert os.listdir(place / "failed" / "sub") == []
