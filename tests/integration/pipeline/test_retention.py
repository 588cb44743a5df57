"""What was put aside leaves by age and size: only what is markerd's, the oldest first, never through a link."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_scene import Core, core_at, files_below
from fakes import FakeConverter
from markerd.errors import DocumentError
from markerd.pipeline import retention
from markerd.pipeline.folder_plan import Keeping
from markerd.pipeline.retention import Retention
from markerd.values import After

_DAY_S = 24 * 3600.0


@contextmanager
def _core(root: Path, *, archive: Keeping | None = None, failed: Keeping | None = None) -> Iterator[Core]:
    """Dead letters are those named so."""
    failures: list[Exception] = [DocumentError("damaged", kind="unreadable", is_permanent=True)] if failed else []
    with core_at(root, converter=FakeConverter(failures)) as core:
        plan = replace(core.plan, keep_archive=archive or Keeping(), keep_failed=failed or Keeping())
        core.plan = core.plans[str(core.inbox)] = plan
        yield core


def _clear(core: Core, after_s: float = 0.0) -> None:
    Retention(
        core.journal.reader, core.plans, core.processor.storage, core.log, clock=lambda: time.time() + after_s
    ).run()


def _archive(core: Core, names: list[str], size: int = 100) -> None:
    for name in names:
        core.drop(name, b"%PDF-1.4 " + name.encode().ljust(size - 9))
        core.finish_all()
        time.sleep(0.01)  # the kernel's time of a change has steps of some milliseconds


def test_converted_source_leaves_the_archive_by_its_age(tmp_path: Path) -> None:
    """By the time since when it lies there, whatever time the document has; each of its versions."""
    with _core(tmp_path, archive=Keeping(max_age_s=_DAY_S)) as core:
        _archive(core, ["sub/a.pdf", "b.pdf"])
        core.drop("b.pdf", b"%PDF-1.4 another version")
        core.finish_all()
        done = tmp_path / "done"
        os.utime(done / "b.pdf", (0, 0))
        assert files_below(done) == {"sub/a.pdf", "b.pdf", "b-2.pdf"}
        _clear(core, _DAY_S - 60)
        assert files_below(done) == {"sub/a.pdf", "b.pdf", "b-2.pdf"}
        _clear(core, _DAY_S + 60)
        assert files_below(done) == set()
        (event,) = core.log.find("retention.done")
        assert event["removed_documents"] == 3
        assert files_below(tmp_path / "outbox")


def test_what_was_never_converted_stays(tmp_path: Path) -> None:
    """A file of somebody else's, one that was changed there, links, and what they lead to."""
    with _core(tmp_path, archive=Keeping(max_age_s=_DAY_S)) as core:
        _archive(core, ["a.pdf", "b.pdf"])
        done, outside = tmp_path / "done", tmp_path / "outside"
        outside.mkdir()
        content = (done / "a.pdf").read_bytes()
        (outside / "same.pdf").write_bytes(content)
        (done / "mine.pdf").write_bytes(b"%PDF-1.4 mine")
        (done / "link.pdf").symlink_to(outside / "same.pdf")
        (done / "linked").symlink_to(outside)
        (done / "b.pdf").write_bytes(b"%PDF-1.4 changed")
        for _ in range(2):
            _clear(core, 2 * _DAY_S)
        assert files_below(done) == {"mine.pdf", "link.pdf", "b.pdf"}
        assert (done / "linked").is_symlink()
        assert (outside / "same.pdf").read_bytes() == content


def test_oldest_leave_until_the_rest_is_small_enough(tmp_path: Path) -> None:
    """No more than that."""
    with _core(tmp_path, archive=Keeping(max_bytes=350)) as core:
        _archive(core, ["c.pdf", "a.pdf", "d.pdf", "b.pdf", "e.pdf"])
        _clear(core)
        assert files_below(tmp_path / "done") == {"d.pdf", "b.pdf", "e.pdf"}
        _clear(core)
        assert files_below(tmp_path / "done") == {"d.pdf", "b.pdf", "e.pdf"}


def test_large_file_of_others_does_not_drive_ours_out(tmp_path: Path) -> None:
    """It stays, and counts once."""
    with _core(tmp_path, archive=Keeping(max_bytes=350)) as core:
        (tmp_path / "done").mkdir()
        (tmp_path / "done/big.bin").write_bytes(b"x" * 5000)
        time.sleep(0.01)
        _archive(core, ["a.pdf", "b.pdf"])
        _clear(core)
        assert files_below(tmp_path / "done") == {"big.bin", "a.pdf", "b.pdf"}


def test_dead_letter_leaves_with_its_reason(tmp_path: Path) -> None:
    """A file without a reason of markerd's stays, and so does one with a reason that somebody else wrote."""
    with _core(tmp_path, failed=Keeping(max_age_s=_DAY_S)) as core:
        core.drop("a.pdf")
        core.finish_all()
        failed = tmp_path / "failed"
        (failed / "mine.pdf").write_bytes(b"mine")
        (failed / "other.pdf").write_bytes(b"mine")
        (failed / "other.pdf.error.json").write_text("{}")
        assert {"a.pdf", "a.pdf.error.json"} <= files_below(failed)
        _clear(core, _DAY_S - 60)
        assert {"a.pdf", "a.pdf.error.json"} <= files_below(failed)
        _clear(core, _DAY_S + 60)
        assert files_below(failed) == {"mine.pdf", "other.pdf", "other.pdf.error.json"}


@pytest.mark.parametrize("content", [b"%PDF-1.4 mended by hand", b"%PDF-1.4 two"], ids=["longer", "as long"])
def test_dead_letter_that_was_changed_stays(tmp_path: Path, content: bytes) -> None:
    """It is somebody's work since, be it mended in its place or another file under its name."""
    with _core(tmp_path, failed=Keeping(max_age_s=_DAY_S)) as core:
        core.drop("a.pdf", b"%PDF-1.4 one")
        core.finish_all()
        letter = tmp_path / "failed/a.pdf"
        letter.write_bytes(content)
        _clear(core, _DAY_S + 60)
        assert letter.read_bytes() == content
        assert files_below(tmp_path / "failed") == {"a.pdf", "a.pdf.error.json"}


def test_dead_letter_that_was_never_read_leaves(tmp_path: Path) -> None:
    """One that was too large has no hash in its reason."""
    with core_at(tmp_path, max_file_bytes=10) as core:
        core.plan = core.plans[str(core.inbox)] = replace(core.plan, keep_failed=Keeping(max_age_s=_DAY_S))
        core.drop("a.pdf", b"%PDF-1.4 one, which is too large")
        core.finish_all()
        assert files_below(tmp_path / "failed") == {"a.pdf", "a.pdf.error.json"}
        _clear(core, _DAY_S + 60)
        assert files_below(tmp_path / "failed") == set()


def test_nothing_leaves_by_default(tmp_path: Path) -> None:
    """However old it is."""
    with core_at(tmp_path, after=After.ARCHIVE) as core:
        _archive(core, ["a.pdf"])
        _clear(core, 1e9)
        assert files_below(tmp_path / "done") == {"a.pdf"}


def test_shared_archive_keeps_what_any_folder_wants(tmp_path: Path) -> None:
    """A folder without limits, or with longer ones, loses nothing by those of its neighbour."""
    with _core(tmp_path, archive=Keeping(max_age_s=_DAY_S)) as core:
        _archive(core, ["a.pdf"])
        neighbour = replace(core.plan, keep_archive=Keeping())
        core.plans["/neighbour"] = neighbour
        _clear(core, 2 * _DAY_S)
        core.plans["/neighbour"] = replace(neighbour, keep_archive=Keeping(max_age_s=3 * _DAY_S))
        _clear(core, 2 * _DAY_S)
        assert files_below(tmp_path / "done") == {"a.pdf"}
        _clear(core, 4 * _DAY_S)
        assert files_below(tmp_path / "done") == set()


def test_only_the_oldest_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have their turn at the next look."""
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    with _core(tmp_path, archive=Keeping(max_age_s=1.0)) as core:
        _archive(core, ["a.pdf", "b.pdf", "c.pdf"])
        _clear(core, 60.0)
        assert files_below(tmp_path / "done") == {"c.pdf"}
        _clear(core, 60.0)
        assert files_below(tmp_path / "done") == set()


@given(
    ours=st.lists(st.integers(20, 400), max_size=5),
    theirs=st.lists(st.integers(1, 400), max_size=4),
    most=st.integers(1, 1500),
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_size_is_met_by_what_is_ours(
    tmp_path_factory: pytest.TempPathFactory, ours: list[int], theirs: list[int], most: int
) -> None:
    """All of theirs stays; nothing of ours leaves where there is room for all."""
    root = tmp_path_factory.mktemp("retention")
    with _core(root, archive=Keeping(max_bytes=most)) as core:
        done = root / "done"
        done.mkdir()
        for number, size in enumerate(ours):
            core.drop(f"{number}.pdf", b"%PDF-1.4 " + str(number).encode().ljust(size - 9))
            core.finish_all()
        for number, size in enumerate(theirs):
            (done / f"theirs-{number}").write_bytes(b"y" * size)
        _clear(core)
        left = files_below(done)
        assert {f"theirs-{number}" for number in range(len(theirs))} <= left
        kept = [number for number in range(len(ours)) if f"{number}.pdf" in left]
        if sum(ours) + sum(theirs) <= most:
            assert len(kept) == len(ours)
        assert sum(ours[number] for number in kept) <= most
