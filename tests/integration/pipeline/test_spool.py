"""Into the spool: the copy is the document that settled, or none."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from core_scene import files_below
from markerd.errors import SourceChangedError, StopNowError, StorageError
from markerd.files.durable import copy_hashing
from markerd.pipeline import spool as staging
from markerd.pipeline.spool import Spool
from markerd.values import Fingerprint

CONTENT = b"%PDF-1.4 " + b"x" * 5000


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", lambda: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a b.PDF"
    path.write_bytes(CONTENT)
    return path


def fingerprint(path: Path) -> Fingerprint:
    return Fingerprint.of(path.lstat())


def meanwhile(monkeypatch: pytest.MonkeyPatch, deed: Callable[[], object]) -> None:
    """Have `deed` done when half of the copying is."""

    def copying(original: BinaryIO, target: BinaryIO, tick: Callable[[], None]) -> tuple[int, str]:
        done = copy_hashing(original, target, tick)
        deed()
        return done

    monkeypatch.setattr(staging, "copy_hashing", copying)


def test_staged_copy_has_its_hash(spool: Spool, source: Path) -> None:
    """Called neutrally, its suffix kept; beside it empty folders for output and temp files."""
    job = spool.stage("7", source.parent, source.name, fingerprint(source))
    assert (job.source.name, job.source.read_bytes()) == ("document.pdf", CONTENT)
    assert (job.sha256, job.size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert os.listdir(job.output_dir) == os.listdir(job.scratch_dir) == []
    assert source.exists()
    spool.remove(job)
    assert os.listdir(spool.root) == []


def test_leftovers_of_an_earlier_attempt_are_replaced(spool: Spool, source: Path) -> None:
    """The job begins with empty folders."""
    job = spool.stage("7", source.parent, source.name, fingerprint(source))
    (job.output_dir / "half.md").write_text("x")
    again = spool.stage("7", source.parent, source.name, fingerprint(source))
    assert files_below(again.folder) == {"document.pdf"}


def test_a_copy_shows_life_and_can_be_broken_off(tmp_path: Path, source: Path) -> None:
    """Each chunk ticks; what the tick raises ends the staging and leaves nothing."""

    def tick() -> None:
        raise StopNowError("stopping")

    spool = Spool(tmp_path / "spool", tick)
    with pytest.raises(StopNowError):
        spool.stage("7", source.parent, source.name, fingerprint(source))
    assert os.listdir(spool.root) == []


def test_a_source_that_changed_before_is_refused(spool: Spool, source: Path) -> None:
    """It is not the content that settled."""
    settled = fingerprint(source)
    source.write_bytes(CONTENT + b"more")
    with pytest.raises(SourceChangedError):
        spool.stage("7", source.parent, source.name, settled)
    assert os.listdir(spool.root) == []


def test_a_source_that_changes_meanwhile_is_refused(
    spool: Spool, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same size, even."""
    meanwhile(monkeypatch, lambda: source.write_bytes(b"y" * len(CONTENT)))
    with pytest.raises(SourceChangedError):
        spool.stage("7", source.parent, source.name, fingerprint(source))
    assert os.listdir(spool.root) == []


def test_a_source_that_is_replaced_meanwhile_is_refused(
    spool: Spool, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open file is unchanged, but the path now means another."""
    other = source.with_name("other")
    other.write_bytes(CONTENT)
    meanwhile(monkeypatch, lambda: other.replace(source))
    with pytest.raises(SourceChangedError):
        spool.stage("7", source.parent, source.name, fingerprint(source))


def test_a_source_that_vanishes_meanwhile_is_refused(
    spool: Spool, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever took it back did not want it converted."""
    settled = fingerprint(source)
    meanwhile(monkeypatch, source.unlink)
    with pytest.raises(SourceChangedError):
        spool.stage("7", source.parent, source.name, settled)


def _to_link(source: Path) -> None:
    source.rename(source.with_name("moved"))
    source.symlink_to("moved")


def _to_folder(source: Path) -> None:
    source.unlink()
    source.mkdir()


def _to_fifo(source: Path) -> None:
    source.unlink()
    os.mkfifo(source)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("swap", [_to_link, _to_fifo, _to_folder, Path.unlink])
def test_swapped_in_file_is_not_read(spool: Spool, source: Path, swap: Callable[[Path], None]) -> None:
    """A link to another's file, a FIFO that would block for ever, a folder, nothing; no descriptor is left open."""
    settled = fingerprint(source)
    swap(source)
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(SourceChangedError):
        spool.stage("7", source.parent, source.name, settled)
    assert os.listdir(spool.root) == []
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize("step", ["copying", "making the folder"])
def test_full_disk_is_a_storage_error(spool: Spool, source: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """No document's: the spool is named."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    if step == "copying":
        monkeypatch.setattr(staging, "copy_hashing", full)
    else:
        monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(StorageError, match="no space left") as caught:
        spool.stage("7", source.parent, source.name, fingerprint(source))
    assert caught.value.place == spool.root
    assert os.listdir(spool.root) == []


def test_clear_removes_all_jobs(spool: Spool, source: Path, tmp_path: Path) -> None:
    """What links in it name stays."""
    job = spool.stage("7", source.parent, source.name, fingerprint(source))
    (job.scratch_dir / "link").symlink_to(tmp_path)
    (spool.root / "link").symlink_to(tmp_path)
    (spool.root / "file").write_text("x")
    spool.clear()
    assert os.listdir(spool.root) == []
    assert source.exists()


def test_the_spool_is_private(spool: Spool) -> None:
    """Copies of documents lie in it."""
    assert spool.root.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("name", "spooled"), [("x", "document"), ("x.p df", "document"), ("x.ÄÖ", "document")])
def test_a_strange_suffix_is_dropped(spool: Spool, tmp_path: Path, name: str, spooled: str) -> None:
    """The converter's libraries see plain ASCII."""
    path = tmp_path / name
    path.write_bytes(CONTENT)
    assert spool.stage("1", path.parent, path.name, fingerprint(path)).source.name == spooled


def test_a_folder_swapped_for_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write to a hot folder must not make the daemon read what lies elsewhere."""
    hot, elsewhere = tmp_path / "hot", tmp_path / "elsewhere"
    (hot / "sub").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "secret.pdf").write_bytes(b"secret")
    (hot / "sub").rmdir()
    (hot / "sub").symlink_to(elsewhere)
    spool = Spool(tmp_path / "spool", lambda: None)
    with pytest.raises(SourceChangedError):
        spool.stage("7", hot, "sub/secret.pdf", fingerprint(elsewhere / "secret.pdf"))
    assert list(spool.root.iterdir()) == []
