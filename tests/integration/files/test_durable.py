"""File operations on a real file system."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core_scene import files_below
from markerd.files import durable, moves, trees


@contextmanager
def descriptor(folder: Path) -> Iterator[int]:
    with durable.open_folder(folder) as fd:
        yield fd


@pytest.fixture(params=["renameat2", "without renameat2"])
def _either_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the kernel's own exchange and no-replace, and on a file system that has neither."""
    if request.param == "without renameat2":

        def refused(*_: object) -> None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

        monkeypatch.setattr(durable, "_rename_with_flags", refused)


@pytest.fixture
def other_file_system(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than `tmp_path`."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir=shared_memory, prefix="markerd-test-") as folder:
        yield Path(folder)


# --- opening -------------------------------------------------------------------------------------------------------


def test_missing_folders_are_made(tmp_path: Path) -> None:
    """All of them, the root too."""
    with durable.open_folder(tmp_path / "root", "a", "b"):
        pass
    assert (tmp_path / "root" / "a" / "b").is_dir()


def test_folders_are_made_only_when_asked(tmp_path: Path) -> None:
    """create=False finds a folder or raises."""
    with pytest.raises(FileNotFoundError), durable.open_folder(tmp_path, "a", create=False):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parts", [("link",), ("link", "below"), ("a", "link")])
def test_a_symbolic_link_on_the_way_is_refused(tmp_path: Path, parts: tuple[str, ...]) -> None:
    """Else whoever may write into an output folder could write anywhere."""
    outside, root = tmp_path / "outside", tmp_path / "root"
    for folder in (outside, root / "a"):
        folder.mkdir(parents=True)
    (root / "link").symlink_to(outside)
    (root / "a" / "link").symlink_to(outside)
    with pytest.raises(OSError, match=r"(?i)not a directory|symbolic links"), durable.open_folder(root, *parts):
        pass
    assert list(outside.iterdir()) == []


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    """The administrator put it there."""
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to("real")
    with durable.open_folder(tmp_path / "root", "a"):
        pass
    assert (tmp_path / "real" / "a").is_dir()


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    """Neither after success nor after a refusal."""
    (tmp_path / "file").write_text("")
    before = len(os.listdir("/dev/fd"))
    for parts in (("a", "b"), ("a", "..", "file"), ("file",)):
        try:
            with durable.open_folder(tmp_path, *parts):
                pass
        except OSError:
            pass
    assert len(os.listdir("/dev/fd")) == before


# --- writing -------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """The new content under the old name, and nothing beside it."""
    for content in (b"one", b"two"):
        durable.write_file(tmp_path, "name", content)
        assert (tmp_path / "name").read_bytes() == content
    assert files_below(tmp_path) == {"name"}


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no temporary file."""
    durable.write_file(tmp_path, "name", b"old")

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(durable, "sync", full)
    with pytest.raises(OSError, match="disk full"):
        durable.write_file(tmp_path, "name", b"new")
    assert (tmp_path / "name").read_bytes() == b"old"
    assert files_below(tmp_path) == {"name"}


# --- renaming ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_either_kernel")
def test_two_folders_change_places(tmp_path: Path) -> None:
    """Each under the other's name, nothing beside them."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "was").write_text(name)
    with descriptor(tmp_path) as fd:
        durable.exchange("a", "b", fd)
    assert (tmp_path / "a" / "was").read_text() == "b"
    assert (tmp_path / "b" / "was").read_text() == "a"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


@pytest.mark.usefixtures("_either_kernel")
@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "full folder"])
def test_existing_entry_is_never_renamed_over(tmp_path: Path, kind: str) -> None:
    """A file finds its name taken, whatever takes it."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_text("new")
    if kind == "file":
        target.write_text("old")
    elif kind == "full folder":
        (target / "below").mkdir(parents=True)
    else:
        target.symlink_to("source" if kind == "link" else "nowhere")
    with descriptor(tmp_path) as fd, pytest.raises(FileExistsError):
        durable.rename_to_free_name("source", fd, "target", fd)
    assert source.read_text() == "new"
    assert target.is_symlink() or target.is_dir() or target.read_text() == "old"


@pytest.mark.usefixtures("_either_kernel")
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_free_name_is_taken(tmp_path: Path, is_folder: bool) -> None:
    """Files and folders alike."""
    source = tmp_path / "source"
    if is_folder:
        source.mkdir()
    else:
        source.write_text("x")
    with descriptor(tmp_path) as fd:
        durable.rename_to_free_name("source", fd, "target", fd)
    assert os.listdir(tmp_path) == ["target"]


@pytest.mark.usefixtures("_either_kernel")
def test_moves_number_the_names(tmp_path: Path) -> None:
    """Three files of one name end side by side."""
    (tmp_path / "sub").mkdir()
    for content in ("1", "2", "3"):
        (tmp_path / "sub" / "a.pdf").write_text(content)
        moves.move_to_free_name(tmp_path, tmp_path / "done", "sub", name="a.pdf")
    done = tmp_path / "done" / "sub"
    assert {file.name: file.read_text() for file in done.iterdir()} == {"a.pdf": "1", "a-2.pdf": "2", "a-3.pdf": "3"}


# --- across file systems -------------------------------------------------------------------------------------------


def test_a_move_to_another_file_system_copies(tmp_path: Path, other_file_system: Path) -> None:
    """Content, time and mode arrive; the source is gone; nothing is left beside it."""
    source = tmp_path / "a.pdf"
    source.write_bytes(b"content")
    source.chmod(0o640)
    os.utime(source, ns=(1_000_000_001, 2_000_000_003))
    assert moves.move_to_free_name(tmp_path, other_file_system / "done", name="a.pdf") == "a.pdf"
    target = other_file_system / "done" / "a.pdf"
    stat = target.stat()
    assert (target.read_bytes(), stat.st_mtime_ns, stat.st_mode & 0o777) == (b"content", 2_000_000_003, 0o640)
    assert not source.exists()
    assert files_below(other_file_system) == {"done/a.pdf"}


def test_a_move_to_another_file_system_overwrites_nothing(tmp_path: Path, other_file_system: Path) -> None:
    """The name is numbered there too."""
    (other_file_system / "a.pdf").write_text("old")
    (tmp_path / "a.pdf").write_text("new")
    assert moves.move_to_free_name(tmp_path, other_file_system, name="a.pdf") == "a-2.pdf"
    assert (other_file_system / "a.pdf").read_text() == "old"


def test_a_move_that_was_cut_short_is_finished(tmp_path: Path, other_file_system: Path) -> None:
    """A crash between copy and removal leaves both; the next try removes the source and makes no second copy."""
    (tmp_path / "a.pdf").write_text("content")
    shutil.copy2(tmp_path / "a.pdf", other_file_system / "a.pdf")
    assert moves.move_to_free_name(tmp_path, other_file_system, name="a.pdf") == "a.pdf"
    assert files_below(other_file_system) == {"a.pdf"}
    assert not (tmp_path / "a.pdf").exists()


def test_a_source_that_changes_while_it_is_copied_stays(
    tmp_path: Path, other_file_system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New bytes renamed over it during the copy are neither removed nor taken for the old ones."""
    (tmp_path / "a.pdf").write_text("old")
    copy = moves.copy_to_free_name

    def copying(*arguments: Any) -> None:
        copy(*arguments)
        (tmp_path / "b.pdf").write_text("new bytes")
        (tmp_path / "b.pdf").rename(tmp_path / "a.pdf")

    monkeypatch.setattr(moves, "copy_to_free_name", copying)
    with pytest.raises(BlockingIOError):
        moves.move_to_free_name(tmp_path, other_file_system, name="a.pdf")
    assert (tmp_path / "a.pdf").read_text() == "new bytes"
    assert files_below(other_file_system) == set()


def test_a_copy_that_fails_leaves_the_source(
    tmp_path: Path, other_file_system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no part of it at the target."""
    (tmp_path / "a.pdf").write_text("x")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(durable, "copy_hashing", full)
    with pytest.raises(OSError, match="disk full"):
        moves.move_to_free_name(tmp_path, other_file_system, name="a.pdf")
    assert (tmp_path / "a.pdf").exists()
    assert files_below(other_file_system) == set()


# --- removing ------------------------------------------------------------------------------------------------------


def test_a_tree_is_removed_but_not_what_its_links_name(tmp_path: Path) -> None:
    """Links to files and to folders go, their targets stay."""
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (tree / "below" / "deep").mkdir(parents=True)
    (tree / "below" / "file").write_text("x")
    (tree / "folder-link").symlink_to(outside)
    (tree / "below" / "file-link").symlink_to(outside / "kept")
    with descriptor(tmp_path) as fd:
        trees.remove_tree("tree", fd)
    assert files_below(tmp_path) == {"outside/kept"}
    assert not tree.exists()


def test_a_sweep_removes_only_what_has_a_temporary_name(tmp_path: Path) -> None:
    """Files and folders; a folder that is not there is swept already."""
    (tmp_path / ".markerd-1" / "below").mkdir(parents=True)
    (tmp_path / ".markerd-2").write_text("x")
    (tmp_path / "kept.markerd-3").write_text("x")
    trees.sweep(tmp_path)
    trees.sweep(tmp_path, "nowhere")
    assert os.listdir(tmp_path) == ["kept.markerd-3"]
