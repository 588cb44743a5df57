"""What users and converters leave in folders of ours: trees deeper than Python recurses, pipes and sockets."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crash_scenes import configured
from crashing import MEMORY
from fakes import FakeConverter, RecordingLog, core_at
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

DEPTH = 3000
_MOST_S = 60


@pytest.fixture(autouse=True)
def _never_blocks() -> Iterator[None]:
    """Whoever waits for the other end of a pipe is interrupted."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {_MOST_S} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(_MOST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def place() -> Iterator[Path]:
    """Removed without recursion, as pytest's own folders are not; its name is short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="deep-", dir=MEMORY))
    yield path
    trees.remove(path)


def make_deep(folder: Path, depth: int = DEPTH) -> None:
    """Folders within each other, named `d`, the last with a file `end`."""
    fd = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=fd))
    os.close(fd)


def depth_of(folder: Path) -> int:
    """How many there are within each other down to the one with the file `end`."""
    fd, depth = os.open(folder, os.O_RDONLY), 0
    while "end" not in (names := os.listdir(fd)):
        assert "d" in names, f"the tree ends at {depth}"
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd, depth = below, depth + 1
    os.close(fd)
    return depth


def make_special(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))


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
        assert watch.probe(timeout_s=_MOST_S)
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


# --- looking through folders ----------------------------------------------------------------------------------------


def test_a_tree_is_walked_as_the_system_does(place: Path) -> None:
    """The same folders with the same files, links not followed."""
    for folder in ("a/b", "a/c", "d"):
        (place / folder).mkdir(parents=True)
        (place / folder / "file").touch()
    (place / "a" / "up").symlink_to(place)
    make_special(place / "d")
    there = {folder: set(names) for folder, names in trees.walk(str(place))}
    expected = {
        folder: {*files, *(name for name in folders if os.path.islink(os.path.join(folder, name)))}
        for folder, folders, files in os.walk(place)
    }
    assert there == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=4).map(tuple), min_size=1, max_size=12), st.randoms())
def test_a_descent_finds_each_folder(asked: list[tuple[str, ...]], chance: random.Random) -> None:
    """In whatever order; where folders are moved elsewhere meanwhile, never one that had another place."""
    with tempfile.TemporaryDirectory() as root:
        for parts in asked:
            Path(root, *parts).mkdir(parents=True, exist_ok=True)
        had = {_place_and_inode(root, folder) for folder, _ in trees.walk(root)}
        with durable.open_folder(Path(root)) as fd, durable.Descent(fd) as descent:
            for parts in asked:
                if chance.random() < 0.2:
                    _move_something(Path(root), chance)
                    had |= {_place_and_inode(root, folder) for folder, _ in trees.walk(root)}
                try:
                    found = os.fstat(descent.open_at(parts)).st_ino
                except FileNotFoundError:
                    assert not Path(root, *parts).exists()
                else:
                    assert (Path(*parts), found) in had


def _place_and_inode(root: str, folder: str) -> tuple[Path, int]:
    return Path(folder).relative_to(root), Path(folder).stat().st_ino


def _move_something(root: Path, chance: random.Random) -> None:
    folders = [Path(folder) for folder, _ in trees.walk(str(root))]
    moved, target = chance.choice(folders), chance.choice(folders)
    if moved not in (target, *target.parents):
        names = (f"moved-{number}" for number in itertools.count())
        moved.rename(next(target / name for name in names if not (target / name).exists()))


def test_notes_in_a_deep_tree_go_along_quickly(place: Path) -> None:
    """A step for each folder and note, from where the one before was: not from the top each time."""
    publisher = Publisher(place)
    folder = publisher.publish("a.pdf", "old")
    depth = 400
    make_deep(folder, depth)
    for level in range(depth):
        (folder.joinpath(*["d"] * level) / "note").write_text(str(level))
    opened = _count_opened(lambda: publisher.publish("a.pdf", "new"))
    assert [(folder.joinpath(*["d"] * level) / "note").read_text() for level in range(depth)] == list(
        map(str, range(depth))
    )
    assert opened < 30 * depth


def _count_opened(work: Callable[[], object]) -> int:
    count = 0

    def count_opening(_frame: FrameType, event: str, function: object) -> None:
        nonlocal count
        count += event == "c_call" and function is os.open

    sys.setprofile(count_opening)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
