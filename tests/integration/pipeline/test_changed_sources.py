"""Sources that change at an awkward moment: what was not converted is neither removed nor overlooked."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from core_scene import Core, core_at, files_below
from disks import disk_at
from fakes import FakeConverter
from markerd.errors import SourceChangedError
from markerd.files import durable, leases
from markerd.pipeline.held_source import LEAVING, HeldSource, hold
from markerd.runtime import recovery
from markerd.values import After, Fingerprint, State

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="read leases are Linux's")

OLD, NEW = b"%PDF-1.4 one", b"%PDF-1.4 two"


@pytest.fixture(params=["archive", "archive on another disk", "delete"])
def after(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[After]:
    """The policies that take a source away; `done` and `failed` may be on another file system."""
    if request.param != "archive on another disk":
        yield After(request.param)
        return
    with disk_at(tmp_path / "other") as disk:
        for place in ("done", "failed"):
            (disk.place / place).mkdir()
            (tmp_path / place).symlink_to(disk.place / place)
        yield After.ARCHIVE


def contents(root: Path) -> list[bytes]:
    """Of all sources, wherever they lie."""
    places = (root / place for place in ("inbox", "done", "failed"))
    files = [file for place in places for file in place.resolve().rglob("*") if file.is_file()]
    return sorted(file.read_bytes() for file in files if not file.name.endswith(".error.json"))


# --- written to while it is converted -------------------------------------------------------------------------------


@on_linux
@pytest.mark.parametrize("content", [OLD, b"no document"], ids=["published", "dead"])
def test_source_open_for_writing_stays(tmp_path: Path, after: After, content: bytes) -> None:
    """It waits until it is closed; then what was written is converted, and only then it goes."""
    writers: list[BinaryIO] = []
    source = tmp_path / "inbox" / "a.pdf"
    converter = FakeConverter(before_result=lambda: writers.append(source.open("r+b")))
    with core_at(tmp_path, after=after, converter=converter) as core:
        core.drop("a.pdf", content)
        core.finish_all()
        assert contents(tmp_path) == [content]
        assert len(core.log.find("source.changed")) == 1
        assert core.log.find("document.dead") == []
        assert core.find("a.pdf").state is State.SEEN
        assert core.rescans
        converter.before_result = lambda: None
        with writers[0] as writer:
            writer.write(NEW + b", longer")
        core.queue("a.pdf")
        core.finish_all()
        assert (tmp_path / "outbox" / "a" / "a.md").read_bytes() == NEW + b", longer"
        assert contents(tmp_path) == ([] if after is After.DELETE else [NEW + b", longer"])


def _in_place(source: Path) -> None:
    source.write_bytes(NEW)


def _with_the_old_times(source: Path) -> None:
    before = source.stat()
    source.write_bytes(NEW)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))


def _renamed_over(source: Path) -> None:
    beside = source.with_name(".beside")
    beside.write_bytes(NEW)
    beside.rename(source)


@pytest.mark.parametrize("change", [_in_place, _with_the_old_times, _renamed_over])
@pytest.mark.parametrize("content", [OLD, b"no document"], ids=["published", "dead"])
def test_source_changed_during_conversion_is_converted_again(
    tmp_path: Path, after: After, content: bytes, change: Callable[[Path], None]
) -> None:
    """However it changed, and whatever became of its old content."""
    converter = FakeConverter(before_result=lambda: change(tmp_path / "inbox" / "a.pdf"))
    with core_at(tmp_path, after=after, converter=converter) as core:
        core.drop("a.pdf", content)
        core.finish_all()
        assert contents(tmp_path) == [NEW]
        assert len(core.log.find("source.changed")) == 1
        assert core.log.find("document.dead") == []
        converter.before_result = lambda: None
        core.queue("a.pdf")
        core.finish_all()
        assert (tmp_path / "outbox" / "a" / "a.md").read_bytes() == NEW
        assert contents(tmp_path) == ([] if after is After.DELETE else [NEW])
        assert not list(tmp_path.rglob("*.error.json"))


def test_source_taken_away_before_it_failed_is_no_dead_letter(tmp_path: Path, after: After) -> None:
    """Nothing is there to be looked at in `failed`: it is said that it went."""
    converter = FakeConverter(before_result=(tmp_path / "inbox" / "a.pdf").unlink)
    with core_at(tmp_path, after=after, converter=converter) as core:
        core.drop("a.pdf", b"no document")
        core.finish_all()
        assert core.log.find("document.dead") == []
        assert [event["reason"] for event in core.log.find("document.skipped")] == ["removed before conversion"]
        assert core.journal.reader.count_documents()["dead"] == 0
        assert contents(tmp_path) == []


@pytest.mark.parametrize("is_gone", [False, True])
def test_source_changed_before_recovery_gives_up_settles_again(tmp_path: Path, is_gone: bool) -> None:
    """The daemon went down on the old bytes as often as may be: the new ones are an arrival."""
    with core_at(tmp_path) as core:
        source = core.drop("a.pdf", OLD)
        for _ in range(3):
            core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa")
        source.unlink()
        if not is_gone:
            source.write_bytes(NEW)
        recovery.recover(core.journal, {str(core.inbox): core.plan}, 3, core.log)
        assert core.log.find("document.dead") == []
        assert core.find("a.pdf").state is (State.SKIPPED if is_gone else State.SEEN)
        core.restart()
        assert contents(tmp_path) == ([] if is_gone else [NEW])
        assert core.log.find("document.dead") == []


@contextmanager
def held(source: Path) -> Iterator[tuple[HeldSource, int]]:
    """The source, held as it is, and the descriptor of `done` beside it."""
    with ExitStack() as stack:
        fd, done = (stack.enter_context(durable.open_folder(f)) for f in (source.parent, source.parent / "done"))
        expected = Fingerprint.of(source.stat())
        yield stack.enter_context(hold(fd, source.name, expected, may_lease=True)), done


def _write_into(source: Path) -> None:
    with source.open("r+b") as file:
        file.write(NEW)


# --- written to while it is moved -----------------------------------------------------------------------------------


@on_linux
@pytest.mark.parametrize("is_removed", [True, False])
def test_a_writer_who_comes_during_the_move_finds_the_file_in_its_place(tmp_path: Path, is_removed: bool) -> None:
    """He waits in open(2) for the lease; the move is undone before he is let in."""
    source = tmp_path / "a.pdf"
    source.write_bytes(OLD)
    writer = threading.Thread(target=_write_into, args=(source,))
    with held(source) as (source_held, done):
        writer.start()
        assert source_held.descriptor is not None
        while leases.is_lease_kept(source_held.descriptor):
            assert writer.is_alive()
        with pytest.raises(SourceChangedError):
            source_held.remove() if is_removed else source_held.move("a.pdf", done)
    writer.join(10)
    assert source.read_bytes() == NEW
    assert sorted(os.listdir(tmp_path)) == ["a.pdf", "done"]
    assert os.listdir(tmp_path / "done") == []


def test_a_file_that_takes_its_name_during_the_move_is_kept(tmp_path: Path) -> None:
    """It was never looked at: it comes back from where it was taken to."""
    source = tmp_path / "a.pdf"
    source.write_bytes(OLD)
    with held(source) as (source_held, done):
        source.rename(tmp_path / "done" / "moved.pdf")
        source.write_bytes(NEW)
        with pytest.raises(SourceChangedError):
            source_held.move("a.pdf", done)
    assert source.read_bytes() == NEW
    assert files_below(tmp_path) == {"a.pdf", "done/moved.pdf"}


# --- cut short ------------------------------------------------------------------------------------------------------


def hide(core: Core, path: str = "sub/a.pdf") -> None:
    """As a crash in the middle of a removal leaves it."""
    source = core.inbox / path
    hidden = source.parent / LEAVING / source.name
    hidden.parent.mkdir()
    source.rename(hidden)


def test_a_removal_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    """The journal knows that the file is to go."""
    with core_at(tmp_path, after=After.DELETE) as core:
        core.drop("sub/a.pdf")
        document = core.backlog.take(0.0)
        assert document is not None
        core.journal.outcomes.record_skipped(document, "the same content", policy_pending=True)
        hide(core)
        core.restart()
        assert contents(tmp_path) == []
        assert core.converter.documents == 0
        assert os.listdir(tmp_path / "inbox" / "sub") == []


@pytest.mark.parametrize("knows", ["nothing", "another content"])
def test_hidden_source_unknown_to_the_journal_comes_back(tmp_path: Path, knows: str) -> None:
    """It is an arrival, and is converted."""
    with core_at(tmp_path, after=After.DELETE) as core:
        source = core.drop("sub/a.pdf", OLD)
        if knows == "nothing":
            core.journal._connection.fetch_all("DELETE FROM documents")
        else:
            document = core.find("sub/a.pdf")
            core.journal.outcomes.record_skipped(document, "the same content", policy_pending=True)
            source.write_bytes(NEW)
        hide(core)
        plans = {str(core.inbox): core.plan}
        recovery.recover(core.journal, plans, 3, core.log)
        core.processor.policies.settle_all()
        assert contents(tmp_path) == [OLD if knows == "nothing" else NEW]
        core.restart()
        assert contents(tmp_path) == []
        assert (tmp_path / "outbox" / "sub" / "a" / "a.md").read_bytes() == (OLD if knows == "nothing" else NEW)


# --- the size and the times of the old ones -------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["in place", "renamed over"])
def test_new_bytes_of_the_same_size_and_time_are_converted(tmp_path: Path, way: str) -> None:
    """`cp -p` and `rsync -t` give a file the time of their source; a kept source is converted all the same."""
    with core_at(tmp_path, after=After.KEEP) as core:
        source = core.drop("a.pdf", OLD)
        core.finish_all()
        before = source.stat()
        target = source if way == "in place" else tmp_path / "beside"
        target.write_bytes(NEW)
        os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))
        target.rename(source)
        core.queue("a.pdf")
        core.finish_all()
        assert (core.root / "outbox" / "a" / "a.md").read_bytes() == NEW
        core.queue("a.pdf")
        assert len(core.backlog) == 0


def test_a_change_of_mode_alone_converts_nothing_again(tmp_path: Path) -> None:
    """The bytes tell that it is the same content."""
    with core_at(tmp_path, after=After.KEEP) as core:
        source = core.drop("a.pdf", OLD)
        core.finish_all()
        source.chmod(0o600)
        core.queue("a.pdf")
        core.finish_all()
        assert core.converter.documents == 1
