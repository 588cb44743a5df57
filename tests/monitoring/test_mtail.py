"""The mtail program, run by the real mtail over the real log."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from monitoring.scene import HOSTILE_NAME
from monitoring.tools import Records, metrics_from, mtail, of

SAMPLE = re.compile(r"^(\w+)(?:{(\w+)=\"((?:[^\"\\]|\\.)*)\"})? (\S+)$", re.MULTILINE)

Metrics = dict[tuple[str, str], float]


def metrics_of(log: Path) -> Metrics:
    """Name and the value of its one label, or the empty string, to value."""
    return {(name, label): float(value) for name, _, label, value in SAMPLE.findall(metrics_from(log))}


@pytest.fixture(scope="module")
def metrics(real_log: Path) -> Metrics:
    return metrics_of(real_log)


def seconds_of(record: dict[str, str]) -> int:
    return int(datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00")).timestamp())


def test_mtail_compiles_the_program() -> None:
    """mtail accepts the program."""
    mtail("-compile_only")


@pytest.mark.models
def test_counters_equal_the_records_of_the_log(metrics: Metrics, records: Records) -> None:
    """Documents by outcome, failures by kind, starts and deaths are as many as the log has records."""
    expected = {
        **{("markerd_log_records_total", level): n for level, n in Counter(r["level"] for r in records).items()},
        **{
            ("markerd_documents_total", outcome): len(of(records, f"document.{outcome}"))
            for outcome in ("published", "skipped", "dead")
        },
        **{
            (metric, kind): n
            for metric, event in (
                ("markerd_dead_letters_total", "document.dead"),
                ("markerd_failures_total", "document.failed"),
            )
            for kind, n in Counter(r["kind"] for r in of(records, event)).items()
        },
        ("markerd_attempts_failed_total", ""): len(of(records, "document.failed")),
        ("markerd_starts_total", ""): len(of(records, "daemon.started")),
        ("markerd_converter_starts_total", ""): len(of(records, "converter.started")),
        ("markerd_converter_deaths_total", ""): len(of(records, "converter.died")),
        ("markerd_converter_recycled_total", ""): len(of(records, "converter.recycled")),
        ("markerd_cleanups_with_leaks_total", ""): sum(1 for r in of(records, "cleanup.done") if r["removed"]),
    }
    assert {key: metrics.get(key) for key in expected} == expected
    for name in ("markerd_documents_total", "markerd_dead_letters_total", "markerd_failures_total"):
        assert {key for key in metrics if key[0] == name} == {key for key in expected if key[0] == name}


@pytest.mark.models
@pytest.mark.parametrize("field", ["pages", "convert_seconds", "waited_seconds"])
def test_sums_equal_the_fields_of_the_log(metrics: Metrics, records: Records, field: str) -> None:
    """Pages and seconds are those of published documents."""
    expected = sum(record[field] for record in of(records, "document.published"))
    assert expected > 0
    assert metrics[f"markerd_{field}_total", ""] == pytest.approx(expected)


@pytest.mark.models
@pytest.mark.parametrize("field", ["convert_seconds", "waited_seconds"])
def test_histograms_count_each_document_once(metrics: Metrics, records: Records, field: str) -> None:
    """A bucket holds the documents that took no longer than its limit."""
    values = [record[field] for record in of(records, "document.published")]
    buckets = {float(bound): n for (name, bound), n in metrics.items() if name == f"markerd_{field}_bucket"}
    assert len(buckets) > 8
    assert buckets == {bound: sum(1 for value in values if value <= bound) for bound in buckets}
    assert metrics[f"markerd_{field}_count", ""] == len(values)


@pytest.mark.models
def test_gauges_hold_the_latest_values(metrics: Metrics, records: Records) -> None:
    """They hold the numbers and time of the last heartbeat, the last start, and the last state of each folder."""
    beat = of(records, "daemon.heartbeat")[-1]
    told = {  # by the last that knew it: while no converter runs it is null
        field: [each[field] for each in of(records, "daemon.heartbeat") if each[field] is not None][-1]
        for field in ("semaphores", "rss_mb")
    }
    (folder,) = {record["folder"] for record in of(records, "folder.paused")}
    expected = {
        ("markerd_heartbeat_timestamp_seconds", ""): seconds_of(beat),
        ("markerd_start_timestamp_seconds", ""): seconds_of(of(records, "daemon.started")[-1]),
        ("markerd_queue_documents", ""): beat["queued"],
        ("markerd_waiting_documents", ""): beat["waiting"],
        ("markerd_oldest_waiting_seconds", ""): beat["oldest_waiting_seconds"],
        ("markerd_converter_semaphores", ""): told["semaphores"],
        ("markerd_ready", ""): 0,
        ("markerd_folder_paused", folder): 0,
    }
    assert {key: metrics.get(key) for key in expected} == expected
    assert metrics["markerd_converter_resident_memory_bytes", ""] == pytest.approx(told["rss_mb"] * (1 << 20))


@pytest.mark.models
def test_incomplete_log_shows_the_state_at_its_end(real_log: Path, records: Records, tmp_path: Path) -> None:
    """Read up to the place where the folder is away, it shows the daemon ready and the folder paused."""
    lines = real_log.read_text("utf-8").splitlines(keepends=True)
    stop = next(number for number, record in enumerate(records, 1) if record["event"] == "folder.paused")
    log = tmp_path / "half.log"
    log.write_text("".join(f"<6>{line}" for line in lines[:stop]), "utf-8")  # with the priorities of journald, too
    metrics = metrics_of(log)
    assert metrics["markerd_ready", ""] == 1
    assert metrics["markerd_folder_paused", records[stop - 1]["folder"]] == 1


@pytest.mark.models
def test_one_heartbeat_shows_a_ready_daemon(real_log: Path, records: Records, tmp_path: Path) -> None:
    """Started late, mtail knows from the next heartbeat on that the daemon is ready, and counts from 0."""
    lines = real_log.read_text("utf-8").splitlines(keepends=True)
    log = tmp_path / "late.log"
    beats = [beat for beat in of(records, "daemon.heartbeat") if beat["state"] in ("idle", "converting", "paused")]
    log.write_text(lines[records.index(beats[-1])], "utf-8")
    metrics = metrics_of(log)
    assert metrics["markerd_ready", ""] == 1
    assert {metrics["markerd_documents_total", outcome] for outcome in ("published", "skipped", "dead")} == {0}


@pytest.mark.models
def test_file_name_forges_no_record(records: Records, metrics: Metrics) -> None:
    """A document whose name looks like a record of a dead letter counts as what it is."""
    assert HOSTILE_NAME in {r["document"] for r in of(records, "document.published")}
    assert ("markerd_dead_letters_total", "x") not in metrics
