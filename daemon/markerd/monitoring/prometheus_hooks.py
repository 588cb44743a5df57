"""The metrics of hooks: what waits, what was given up, and how attempts end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prometheus_client import Metric

_OF_HOOK = ("folder", "hook")
_GAUGES: tuple[tuple[str, str, Callable[[Mapping[str, Any]], float]], ...] = (
    (
        "markerd_hook_waiting_deliveries",
        "Events that this hook is still to be told, up to 10000.",
        lambda h: h["waiting"],
    ),
    (
        "markerd_hook_given_up_deliveries",
        "Events in the list of what was given up, up to 10000.",
        lambda h: h["given_up"],
    ),
    (
        "markerd_hook_oldest_timestamp_seconds",
        "When the oldest event that waits happened, seconds since the epoch; 0 where none waits.",
        lambda h: h["oldest_at"] or 0,
    ),
    ("markerd_hook_away", "1 while the receiver of this hook cannot be reached.", lambda h: h["away"] is not None),
    ("markerd_hook_disabled", "1 where its receiver wants nothing more.", lambda h: h["disabled"] is not None),
)


def build_hook_metrics(hooks: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Build the metrics of the hooks in a status; nothing where there are none."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    if not hooks:
        return
    for name, text, measure in _GAUGES:
        gauge = GaugeMetricFamily(name, text, labels=_OF_HOOK)
        for hook in hooks:
            gauge.add_metric((hook["folder"], hook["hook"]), float(measure(hook)))
        yield gauge
    text = "Attempts to tell this hook of an event, since the daemon started or the hook was changed."
    attempts = CounterMetricFamily("markerd_hook_attempts", text, labels=(*_OF_HOOK, "outcome"))
    text = "Ends of the program of this hook, by exit code; negative for a signal."
    exits = CounterMetricFamily("markerd_hook_exits", text, labels=(*_OF_HOOK, "code"))
    for hook in hooks:
        for outcome in ("delivered", "failed"):
            attempts.add_metric((hook["folder"], hook["hook"], outcome), hook[outcome])
        for code, n in hook["exit_codes"].items():
            exits.add_metric((hook["folder"], hook["hook"], code), n)
    yield from (attempts, exits)
