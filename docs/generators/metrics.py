"""`reference/metrics.md`: every metric that `markerd.monitoring.prometheus` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generators.markdown import code, codes, document, table
from markerd.monitoring.prometheus import STATES, build_metrics

if TYPE_CHECKING:
    from prometheus_client import Metric

_HEAD = """\
The metrics come from `markerd status --prometheus` and, with `[http] listen`, from `/metrics`: see
[Monitoring](../operate/monitoring.md). Names and labels are part of the public interface.

Counters of documents, attempts, pages and seconds are kept in the journal and survive a restart. Counters of the
converter start at 0 with the daemon, or with a reload that replaces the converter. A daemon that is not running gives
`markerd_up 0` and what its journal has counted; what a platform cannot tell is missing."""

_HELD = {"rss_bytes": 1, "semaphores": 0, "children": 0, "threads": 1, "file_descriptors": 1, "temp_files": 0}
_SERVERS = ("layout", "OCR error", "vision")
_BUSY: dict[str, Any] = {
    "is_running": True, "is_ready": True, "version": "1", "state": STATES[0], "since": 1.0, "heartbeat": 1.0,
    "queued": 0, "waiting_since": 1.0, "counts": {}, "totals": {},
    "silent_s": {"loop": 0, "observers": 0, "converter": 0},
    "folders": [{"path": "/in", "paused": None, "settling": 0}],
    "converter": {"model_set": "embedded", "rss_mb": 1.0, "documents": 0, "semaphores": 0,
                  "workers": [{"node": "host", "rss_mb": 1.0, "in_work": 1}]},
    "model_servers": [{"server": name, "phase": "ready", "rss_mb": 1.0, "starts": 1} for name in _SERVERS],
    "away_models": [{"model": "vision", "reason": "", "waiting": 1}],
    "hooks": [{"folder": "/in", "hook": "index", "waiting": 0, "given_up": 0, "oldest_at": None, "away": None,
               "disabled": None, "delivered": 0, "failed": 0, "exit_codes": {"0": 0}}],
    "trend": {
        process: {"held": {name: {"now": value, "growth": 0.0} for name, value in _HELD.items()}}
        for process in ("converter", "daemon")
    },
}  # fmt: skip
"""The status of a daemon of which everything is known."""
_VARIABLE = {"version", "model_set", "folder", "hook", "code", "node"}
"""Labels whose values are the user's own, so that none are listed."""


def page() -> str:
    """The page in Markdown."""
    rows = [_row(metric) for metric in build_metrics(_BUSY, 2.0)]
    return document("Metrics", _HEAD, table(("metric", "type", "labels", "meaning"), rows))


def _row(metric: Metric) -> tuple[str, ...]:
    name = f"{metric.name}_total" if metric.type == "counter" else metric.name
    labels = {label: None for sample in metric.samples for label in sample.labels}
    return code(name), metric.type, "; ".join(_label(metric, label) for label in labels), metric.documentation


def _label(metric: Metric, label: str) -> str:
    values = dict.fromkeys(sample.labels[label] for sample in metric.samples)
    return code(label) if label in _VARIABLE else f"{code(label)}: {codes(values)}"
