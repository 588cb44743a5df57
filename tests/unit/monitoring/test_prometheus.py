"""The metrics, read back as Prometheus would."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from markerd.convert.protocol import ConverterState, ServerState
from markerd.convert.protocol.pool import add_states
from markerd.monitoring import prometheus, status_file
from markerd.monitoring.leak_trend import LeakTrend
from markerd.monitoring.prometheus import render_metrics
from markerd.monitoring.resource_usage import describe_trend
from markerd.monitoring.status_file import DaemonState, Snapshot

NOW = 1_800_000_000.0
ODD = 'in "quotes"\\\\and\\x0alines ü'

ALWAYS = {
    "markerd_up",
    "markerd_ready",
    "markerd_info",
    "markerd_state",
    "markerd_start_timestamp_seconds",
    "markerd_queue_documents",
    "markerd_waiting_documents",
    "markerd_oldest_waiting_seconds",
    "markerd_documents_total",
    "markerd_attempts_failed_total",
    "markerd_pages_total",
    "markerd_pages_degraded_total",
    "markerd_convert_seconds_total",
    "markerd_waited_seconds_total",
}
WHILE_RUNNING = {
    "markerd_heartbeat_timestamp_seconds",
    "markerd_silent_seconds",
    "markerd_folder_paused",
    "markerd_folder_settling_documents",
    "markerd_converter_resident_memory_bytes",
    "markerd_converter_documents",
    "markerd_converter_semaphores",
    "markerd_converter_starts_total",
    "markerd_converter_deaths_total",
    "markerd_converter_cleanups_total",
    "markerd_converter_semaphores_removed_total",
    "markerd_held_memory_bytes",
    "markerd_held_resources",
    "markerd_memory_growth_bytes_per_document",
    "markerd_away_models",
}
WITH_MODEL_SERVERS = {
    "markerd_away_model_documents",
    "markerd_model_server_ready",
    "markerd_model_server_resident_memory_bytes",
    "markerd_model_server_starts_total",
}

ON_A_CLUSTER = {"markerd_cluster_actors", "markerd_cluster_documents", "markerd_cluster_resident_memory_bytes"}
WITH_HOOKS = {
    "markerd_hook_waiting_deliveries",
    "markerd_hook_given_up_deliveries",
    "markerd_hook_oldest_timestamp_seconds",
    "markerd_hook_away",
    "markerd_hook_disabled",
    "markerd_hook_attempts_total",
    "markerd_hook_exits_total",
}
EVERY = ALWAYS | WHILE_RUNNING | WITH_MODEL_SERVERS | ON_A_CLUSTER | WITH_HOOKS

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def warm_trend() -> LeakTrend:
    """A converter that has grown by 2 kB a document, and whose semaphores the platform cannot list."""
    trend = LeakTrend()
    for number in range(300):
        trend.add({"rss_bytes": (3 << 20) + 2048 * number, "threads": 9, "semaphores": -1})
    return trend


def content(*, is_running: bool = True, **changes: Any) -> dict[str, Any]:
    """The status of a busy daemon."""
    converter = ConverterState(7, 3 << 20, 12, 0, "embedded", starts=2, deaths=1, cleanups=30, removed=4)
    snapshot = Snapshot(
        state=DaemonState.CONVERTING,
        version="1.2.3",
        since=NOW - 100,
        heartbeat=NOW - 1,
        is_ready=True,
        silent_s={"loop": 0.1, "observers": 0.2, "converter": 0.3},
        queued=3,
        waiting_since=NOW - 42,
        counts={"published": 10, "skipped": 2, "dead": 1, "waiting": 5},
        totals={"published": 10, "failed": 6, "pages": 80, "convert_seconds": 33.5, "waited_seconds": 70.25},
        folders=[
            {"path": "/in", "output": "/out", "observer": "native", "since": 1.0, "paused": None, "settling": 2},
            {"path": ODD, "output": "/out", "observer": None, "since": 1.0, "paused": "gone", "settling": 0},
        ],
        converter=status_file.describe_converter(converter),
        trend={"converter": describe_trend(warm_trend()), "daemon": {"documents": 0, "held": {}}},
    )
    return {**status_file.build_content(snapshot), "is_running": is_running, **changes}


def read(text: bytes) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def test_a_running_daemon_has_every_metric() -> None:
    """These names and no others: alert rules are written on them."""
    assert {name for name, _ in read(render_metrics(content(), NOW))} == ALWAYS | WHILE_RUNNING


def test_reference_lists_every_metric() -> None:
    """What operators read is what there is."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "metrics.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(markerd_\w+)`", page, re.MULTILINE)) == EVERY


def test_actors_of_a_cluster_are_counted_on_their_nodes() -> None:
    """One that is on no node now is not counted; without a cluster there is none of these metrics."""
    nodes = ["b", "a", "b", ""]
    states = [ConverterState(7, 5 << 20, 0, 0, "embedded", node=node, in_work=2) for node in nodes]
    described = status_file.describe_converters([add_states(states), *states])
    found = read(render_metrics(content(converter=described), NOW))
    assert {name for name, _ in found} >= ON_A_CLUSTER
    assert [value(found, "markerd_cluster_actors", node=node) for node in "ab"] == [1, 2]
    assert [value(found, "markerd_cluster_documents", node=node) for node in "ab"] == [2, 4]
    assert [value(found, "markerd_cluster_resident_memory_bytes", node=node) for node in "ab"] == [5 << 20, 10 << 20]
    assert len([key for key in found if key[0] == "markerd_cluster_actors"]) == 2


def test_model_servers_and_models_that_are_away() -> None:
    """With Marker's own models only; a server that does not run has no memory."""
    ready = ServerState("layout", "ready", "model", 4000, pid=8, rss_bytes=5 << 20, starts=2)
    states = [ready, ServerState("vision", "waiting", "model", 4001, starts=3, deaths=3, reason="killed")]
    servers = [status_file.describe_server(state) for state in states]
    away = [{"model": "vision", "reason": "killed", "waiting": 4}]
    found = read(render_metrics(content(model_servers=servers, away_models=away), NOW))
    assert {name for name, _ in found} == ALWAYS | WHILE_RUNNING | WITH_MODEL_SERVERS
    assert value(found, "markerd_away_models") == 1
    assert value(found, "markerd_away_model_documents", model="vision") == 4
    assert value(found, "markerd_model_server_ready", server="layout") == 1
    assert value(found, "markerd_model_server_ready", server="vision") == 0
    assert value(found, "markerd_model_server_resident_memory_bytes", server="layout") == 5 << 20
    assert ("markerd_model_server_resident_memory_bytes", (("server", "vision"),)) not in found
    assert value(found, "markerd_model_server_starts_total", server="vision") == 3


def test_values_are_those_of_the_status() -> None:
    """Megabytes become bytes, and times ages, as the units in the names say."""
    found = read(render_metrics(content(), NOW))
    assert value(found, "markerd_up") == 1
    assert value(found, "markerd_ready") == 1
    assert value(found, "markerd_info", version="1.2.3", model_set="embedded") == 1
    assert value(found, "markerd_start_timestamp_seconds") == NOW - 100
    assert value(found, "markerd_heartbeat_timestamp_seconds") == NOW - 1
    assert value(found, "markerd_silent_seconds", part="observers") == 0.2
    assert value(found, "markerd_queue_documents") == 3
    assert value(found, "markerd_waiting_documents") == 5
    assert value(found, "markerd_oldest_waiting_seconds") == 42
    assert [value(found, "markerd_documents_total", outcome=o) for o in ("published", "skipped", "dead")] == [10, 2, 1]
    assert value(found, "markerd_attempts_failed_total") == 6
    assert value(found, "markerd_pages_total") == 80
    assert value(found, "markerd_convert_seconds_total") == 33.5
    assert value(found, "markerd_waited_seconds_total") == 70.25
    assert value(found, "markerd_folder_settling_documents", folder="/in") == 2
    assert value(found, "markerd_converter_resident_memory_bytes") == 3 << 20
    assert value(found, "markerd_converter_documents") == 12
    assert value(found, "markerd_converter_semaphores") == 0
    assert value(found, "markerd_converter_starts_total") == 2
    assert value(found, "markerd_converter_deaths_total") == 1
    assert value(found, "markerd_converter_cleanups_total") == 30
    assert value(found, "markerd_converter_semaphores_removed_total") == 4
    assert value(found, "markerd_held_memory_bytes", process="converter") == (3 << 20) + 2048 * 299
    assert value(found, "markerd_held_resources", process="converter", resource="threads") == 9
    assert value(found, "markerd_memory_growth_bytes_per_document", process="converter") == 2048


def test_folder_name_is_escaped_and_read_back() -> None:
    """Quotes and backslashes in a label are escaped."""
    found = read(render_metrics(content(), NOW))
    assert value(found, "markerd_folder_paused", folder=ODD) == 1
    assert value(found, "markerd_folder_paused", folder="/in") == 0


def test_every_state_is_there_and_one_is_current() -> None:
    """A state that ends goes to 0, it does not vanish."""
    assert set(prometheus.STATES) == {state.value for state in DaemonState}
    found = read(render_metrics(content(), NOW))
    assert {state: value(found, "markerd_state", state=state) for state in prometheus.STATES} == {
        **dict.fromkeys(prometheus.STATES, 0),
        "converting": 1,
    }


def test_a_daemon_that_is_down_keeps_what_its_journal_counted() -> None:
    """Counters do not fall to 0 with it, documents wait on, and what only a running one can know is gone."""
    found = read(render_metrics(content(is_running=False, heartbeat=0.0), NOW))
    assert {name for name, _ in found} == ALWAYS
    assert value(found, "markerd_up") == value(found, "markerd_ready") == value(found, "markerd_queue_documents") == 0
    assert value(found, "markerd_documents_total", outcome="published") == 10
    assert value(found, "markerd_oldest_waiting_seconds") == 42
    assert {value(found, "markerd_state", state=state) for state in prometheus.STATES} == {0}


def test_a_daemon_that_never_ran_is_down() -> None:
    """Which a monitor can tell from no metrics at all."""
    assert read(render_metrics(None, NOW)) == {("markerd_up", ()): 0, ("markerd_ready", ()): 0}


@pytest.mark.parametrize("changes", [{}, {"converter": {}}, {"waiting_since": NOW + 5}, {"totals": {}, "counts": {}}])
def test_no_value_is_ever_nan_or_negative(changes: dict[str, Any]) -> None:
    """Before the first document, without a converter, and when the clock was set back."""
    values = read(render_metrics(content(**changes), NOW)).values()
    assert not any(math.isnan(found) or found < 0 for found in values)


def test_unknown_values_are_missing() -> None:
    """No memory and no semaphores rather than a wrong number."""
    unknown = status_file.describe_converter(ConverterState(7, None, 0, -1, None))
    names = {name for name, _ in read(render_metrics(content(converter=unknown), NOW))}
    assert names == (ALWAYS | WHILE_RUNNING) - {
        "markerd_converter_resident_memory_bytes",
        "markerd_converter_semaphores",
    }


def test_every_metric_says_what_it_is() -> None:
    """HELP for each family; counters as such."""
    for family in text_string_to_metric_families(render_metrics(content(), NOW).decode()):
        assert family.documentation.endswith("."), family.name
        assert (family.type == "counter") is any(sample.name.endswith("_total") for sample in family.samples)
