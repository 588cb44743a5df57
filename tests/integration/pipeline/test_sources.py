"""What becomes of sources: every deed may be done twice, and nothing is overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import files_below
from markerd.errors import SourceChangedError
from markerd.files import durable
from markerd.journal import Document, Outcome
from markerd.pipeline import source_files
from markerd.pipeline.folder_plan import Places
from markerd.pipeline.source_files import ERROR_ENDING, SourceMoveError
from markerd.values import After, Fingerprint, State
from needs import missing

LOCKED = Outcome(State.DEAD, "encrypted", "the PDF is protected by a password")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "done", tmp_path / "failed", After.ARCHIVE)


def dropped(root: Path, path: str = "sub/a.pdf", content: str = "x") -> Document:
    """A document in the hot folder `root/inbox`."""
    source = root / "inbox" / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(content)
    return Document(
        id=1, folder=str(root / "inbox"), path=path, fingerprint=Fingerprint.of(source.lstat()), state=State.DEAD,
        attempts=2, sha256="aa", published_sha256=None, output=None, kind=None, reason=None, seen_at=1e9,
        retry_at=None, policy_pending=True,
    )  # fmt: skip


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


def reason(folder: Path, name: str = "sub/a.pdf") -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / (name + ERROR_ENDING)).read_text())
    return content


# --- published -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "left"),
    [(After.ARCHIVE, {"done/sub/a.pdf"}), (After.DELETE, set()), (After.KEEP, {"inbox/sub/a.pdf"})],
)
def test_the_policy(tmp_path: Path, places: Places, after: After, left: set[str]) -> None:
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
        source_files.bury(document, places, LOCKED, [])
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
        source_files.bury(dropped(tmp_path, name, content), places, LOCKED, [])
    assert len(os.listdir(tmp_path / "done")) == 2
    assert len(os.listdir(tmp_path / "failed")) == 4


@pytest.mark.parametrize("way", ["a file", "a link"])
def test_a_place_that_cannot_be_used_is_said(tmp_path: Path, places: Places, way: str) -> None:
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
        source_files.bury(document, places, LOCKED, [])
    assert document.source.exists()
    assert not (tmp_path / "a.pdf").exists()


def test_a_source_whose_folder_became_a_file_is_gone(tmp_path: Path, places: Places) -> None:
    """Nothing to do, and no end of the daemon."""
    document = dropped(tmp_path)
    document.source.unlink()
    document.source.parent.rmdir()
    document.source.parent.write_text("a file now")
    source_files.settle_published(document, places)
    source_files.bury(document, places, LOCKED, [])
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


# --- dead letters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", list(After))
def test_a_dead_letter_lies_beside_its_reason(tmp_path: Path, places: Places, after: After) -> None:
    """Buried twice it is the same; a kept source is copied."""
    document = dropped(tmp_path)
    for _ in range(2):
        source_files.bury(document, replace(places, after=after), LOCKED, [])
        kept = {"inbox/sub/a.pdf"} if after is After.KEEP else set()
        assert files_below(tmp_path) == {"failed/sub/a.pdf", "failed/sub/a.pdf.error.json"} | kept


def test_the_reason_says_what_why_how_often_and_what_to_do(tmp_path: Path, places: Places) -> None:
    """With the history of the attempts."""
    history = [Outcome(State.FAILED, "timeout", "too slow", at=1e9, attempt=1)]
    source_files.bury(dropped(tmp_path), places, LOCKED, history)
    found = reason(places.failed)
    assert (found["kind"], found["message"], found["attempts"]) == ("encrypted", LOCKED.reason, 2)
    assert "password" in str(found["what_to_do"])
    assert found["first_seen"] == "2001-09-09T01:46:40.000+00:00"
    assert found["history"] == [
        {"at": "2001-09-09T01:46:40.000+00:00", "attempt": 1, "kind": "timeout", "message": "too slow"}
    ]


def test_a_kind_of_later_versions_has_advice_too(tmp_path: Path, places: Places) -> None:
    """The general one."""
    source_files.bury(dropped(tmp_path), places, Outcome(State.DEAD, "unheard_of", "why"), [])
    assert "Marker could not convert it" in str(reason(places.failed)["what_to_do"])


def test_dead_letters_of_one_name_lie_side_by_side(tmp_path: Path, places: Places) -> None:
    """Each with its own reason."""
    for content, message in (("one", "first"), ("two", "second")):
        source_files.bury(dropped(tmp_path, content=content), places, replace(LOCKED, reason=message), [])
    assert (places.failed / "sub" / "a-2.pdf").read_text() == "two"
    assert reason(places.failed)["message"] == "first"
    assert reason(places.failed, "sub/a-2.pdf")["message"] == "second"


def test_a_reason_without_its_file_is_used_again(tmp_path: Path, places: Places) -> None:
    """A crash fell between the two."""
    source_files.bury(dropped(tmp_path), places, LOCKED, [])
    (places.failed / "sub" / "a.pdf").unlink()
    source_files.bury(dropped(tmp_path), places, replace(LOCKED, reason="another"), [])
    assert files_below(places.failed) == {"sub/a.pdf", "sub/a.pdf.error.json"}
    assert reason(places.failed)["message"] == "another"


@pytest.mark.parametrize("kind", ["file", "json", "deep json", "fifo", "link", "folder"])
@pytest.mark.parametrize("after", [After.ARCHIVE, After.KEEP])
def test_what_somebody_else_put_in_a_reasons_place_stays(
    tmp_path: Path, places: Places, kind: str, after: After
) -> None:
    """The dead letter takes the next number."""
    theirs = places.failed / "sub" / f"a.pdf{ERROR_ENDING}"
    theirs.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(theirs)
    elif kind == "link":
        theirs.symlink_to("nowhere")
    elif kind == "folder":
        theirs.mkdir()
    else:
        theirs.write_text({"file": "mine", "json": "{}", "deep json": "[" * 200_000}[kind])
    before = Fingerprint.of(theirs.lstat())
    source_files.bury(dropped(tmp_path), replace(places, after=after), LOCKED, [])
    assert Fingerprint.of(theirs.lstat()) == before
    assert (places.failed / "sub" / "a-2.pdf").read_text() == "x"
    assert reason(places.failed, "sub/a-2.pdf")["message"] == LOCKED.reason


def test_a_document_that_is_called_like_a_reason_is_not_overwritten(tmp_path: Path, places: Places) -> None:
    """Somebody dropped the whole of `failed` back into the hot folder."""
    source_files.bury(dropped(tmp_path, "a.pdf.error.json", "a document"), places, LOCKED, [])
    source_files.bury(dropped(tmp_path, "a.pdf", "another"), places, LOCKED, [])
    assert (places.failed / "a.pdf.error.json").read_text() == "a document"
    assert (places.failed / "a-2.pdf").read_text() == "another"


def test_names_that_are_no_text(tmp_path: Path, places: Places) -> None:
    """The file keeps its bytes; the reason shows them escaped."""
    name = os.fsdecode(b"\xff\n.pdf")
    source_files.bury(dropped(tmp_path, name), places, LOCKED, [])
    assert reason(places.failed, name)["document"] == "\\xff\\x0a.pdf"


# --- another file system -------------------------------------------------------------------------------------------


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Places]:
    """Places on another file system than the hot folder."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system")
    with tempfile.TemporaryDirectory(dir=shared_memory, prefix="markerd-test-") as folder:
        yield Places(Path(folder, "done"), Path(folder, "failed"), After.ARCHIVE)


def test_places_on_another_file_system(tmp_path: Path, far: Places) -> None:
    """Copied whole, then removed at the source; its time stays."""
    document = dropped(tmp_path, "a.pdf")
    source_files.settle_published(document, far)
    assert (far.archive / "a.pdf").stat().st_mtime_ns == document.fingerprint.mtime_ns
    source_files.bury(dropped(tmp_path, "b.pdf"), far, LOCKED, [])
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
    lost = source_files.bury(document, far, LOCKED, []) if is_dead else source_files.settle_published(document, far)
    moved = (far.failed if is_dead else far.archive) / "a.pdf"
    after = moved.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    names = set(os.listxattr(moved))
    assert {"user.origin", "system.posix_acl_access"} - names == set(lost)
    assert "system.posix_acl_access" in names
    assert os.getxattr(moved, "system.posix_acl_access") == ACL


@on_linux
def test_what_a_copy_may_not_keep_is_named(tmp_path: Path) -> None:
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
        (root / "sub" / durable.temporary_name()).write_text("half")
    source_files.sweep(document, far)
    assert files_below(far.failed) == set()
    source_files.sweep(replace(document, state=State.PUBLISHED), far)
    assert files_below(far.archive) == set()
