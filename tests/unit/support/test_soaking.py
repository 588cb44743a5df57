"""The soak tells a leak from a run without."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from soaking import HELD, WARM, Row, Soak, faults_of

MB = 1 << 20
CLEAN = Row(590 * MB, 0.3, (0, 0, 9, 9, 0))


def soak(rows: list[Row], **changes: Any) -> Soak:
    given: dict[str, Any] = {
        "dropped": len(rows),
        "rows": rows,
        "outcomes": {"published": len(rows)},
        "wanted": {"published": len(rows)},
        "tree_bytes": [600 * MB],
        "ceiling_bytes": None,
        "deaths": 0,
        "starts": 1,
        "trend": {},
        "seconds": 1.0,
    }
    return Soak(**{**given, **changes})


def holding(name: str, count: int) -> Row:
    held = list(CLEAN.held)
    held[HELD.index(name)] = count
    return replace(CLEAN, held=tuple(held))


def test_a_run_without_leaks_has_no_faults() -> None:
    """Memory that rises while it warms up, and by 5 kB a document after, is none."""
    rows = [replace(CLEAN, rss_bytes=CLEAN.rss_bytes + min(n, WARM) * MB // 10 + 5000 * n) for n in range(1000)]
    assert faults_of(soak(rows)) == []


def test_growing_memory_is_a_fault_where_nothing_is_replaced() -> None:
    """30 kB a document; with replacements the ceiling is what counts."""
    rows = [replace(CLEAN, rss_bytes=CLEAN.rss_bytes + 30 * 1024 * n) for n in range(1000)]
    assert faults_of(soak(rows)) == ["memory grew by 30.0 kB a document"]
    assert faults_of(soak(rows, ceiling_bytes=1200 * MB)) == []
    assert faults_of(soak(rows, ceiling_bytes=599 * MB)) == ["600 MB, above the ceiling of 599 MB"]


def test_growth_of_several_converters_is_that_of_each() -> None:
    """Two that take turns grow by 30 kB at each of their documents, from different sizes."""
    rows = [
        replace(CLEAN, rss_bytes=CLEAN.rss_bytes + 30 * 1024 * (n // 2) + (n % 2) * MB) for n in range(1000)
    ]  # fmt: skip
    assert faults_of(soak(rows, workers=2)) == ["memory grew by 30.0 kB a document"]
    assert faults_of(soak(rows[: 2 * WARM + 300], workers=2)) == []


@pytest.mark.parametrize("name", ["semaphores", "children", "temp_files"])
def test_what_one_document_leaves_is_a_fault(name: str) -> None:
    """Even where the next cleanup finds nothing more."""
    rows = [CLEAN] * 10 + [holding(name, 1)] + [CLEAN] * 10
    assert faults_of(soak(rows)) == [f"1 {name} after a document"]


@pytest.mark.parametrize("name", ["threads", "file_descriptors"])
def test_more_at_the_end_than_at_the_begin_is_a_fault(name: str) -> None:
    """More in between is none."""
    between = [CLEAN] * 20 + [holding(name, 12)] * 5 + [CLEAN] * 20
    assert faults_of(soak(between)) == []
    assert faults_of(soak([CLEAN] * 40 + [holding(name, 12)])) == [f"{name} rose from 9 to 12"]


def test_documents_that_are_missing_or_ended_otherwise_are_faults() -> None:
    """Each that was dropped is accounted for, and no converter may die."""
    rows = [CLEAN] * 3
    wanted = {"published": 2, "dead": 1}
    assert faults_of(soak(rows, wanted=wanted, outcomes={"published": 2, "dead": 1})) == []
    assert faults_of(soak(rows, wanted=wanted, outcomes={"published": 2, "failed": 3})) == [
        "0 documents dead, 1 should be",
        "3 documents failed, 0 should be",
    ]
    assert faults_of(soak(rows, dropped=4, deaths=1)) == ["3 cleanups after 4 documents", "1 converters died"]


def test_a_daemon_that_grows_is_a_fault() -> None:
    """As its own status says: a descriptor now and then, or more than 20 kB a document."""
    held = {"file_descriptors": {"growth": 0.01}, "rss_bytes": {"growth": 30_000.0}, "threads": {"growth": None}}
    assert len(faults_of(soak([CLEAN], trend={"daemon": {"held": held}}))) == 2
