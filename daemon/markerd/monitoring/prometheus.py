"""The content of `status.json` as Prometheus metrics, for the `/metrics` page and node_exporter's textfile collector.

The names are part of the public interface: alert rules and dashboards are written on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from markerd.monitoring.prometheus_hooks import build_hook_metrics

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STATES = ("starting", "idle", "converting", "paused", "stopping")

_MB = 1 << 20
_OUTCOMES = ("published", "skipped", "dead")
_SINCE_START = {
    "starts": ("markerd_converter_starts", "Converters started since the daemon started."),
    "deaths": ("markerd_converter_deaths", "Converters that ended unasked since the daemon started."),
    "cleanups": ("markerd_converter_cleanups", "Cleanups of the converter since the daemon started."),
    "removed": ("markerd_converter_semaphores_removed", "Semaphores that cleanups removed since the daemon started."),
}

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]
"""The values of the labels, in their order, with the value that was measured."""
Content = Mapping[str, Any]
"""What `status_file.read` returns: the fields of status.json and `is_running`."""


def render_metrics(content: Content | None, now: float) -> bytes:
    """Render the metrics in Prometheus' text format 0.0.4, UTF-8; see `build_metrics`."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    registry.register(cast("Collector", _Collector(list(build_metrics(content, now)))))
    return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _Collector:
    """A Collector by its one method: to inherit from the class would import the library at once."""

    families: Sequence[Metric]

    def collect(self) -> Sequence[Metric]:
        return self.families


def build_metrics(content: Content | None, now: float) -> Iterator[Metric]:
    """Build the metrics of a status, None standing for no status at all; `now` is seconds since the epoch.

    A daemon that does not run is `markerd_up 0` with what its journal counted. What only a running daemon knows is
    missing then, and what the platform cannot tell is always missing. No value is ever NaN.
    """
    is_running = content is not None and bool(content["is_running"])
    yield _build_gauge("markerd_up", "1 while the daemon runs and shows life, else 0.", is_running)
    yield _build_gauge(
        "markerd_ready",
        "1 when the models are loaded and every folder is watched, or known to be paused.",
        is_running and content is not None and content["is_ready"],
    )
    if content is None:
        return
    yield from _build_identity(content, is_running)
    yield from _build_document_metrics(content, now, is_running)
    if is_running:
        yield from _build_silence(content)
        yield from _build_folder_metrics(content)
        yield from _build_converter_metrics(content.get("converter", {}))
        yield from _build_cluster_metrics(content.get("converter", {}))
        yield from _build_model_metrics(content)
        yield from build_hook_metrics(content.get("hooks", []))
        yield from _build_held_metrics(content.get("trend", {}))


def _build_identity(content: Content, is_running: bool) -> Iterator[Metric]:
    model_set = content.get("converter", {}).get("model_set") or ""
    yield _build_labelled_gauge(
        "markerd_info", "Version of the daemon and its model set.", ("version", "model_set"),
        [((content["version"], model_set), 1)],
    )  # fmt: skip
    state = content["state"] if is_running else None
    yield _build_labelled_gauge(
        "markerd_state", "1 for the state the daemon is in, 0 for the others.", ("state",),
        [((name,), name == state) for name in STATES],
    )  # fmt: skip
    yield _build_gauge(
        "markerd_start_timestamp_seconds", "When the daemon started, seconds since the epoch.", content["since"]
    )
    if content["heartbeat"] > 0:  # which it is after an orderly end
        yield _build_gauge(
            "markerd_heartbeat_timestamp_seconds", "When the daemon last showed life, seconds since the epoch.",
            content["heartbeat"],
        )  # fmt: skip


def _build_document_metrics(content: Content, now: float, is_running: bool) -> Iterator[Metric]:
    counts, totals, oldest = content["counts"], content.get("totals", {}), content.get("waiting_since")
    waited = 0.0 if oldest is None else max(now - oldest, 0.0)
    yield _build_gauge("markerd_queue_documents", "Documents in the queue.", content["queued"] if is_running else 0)
    yield _build_gauge("markerd_waiting_documents", "Documents seen and not finished.", counts.get("waiting", 0))
    yield _build_gauge(
        "markerd_oldest_waiting_seconds", "Age of the oldest document that waits; 0 when none does.", waited
    )
    outcomes = [((name,), counts.get(name, 0)) for name in _OUTCOMES]
    yield _build_labelled_counter(
        "markerd_documents", "Documents finished since the journal began.", ("outcome",), outcomes
    )
    for name, metric, text in (
        ("failed", "markerd_attempts_failed", "Attempts that failed and are followed by another."),
        ("pages", "markerd_pages", "Pages of the documents published."),
        (
            "pages_degraded",
            "markerd_pages_degraded",
            "Pages of them that a plainer reader read.",
        ),
        ("convert_seconds", "markerd_convert_seconds", "Seconds that the converter took for what was published."),
        ("waited_seconds", "markerd_waited_seconds", "Seconds from first sight to publication, of what was published."),
    ):
        yield _build_counter(metric, text, totals.get(name, 0))


def _build_silence(content: Content) -> Iterator[Metric]:
    silent = [((part,), seconds) for part, seconds in content.get("silent_s", {}).items()]
    yield _build_labelled_gauge(
        "markerd_silent_seconds", "Seconds since this part of the daemon last showed life.", ("part",), silent
    )


def _build_folder_metrics(content: Content) -> Iterator[Metric]:
    folders = content["folders"]
    paused = [((folder["path"],), bool(folder["paused"])) for folder in folders]
    settling = [((folder["path"],), folder["settling"]) for folder in folders]
    yield _build_labelled_gauge("markerd_folder_paused", "1 while this hot folder cannot be used.", ("folder",), paused)
    yield _build_labelled_gauge(
        "markerd_folder_settling_documents", "Files in this hot folder that are not queued yet.", ("folder",), settling
    )


def _build_converter_metrics(converter: Content) -> Iterator[Metric]:
    rss_mb, semaphores = converter.get("rss_mb"), converter.get("semaphores")
    if rss_mb is not None:
        text = "Resident memory of the converter with its children."
        yield _build_gauge("markerd_converter_resident_memory_bytes", text, rss_mb * _MB)
    if converter:
        yield _build_gauge(
            "markerd_converter_documents", "Documents that this converter has had.", converter["documents"]
        )
    if semaphores is not None and semaphores >= 0:  # -1: the platform cannot list them
        yield _build_gauge("markerd_converter_semaphores", "Named semaphores that the converter holds.", semaphores)
    for key, (metric, text) in _SINCE_START.items():
        yield _build_counter(metric, text, converter.get(key, 0))


def _build_cluster_metrics(converter: Content) -> Iterator[Metric]:
    """Nothing, where the converters are on this machine."""
    actors, documents, memory = Counter[str](), Counter[str](), Counter[str]()
    for worker in converter.get("workers", ()):
        if "node" in worker:
            actors[worker["node"]] += 1
            documents[worker["node"]] += worker["in_work"]
            memory[worker["node"]] += round((worker["rss_mb"] or 0) * _MB)
    if actors:
        text = "Actors of the cluster that are in use on this node."
        yield _build_labelled_gauge("markerd_cluster_actors", text, ("node",), _label(actors))
        text = "Documents that they have: those that they convert, and those that wait there for the end of another."
        yield _build_labelled_gauge("markerd_cluster_documents", text, ("node",), _label(documents))
        text = "Resident memory of their converters with all children."
        yield _build_labelled_gauge("markerd_cluster_resident_memory_bytes", text, ("node",), _label(memory))


def _label(counts: Mapping[str, int]) -> list[tuple[tuple[str, ...], float]]:
    return [((name,), count) for name, count in sorted(counts.items())]


def _build_model_metrics(content: Content) -> Iterator[Metric]:
    """The embedded models have no servers, and are never away."""
    servers, away = content.get("model_servers", []), content.get("away_models", [])
    yield _build_gauge(
        "markerd_away_models", "Models that documents wait for, because they cannot be reached.", len(away)
    )
    if servers:
        ready = [((server["server"],), server["phase"] == "ready") for server in servers]
        memory = [((server["server"],), server["rss_mb"] * _MB) for server in servers if server["rss_mb"] is not None]
        starts = [((server["server"],), server["starts"]) for server in servers]
        text = "1 while the model server answers."
        yield _build_labelled_gauge("markerd_model_server_ready", text, ("server",), ready)
        text = "Resident memory of the model server with its children."
        yield _build_labelled_gauge("markerd_model_server_resident_memory_bytes", text, ("server",), memory)
        text = "Starts of the model server since the daemon started."
        yield _build_labelled_counter("markerd_model_server_starts", text, ("server",), starts)
    if away:
        waiting = [((model["model"],), model["waiting"]) for model in away]
        text = "Documents that wait for a model that cannot be reached."
        yield _build_labelled_gauge("markerd_away_model_documents", text, ("model",), waiting)


def _build_held_metrics(trend: Content) -> Iterator[Metric]:
    """Nothing is known before the first document."""
    held = [(process, name, value) for process, described in trend.items() for name, value in described["held"].items()]
    memory = [((process,), value) for process, name, value in held if name == "rss_bytes"]
    counts = [((process, name), value["now"]) for process, name, value in held if name != "rss_bytes"]
    growth = [(labels, value["growth"]) for labels, value in memory if value["growth"] is not None]
    text = "Resident memory between two documents, without children."
    yield _build_labelled_gauge(
        "markerd_held_memory_bytes", text, ("process",), [(labels, value["now"]) for labels, value in memory]
    )
    text = "Semaphores, children, threads, file descriptors and temp files between two documents."
    yield _build_labelled_gauge("markerd_held_resources", text, ("process", "resource"), counts)
    text = "Change of the memory of this process with each document, once its caches are full."
    yield _build_labelled_gauge("markerd_memory_growth_bytes_per_document", text, ("process",), growth)


def _build_gauge(name: str, text: str, value: float) -> Metric:
    return _build_labelled_gauge(name, text, (), [((), value)])


def _build_labelled_gauge(name: str, text: str, labels: Labels, samples: Samples) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family


def _build_counter(name: str, text: str, value: float) -> Metric:
    return _build_labelled_counter(name, text, (), [((), value)])


def _build_labelled_counter(name: str, text: str, labels: Labels, samples: Samples) -> Metric:
    """The library adds `_total` to the name."""
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, float(value))
    return family
