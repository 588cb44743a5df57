"""What becomes of sources: every deed may be done twice, and nothing is overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from core_scene import files_below
from markerd.errors import SourceChangedError, SourceMoveError
from markerd.files import durable
from markerd.pipeline import dead_letters, source_files
from markerd.pipeline.folder_plan import Places
from markerd.values import After, Fingerprint, State
from needs import missing
from source_scene import LOCKED, dropped

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="ACLs are kept on Linux")

AS_NOBODY = """
import os, sys
from markerd.files import moves
fd = os.open(sys.argv[1], os.O_RDONLY)
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
print(moves.copy_to_free_name("a", fd, "b", fd))
"""


# --- published -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "left"),
    [(After.ARCHIVE, {"done/sub/a.pdf"}), (After.DELETE, set()), (After.KEEP, {"inbox/sub/a.pdf"})],
)
def test_policy_archives_deletes_or_keeps(tmp_path: Path, places: Places, after: After, left: set[str]) -> None:
    """Archived below its sub-folder, deleted or kept; the second time changes nothing."""
    document = dropped(tmp_path)
    for _ in range(2):
        source_files.settle_published(document, replace(places, after=after))
        assert files_below(tmp_path) == left


@pytest.mark.parametrize("after", [After.ARCHIVE, After.DELETE])
def test_a_source_that_changed_is_left_alone(tmp_path: Path, places: Places, after: After) -> None:
    """Its new content was not converted: it is an arrival."""
    document = dropped(tmp_path)
    document.source.write_text("changed")
    with pytest.raises(SourceChangedError):
        source_files.settle_published(document, replace(places, after=after))
    with pytest.raises(SourceChangedError):
        dead_letters.bury(document, places, LOCKED, [])
    assert files_below(tmp_path) == {"inbox/sub/a.pdf"}


def test_nothing_in_the_archive_is_overwritten(tmp_path: Path, places: Places) -> None:
    """The next free number is taken."""
    for content in ("one", "two"):
        source_files.settle_published(dropped(tmp_path, content=content), places)
    archived = {file.name: file.read_text() for file in (tmp_path / "done" / "sub").iterdir()}
    assert archived == {"a.pdf": "one", "a-2.pdf": "two"}


@pytest.mark.parametrize("name", ["x" * 251 + ".pdf", "a." + "x" * 253])
@pytest.mark.timeout(20)
def test_the_longest_names_find_a_place(tmp_path: Path, places: Places, name: str) -> None:
    """In the archive and among the dead letters, twice."""
    for content in ("one", "two"):
        source_files.settle_published(dropped(tmp_path, name, content), places)
        dead_letters.bury(dropped(tmp_path, name, content), places, LOCKED, [])
    assert len(os.listdir(tmp_path / "done")) == 2
    assert len(os.listdir(tmp_path / "failed")) == 4


@pytest.mark.parametrize("way", ["a file", "a link"])
def test_unusable_place_raises_source_move_error(tmp_path: Path, places: Places, way: str) -> None:
    """The source stays where it is and is tried again later."""
    document = dropped(tmp_path)
    for root in (places.archive, places.failed):
        root.mkdir()
        if way == "a file":
            (root / "sub").write_text("")
        else:
            (root / "sub").symlink_to(tmp_path)
    with pytest.raises(SourceMoveError):
        source_files.settle_published(document, places)
    with pytest.raises(SourceMoveError):
        dead_letters.bury(document, places, LOCKED, [])
    assert document.source.exists()
    assert not (tmp_path / "a.pdf").exists()


def test_a_source_whose_folder_became_a_file_is_gone(tmp_path: Path, places: Places) -> None:
    """Nothing to do, and no end of the daemon."""
    document = dropped(tmp_path)
    document.source.unlink()
    document.source.parent.rmdir()
    document.source.parent.write_text("a file now")
    source_files.settle_published(document, places)
    dead_letters.bury(document, places, LOCKED, [])
    assert files_below(tmp_path) == {"inbox/sub"}


def test_a_swapped_parent_folder_is_not_followed(tmp_path: Path, places: Places) -> None:
    """The very file, but no longer below the hot folder: it is none of markerd's to delete."""
    document, outside = dropped(tmp_path), tmp_path / "outside"
    document.source.parent.rename(outside)
    document.source.parent.symlink_to(outside)
    for after in (After.DELETE, After.ARCHIVE):
        with suppress(SourceMoveError):
            source_files.settle_published(document, replace(places, after=after))
        assert (outside / "a.pdf").read_text() == "x"


# --- another file system -------------------------------------------------------------------------------------------


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Places]:
    """Places on another file system than the hot folder."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir=shared_memory, prefix="markerd-test-") as folder:
        yield Places(Path(folder, "done"), Path(folder, "failed"), After.ARCHIVE)


def test_sources_move_to_another_file_system(tmp_path: Path, far: Places) -> None:
    """Copied whole, then removed at the source; its time stays."""
    document = dropped(tmp_path, "a.pdf")
    source_files.settle_published(document, far)
    assert (far.archive / "a.pdf").stat().st_mtime_ns == document.fingerprint.mtime_ns
    dead_letters.bury(dropped(tmp_path, "b.pdf"), far, LOCKED, [])
    assert files_below(far.failed) == {"b.pdf", "b.pdf.error.json"}
    assert files_below(tmp_path) == set()


ACL = b"\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\xd2\x04\0\0\x04\0\x04\0\xff\xff\xff\xff" + (
    b"\x10\0\x04\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff"
)
"""acl(5) as Linux stores it: user::rw-, user:1234:r--, group::r--, mask::r--, other::---."""


@on_linux
@pytest.mark.parametrize("is_dead", [True, False])
def test_another_file_system_keeps_what_belongs_to_a_file(tmp_path: Path, far: Places, is_dead: bool) -> None:
    """Owner, group, mode, ACL and extended attributes."""
    document = dropped(tmp_path, "a.pdf")
    try:
        os.chown(document.source, 1234, 2345)
        os.setxattr(document.source, "user.origin", b"a scanner")
        os.setxattr(document.source, "system.posix_acl_access", ACL)
    except OSError as error:
        missing(f"only root may give files away, and not on every file system: {error}")
    document = replace(document, fingerprint=Fingerprint.of(document.source.lstat()))
    before = document.source.stat()
    lost = dead_letters.bury(document, far, LOCKED, []) if is_dead else source_files.settle_published(document, far)
    moved = (far.failed if is_dead else far.archive) / "a.pdf"
    after = moved.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    names = set(os.listxattr(moved))
    assert {"user.origin", "system.posix_acl_access"} - names == set(lost)
    assert "system.posix_acl_access" in names
    assert os.getxattr(moved, "system.posix_acl_access") == ACL


@on_linux
def test_attributes_that_a_copy_loses_are_named(tmp_path: Path) -> None:
    """By a daemon that is not root: neither the owner nor the rights that came with him."""
    if os.geteuid() != 0:
        missing("only root may become another user")
    tmp_path.chmod(0o777)
    (tmp_path / "a").write_text("x")
    (tmp_path / "a").chmod(0o4755)
    outcome = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert outcome.stdout == "('group', 'owner')\n"
    assert ((tmp_path / "b").stat().st_uid, (tmp_path / "b").stat().st_mode & 0o7777) == (65534, 0o755)


def test_a_copy_that_was_cut_short_is_swept(tmp_path: Path, far: Places) -> None:
    """In the place that the document's state leads to."""
    document = dropped(tmp_path)
    for root in (far.archive, far.failed):
        (root / "sub").mkdir(parents=True)
        (root / "sub" / durable.make_temporary_name()).write_text("half")
    source_files.sweep(document, far)
    assert files_below(far.failed) == set()
    source_files.sweep(replace(document, state=State.PUBLISHED), far)
    assert files_below(far.archive) == set()
