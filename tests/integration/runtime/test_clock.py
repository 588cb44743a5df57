"""Times that are not what they should be: of a clock that was set, and of files from another age."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core_scene import Core, core_at
from fakes import FakeConverter, RecordingHistory, RecordingLog
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.errors import DocumentError
from markerd.journal import Outcome
from markerd.monitoring import status_file
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.monitoring.status_file import Snapshot
from markerd.runtime.maintenance import Maintenance, RecycleLimits
from markerd.values import After, State

YEAR_S = 365 * 24 * 3600
LAST_NS = (1 << 63) - 1


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with core_at(tmp_path) as made:
        yield made


@pytest.mark.parametrize("mtime_s", [-10_000_000_000, -1, 0, 4_000_000_000, 10_000_000_000, 15_000_000_000])
def test_file_of_any_age_is_converted(core: Core, mtime_s: int) -> None:
    """Times before 1970, in the future, and after 2262, where nanoseconds no longer fit 64 bits, are accepted."""
    source = core.inbox / "a.pdf"
    source.write_bytes(b"%PDF-1.4 one")
    os.utime(source, (mtime_s, mtime_s))
    core.queue("a.pdf")
    core.finish_all()
    assert core.find("a.pdf").state is State.PUBLISHED
    assert (core.root / "done" / "a.pdf").exists()


def test_bad_file_from_the_far_future_is_one_dead_letter(tmp_path: Path) -> None:
    """The file becomes one dead letter. If it is kept, its copy is recognised."""
    with core_at(tmp_path, after=After.KEEP) as core:
        source = core.inbox / "a.pdf"
        source.write_bytes(b"broken")
        os.utime(source, ns=(LAST_NS + 10**12, LAST_NS + 10**12))
        core.queue("a.pdf")
        core.finish_all()
        core.processor.policies.bury(core.find("a.pdf"), core.plan, Outcome(State.DEAD, "conversion", "again"))
    assert sorted(os.listdir(tmp_path / "failed")) == ["a.pdf", "a.pdf.error.json"]


def test_retry_waits_no_longer_after_the_clock_was_set_back(tmp_path: Path) -> None:
    """At a start only the time of day is known, and it is believed as far as the delay can be."""
    with core_at(tmp_path) as core:
        core.drop("a.pdf")
        document = replace(core.find("a.pdf"), attempts=core.journal.writer.begin_attempt(core.find("a.pdf").id, "aa"))
        core.journal.outcomes.record_failed(
            document, Outcome(State.FAILED, "conversion", "slow"), time.time() + 10 * YEAR_S
        )
    with core_at(tmp_path) as core:  # whose delay is 0 s
        assert core.processor.retries.take_due(time.monotonic()) is not None


def test_attempts_belong_to_the_content_whatever_the_clock_says(tmp_path: Path) -> None:
    """Attempts under a clock that is ten years ahead count, and those of the content before do not."""
    failures: list[Exception] = [DocumentError(f"try {n}", kind="conversion") for n in range(1, 6)]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        core.drop("a.pdf", b"%PDF-1.4 first")
        core.finish_all()  # three attempts
        core.drop("a.pdf", b"%PDF-1.4 second")
        document = replace(core.find("a.pdf"), seen_at=time.time() + 10 * YEAR_S)
        for _ in range(2):
            core.process(document)
            document = replace(core.find("a.pdf"), seen_at=document.seen_at)
        assert [attempt.reason for attempt in core.journal.reader.list_failed_attempts(document)] == ["try 4", "try 5"]


def test_history_survives_a_clock_that_was_just_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock may be set right again within the day. The day after, it is believed."""
    history, day_s, epoch_s = RecordingHistory(), 24 * 3600.0, time.time() - time.monotonic()
    now_s = {"monotonic": 1e6, "set by": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: now_s["monotonic"])
    monkeypatch.setattr(time, "time", lambda: epoch_s + now_s["monotonic"] + now_s["set by"])
    maintenance = Maintenance(
        SerialPool(FakeConverter()),
        RecycleLimits(10, None),
        history,
        ResourceUsage(Path("none")),
        RecordingLog(),
        history_s=day_s,
    )
    forgotten = []
    for set_by_s in (0.0, 10 * YEAR_S, 0.0, 0.0, 10 * YEAR_S, 10 * YEAR_S):
        now_s["monotonic"] += 2 * day_s
        now_s["set by"] = set_by_s
        maintenance.cleanup(CleanupPoint.BATCH_END)
        forgotten.append(len(history.forgotten))
    assert forgotten == [1, 1, 1, 2, 2, 3]


def test_status_knows_the_daemon_after_the_clock_was_set(tmp_path: Path) -> None:
    """On Linux the start time of the process moves with the clock, but not its time since the start of the machine."""
    started = psutil.Process().create_time()
    status_file.write(tmp_path, Snapshot(process_started=started - 3600))
    assert is_running(tmp_path)
    status_file.write(tmp_path, Snapshot(process_started=started - 3600, process_started_after_boot=-5.0))
    assert not is_running(tmp_path)
    status_file.write(tmp_path, Snapshot(heartbeat=time.time() + 3600))
    assert not is_running(tmp_path)


def is_running(folder: Path) -> bool:
    found = status_file.read(folder)
    assert found is not None
    return bool(found["is_running"])
