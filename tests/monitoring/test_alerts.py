"""The alerts for Prometheus: their rules checked and tested by promtool."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from monitoring.tools import KIT, program

ALERTS, TESTS = KIT / "alerts.yml", KIT / "alerts.test.yml"
METRICS = {
    "markerd_up", "markerd_ready", "markerd_info", "markerd_state", "markerd_heartbeat_timestamp_seconds",
    "markerd_start_timestamp_seconds", "markerd_silent_seconds", "markerd_queue_documents",
    "markerd_waiting_documents", "markerd_oldest_waiting_seconds", "markerd_documents_total",
    "markerd_attempts_failed_total", "markerd_pages_total", "markerd_convert_seconds_total",
    "markerd_waited_seconds_total", "markerd_folder_paused", "markerd_folder_settling_documents",
    "markerd_converter_resident_memory_bytes", "markerd_converter_documents", "markerd_converter_semaphores",
    "markerd_converter_starts_total", "markerd_converter_deaths_total", "markerd_converter_cleanups_total",
    "markerd_converter_semaphores_removed_total",
}  # fmt: skip
"""What the daemon exposes."""
NOT_IN_THE_LOG = {"markerd_up", "markerd_silent_seconds"}
"""Of which alone the log cannot tell: for those alerts the daemon has to be scraped."""


def promtool(*arguments: str) -> None:
    done = subprocess.run(
        [program("promtool", "prometheus"), *arguments],
        capture_output=True, text=True, cwd=KIT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def cases() -> list[tuple[str, bool]]:
    """(alert, whether it is expected to fire) of every unit test."""
    tests = yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
    return [(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]]


def test_prometheus_takes_the_rules() -> None:
    """Every expression parses, every template too."""
    promtool("check", "rules", ALERTS.name)


def test_alerts_fire_and_keep_quiet_as_they_should() -> None:
    """The unit tests of alerts.test.yml pass: what is said is said then, in these words."""
    promtool("test", "rules", TESTS.name)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_is_tested_and_says_what_to_do(rule: dict[str, Any]) -> None:
    """It has a case in which it fires and one in which it does not, a severity, a summary and a description."""
    assert {fires for alert, fires in cases() if alert == rule["alert"]} == {True, False}
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert len(rule["annotations"]["description"]) > 60


def test_alerts_ask_for_metrics_that_there_are() -> None:
    """Of the daemon's metrics; and of markerd.mtail's, but for those that no log can tell."""
    asked = {name for rule in rules() for name in re.findall(r"\bmarkerd_\w+", rule["expr"])}
    program_of_mtail = (KIT / "markerd.mtail").read_text("utf-8")
    of_the_log = set(re.findall(r"^(?:counter|gauge) (\w+)", program_of_mtail, re.MULTILINE))
    assert asked <= METRICS
    assert asked - of_the_log == NOT_IN_THE_LOG
