"""What a scan of a real folder finds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from intake_scene import Scene
from markerd.intake.candidates import Candidates
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.scan import Found, Refused, classify, sort_oldest_first, walk
from needs import missing
from permissions_of_others import as_nobody


def found(root: Path, *, is_recursive: bool = True, below: str = "") -> list[str]:
    items = walk(str(root), is_recursive=is_recursive, below=below)
    return [item.path for item in sort_oldest_first(item for item in items if isinstance(item, Found))]


def refused(root: Path) -> dict[str, str]:
    items = walk(str(root), is_recursive=True)
    return {item.path: item.reason for item in items if isinstance(item, Refused)}


def test_files_come_oldest_first(tmp_path: Path) -> None:
    """mtime decides, over all folders, and the path where it is the same."""
    (tmp_path / "sub").mkdir()
    for name, mtime in (("c", 30), ("sub/a", 10), ("b", 20), ("a", 20)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (mtime, mtime))
    assert found(tmp_path) == ["sub/a", "a", "b", "c"]


def test_one_folder_alone_can_be_scanned(tmp_path: Path) -> None:
    """`is_recursive=False` stays at the top, `below` starts further down; paths count from the root."""
    (tmp_path / "x/y").mkdir(parents=True)
    for name in ("1", "x/2", "x/y/3"):
        (tmp_path / name).touch()
    assert found(tmp_path, is_recursive=False) == ["1"]
    assert sorted(found(tmp_path, below="x")) == ["x/2", "x/y/3"]


def test_hidden_and_unfinished_folders_are_not_entered(tmp_path: Path) -> None:
    """What lies in a dot folder or in Safari's download folder is nobody's document."""
    for folder in (".git", "a.pdf.download"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.pdf").touch()
    assert found(tmp_path) == []


def test_entry_that_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    """Symlinks, to files and to folders, pipes and sockets are named, and none is followed."""
    (tmp_path / "real").touch()
    (tmp_path / "file-link").symlink_to("real")
    (tmp_path / "up").symlink_to("..")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        assert refused(tmp_path) == {
            "file-link": "a symbolic link", "up": "a symbolic link", "pipe": "a named pipe", "socket": "a socket",
        }  # fmt: skip
    assert found(tmp_path) == ["real"]


def test_an_unreadable_folder_is_reported() -> None:
    """A folder that may not be read does not end the scan and is named."""
    with tempfile.TemporaryDirectory() as folder:  # the folders of a test are closed to others
        root = Path(folder)
        root.chmod(0o755)
        (root / "locked").mkdir(mode=0)
        (root / "a").touch()
        with as_nobody():
            assert refused(root) == {"locked": "unreadable folder: Permission denied"}
            assert found(root) == ["a"]


def test_file_that_vanishes_during_a_scan_is_left_out(tmp_path: Path) -> None:
    """Files and folders that go while the scan runs do not end it."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "z").touch()
    items = walk(str(tmp_path), is_recursive=True)
    assert next(items) == next(walk(str(tmp_path), is_recursive=False))
    for name in ("a", "b"):
        (tmp_path / name / "file").unlink()
        (tmp_path / name).rmdir()
    assert list(items) == []


def test_a_missing_root_raises(tmp_path: Path) -> None:
    """The caller learns that the hot folder itself cannot be listed."""
    with pytest.raises(FileNotFoundError):
        list(walk(str(tmp_path / "gone"), is_recursive=True))


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    """Depth costs neither recursion nor descriptors."""
    (tmp_path / "/".join(["d"] * 500)).mkdir(parents=True)
    (tmp_path / "/".join(["d"] * 500) / "file").touch()
    assert len(found(tmp_path)) == 1


def test_file_archived_during_a_scan_is_no_news(scene: Scene) -> None:
    """The scan saw it before; by the time that it asks, the ledger would call it news."""
    source = scene.drop("a.txt")
    candidates = Candidates(WatchedFolder(scene.root), scene.ledger, scene.log, lambda: True)
    found = classify("a.txt", source.lstat())
    assert isinstance(found, Found)
    source.rename(scene.outside / "a.txt")
    assert not candidates.notice(found)
    assert (scene.ledger.seen_paths, scene.log.records, candidates.settling) == ([], [], 0)
    (scene.outside / "a.txt").rename(source)
    assert candidates.notice(found)


WATCHING = """
import os, sys
from pathlib import Path
from intake_scene import Scene, eventually
root = Path(sys.argv[1])
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
scene = Scene(root)
closed = scene.root / "closed"
closed.mkdir()
closed.chmod(0)
intake = scene.start(observer="native")
assert eventually(lambda: scene.log.of("document.refused", "document") == ["closed"])
closed.chmod(0o755)
intake.rescan()
assert eventually(lambda: len(scene.log.of("folder.watching", "folder")) == 2)
assert eventually(lambda: len(scene.log.of("reconcile.done", "files")) == 3)
scene.drop("closed/late.txt")
assert scene.is_queued("closed/late.txt"), scene.log.records
intake.stop()
"""


def test_a_subfolder_that_becomes_readable_is_watched() -> None:
    """What is dropped there after the scan that found it open comes without another scan."""
    if os.geteuid() != 0 or sys.platform != "linux":
        missing("only root may become another user, for whom folders are closed")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o777)
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "support")}
        command = [sys.executable, "-c", WATCHING, folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environ, check=False)
    assert done.returncode == 0, done.stderr
