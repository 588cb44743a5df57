"""The metrics of hooks, as a scrape shows them."""

from __future__ import annotations

from markerd.monitoring.prometheus_hooks import build_hook_metrics

INDEX = {
    "folder": "/in", "hook": "index", "waiting": 3, "given_up": 1, "oldest_at": 5.0, "away": "refused",
    "disabled": None,
    "delivered": 7, "failed": 2, "exit_codes": {"0": 7, "1": 2, "-9": 1}, "last_error": "refused",
}  # fmt: skip
IDLE = {**INDEX, "hook": "mail", "waiting": 0, "oldest_at": None, "away": None, "disabled": "410", "exit_codes": {}}


def test_each_hook_has_its_numbers() -> None:
    """What waits, what was given up, how it fares, and how its program ended."""
    found = {
        (sample.name, *(sample.labels[label] for label in sample.labels if label != "folder")): sample.value
        for metric in build_hook_metrics([INDEX, IDLE])
        for sample in metric.samples
    }
    assert found["markerd_hook_waiting_deliveries", "index"] == 3
    assert found["markerd_hook_given_up_deliveries", "index"] == 1
    assert [found["markerd_hook_oldest_timestamp_seconds", name] for name in ("index", "mail")] == [5.0, 0.0]
    assert [found["markerd_hook_away", name] for name in ("index", "mail")] == [1, 0]
    assert [found["markerd_hook_disabled", name] for name in ("index", "mail")] == [0, 1]
    assert found["markerd_hook_attempts_total", "index", "delivered"] == 7
    assert found["markerd_hook_exits_total", "index", "-9"] == 1


def test_without_hooks_there_are_none() -> None:
    """A daemon without hooks shows nothing of them."""
    assert list(build_hook_metrics([])) == []
