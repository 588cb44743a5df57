"""The small decisions of the core: when to replace the converter, when to leave, what counts as running."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes import FakeConverter, RecordingHistory, RecordingLog
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.protocol import ConverterState
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.monitoring import status_file
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.runtime.maintenance import Maintenance, RecycleLimits
from markerd.runtime.signals import SignalRequests

MB = 1 << 20


def upkeep(
    converter: FakeConverter, log: RecordingLog, rss_bytes: int | None = None, history: RecordingHistory | None = None
) -> Maintenance:
    converter.start()
    kept = history or RecordingHistory()
    return Maintenance(
        SerialPool(converter), RecycleLimits(10, rss_bytes), kept, ResourceUsage(Path("none")), log, history_s=100.0
    )


@pytest.mark.parametrize(
    ("semaphores", "documents", "rss_bytes", "limit", "reason"),
    [
        (0, 9, 99 * MB, None, None),
        (0, 10, MB, None, "10 documents"),
        (2, 1, MB, None, "2 semaphores stand after the cleanup"),
        (0, 1, 100 * MB, 100 * MB, None),
        (0, 1, 101 * MB, 100 * MB, "101 MB of memory, more than converter.recycle_rss_mb"),
        (0, 1, None, 100 * MB, None),
    ],
)
def test_converter_is_replaced_when_it_leaks_or_has_done_enough(
    semaphores: int, documents: int, rss_bytes: int | None, limit: int | None, reason: str | None
) -> None:
    """Semaphores that a cleanup could not remove, the number of documents, and memory replace it; otherwise it
    stays."""
    converter = FakeConverter(semaphores=semaphores, rss_bytes=rss_bytes)
    part = upkeep(converter, RecordingLog(), limit)
    converter.documents = documents
    part.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    assert converter.recycled == ([reason] if reason else [])


def test_replaced_converter_is_not_replaced_again() -> None:
    """The cleanup at the end of the batch finds no converter until the next document starts one."""
    converter = FakeConverter()
    part = upkeep(converter, RecordingLog())
    converter.documents = 10
    part.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    part.cleanup(CleanupPoint.BATCH_END)
    assert len(converter.recycled) == 1


def test_retiring_converter_is_not_replaced_again() -> None:
    """It goes on converting until its replacement is ready, although it has done enough."""
    converter = FakeConverter(is_overlapping=True)
    part = upkeep(converter, RecordingLog())
    converter.documents = 10
    for _ in range(3):
        part.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    assert (converter.recycled, converter.is_running) == (["10 documents"], True)
    part.tend()
    assert converter.state().is_retiring is False


def test_history_records_cleanups_and_replacements() -> None:
    """There is one row after each document, none at the end of the batch, and each replacement has its reason."""
    converter, history = FakeConverter(semaphores=2), RecordingHistory()
    part = upkeep(converter, RecordingLog(), history=history)
    part.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    part.cleanup(CleanupPoint.BATCH_END)
    (row,) = history.cleanups
    assert (row["semaphores"], row["rss_bytes"]) == (2, MB)
    assert history.incidents[0] == ("converter.recycled", "2 semaphores stand after the cleanup")


def test_old_history_is_forgotten_once_a_day() -> None:
    """It is forgotten at the first cleanup and not at each."""
    history = RecordingHistory()
    part = upkeep(FakeConverter(), RecordingLog(), history=history)
    for _ in range(3):
        part.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    (before,) = history.forgotten
    assert 100 <= time.time() - before < 160


def test_cleanup_is_logged_with_its_counts() -> None:
    """The record has the counts before and after, with memory in megabytes."""
    log = RecordingLog()
    upkeep(FakeConverter(), log).cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
    (fields,) = log.find("cleanup.done")
    assert (fields["point"], fields["semaphores_before"], fields["rss_mb_after"]) == ("between_documents", 0, 1.0)


# --- leaving -------------------------------------------------------------------------------------------------------


def requests(count: int, since_s: float = 0.0) -> SignalRequests:
    made = SignalRequests()
    made.stop_count, made.stop_since_s = count, time.monotonic() - since_s
    return made


@pytest.mark.parametrize(
    ("count", "since_s", "timeout_s", "must"),
    [(0, 999.0, 0.0, False), (1, 1.0, 90.0, False), (1, 91.0, 90.0, True), (1, 0.0, 0.0, True), (2, 0.0, 90.0, True)],
)
def test_document_is_given_up_on_second_signal_or_timeout(
    count: int, since_s: float, timeout_s: float, must: bool
) -> None:
    """After one signal it is given up when the time is up, after two at once, and without a signal never."""
    assert requests(count, since_s).must_leave(timeout_s) is must


def test_signals_are_counted_and_the_first_is_remembered() -> None:
    """The earlier handlers are back afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    made = SignalRequests()
    with made.listening():
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.raise_signal(number)
    assert (made.stop_count, made.stop_name, made.is_reload_wanted, made.is_stopping) == (2, "SIGTERM", True, True)
    assert signal.getsignal(signal.SIGTERM) is before


# --- status --------------------------------------------------------------------------------------------------------


def content(**changes: Any) -> dict[str, Any]:
    """A snapshot of this very process."""
    return {
        "pid": os.getpid(),
        "process_started": psutil.Process().create_time(),
        "heartbeat": time.time(),
        "isolation": "process",
        "state": "idle",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "is_running"),
    [
        ({}, True),
        ({"heartbeat": time.time() - 3600}, False),
        ({"heartbeat": 0.0}, False),
        ({"process_started": 1.0}, False),
        ({"pid": 1 << 30}, False),
        ({"isolation": "inline", "state": "converting", "heartbeat": time.time() - 3600}, True),
        ({"isolation": "inline", "state": "starting", "heartbeat": time.time() - 3600}, True),
        ({"isolation": "inline", "state": "idle", "heartbeat": time.time() - 3600}, False),
    ],
)
def test_only_a_beating_process_counts_as_running(changes: dict[str, Any], is_running: bool) -> None:
    """It is the very process, with a fresh heartbeat. An inline converter cannot beat while it converts."""
    assert status_file._is_running(content(**changes)) is is_running


def test_missing_converter_is_described_with_nulls() -> None:
    """Fields are null if nothing is known."""
    described = status_file.describe_converter(ConverterState(None, None, 0, None, None))
    unknown = {"pid": None, "rss_mb": None, "documents": 0, "semaphores": None, "model_set": None}
    assert described == {**unknown, "starts": 0, "deaths": 0, "cleanups": 0, "removed": 0, "replacement_pid": None}
