"""What users and converters leave in folders of ours: trees deeper than Python recurses, pipes and sockets."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from markerd import durable, manifest, publish, trees
from markerd.staging import Spool
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
    path = Path(tempfile.mkdtemp(prefix="deep-"))
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


def test_what_a_converter_left_in_the_spool_is_removed(place: Path) -> None:
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


def test_users_deep_trees_and_pipes_go_along(place: Path) -> None:
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
    publish.sweep(publisher.output, "a.pdf")
    assert publisher.publish("a.pdf", "text") != folder
    assert (folder / "a.md").is_fifo()
    assert (folder / manifest.FILE_NAME).is_fifo()
