"""What is held after each document, of a process that really holds it."""

from __future__ import annotations

import os
from pathlib import Path

from markerd.monitoring.leak_trend import WARM_UP_DOCUMENTS
from markerd.monitoring.resource_usage import ResourceUsage, measure_own_usage

HELD = {"threads": 9, "rss_bytes": 1 << 20}


def test_a_converter_that_is_replaced_begins_anew(tmp_path: Path) -> None:
    """Its successor's models are no growth; the daemon's account goes on."""
    usage = ResourceUsage(tmp_path)
    assert usage.describe() == {}
    for pid in (7, 7, 8):
        usage.record(pid, HELD)
    described = usage.describe()
    assert (described["converter"]["documents"], described["daemon"]["documents"]) == (1, 3)


def test_inline_converter_is_counted_once(tmp_path: Path) -> None:
    """With `isolation = inline` there is one process."""
    usage = ResourceUsage(tmp_path)
    usage.record(os.getpid(), HELD)
    assert set(usage.describe()) == {"converter"}


def test_leaked_descriptor_shows_as_growth(tmp_path: Path) -> None:
    """As the daemon's own growth, with what it held at first."""
    usage, left = ResourceUsage(tmp_path), []
    try:
        for number in range(WARM_UP_DOCUMENTS + 20):
            left.append((tmp_path / f"{number}").open("w"))
            usage.record(7, HELD)
        held = usage.describe()["daemon"]["held"]
        assert held["file_descriptors"]["growth"] == held["temp_files"]["growth"] == 1
        assert held["temp_files"] == {"now": len(left), "first": WARM_UP_DOCUMENTS + 1, "growth": 1}
        assert held["threads"]["growth"] == held["children"]["growth"] == 0
    finally:
        for file in left:
            file.close()


def test_missing_spool_has_no_count(tmp_path: Path) -> None:
    """It cannot be counted, and nothing is wrong with the rest."""
    found = measure_own_usage(tmp_path / "away")
    assert found["temp_files"] == -1
    assert found["rss_bytes"] > 0
