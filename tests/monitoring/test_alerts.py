"""The alerts for Prometheus: their rules checked and tested by promtool."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from markerd.monitoring import prometheus
from monitoring.scene import LoggedDaemon
from monitoring.tools import KIT, metrics_from, program

ALERTS, TESTS = KIT / "alerts.yml", KIT / "alerts.test.yml"
NOT_IN_THE_LOG = {
    "markerd_up",
    "markerd_silent_seconds",
    "markerd_away_models",
    "markerd_hook_given_up_deliveries",
    "markerd_hook_away",
}
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
    """Every expression and every template parses."""
    promtool("check", "rules", ALERTS.name)


def test_alerts_pass_their_unit_tests() -> None:
    """Each case of alerts.test.yml fires, or stays quiet, with the expected words."""
    promtool("test", "rules", TESTS.name)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_is_tested_and_says_what_to_do(rule: dict[str, Any]) -> None:
    """It has a case in which it fires and one in which it does not, a severity, a summary and a description."""
    assert {fires for alert, fires in cases() if alert == rule["alert"]} == {True, False}
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert len(rule["annotations"]["description"]) > 60


# --- on what the daemon and mtail really say --------------------------------------------------------------------------


def asked_for() -> set[str]:
    return {name for rule in rules() for name in re.findall(r"\bmarkerd_\w+", rule["expr"])}


def names_in(exposition: str) -> set[str]:
    return {sample.name for family in text_string_to_metric_families(exposition) for sample in family.samples}


@pytest.mark.models
def test_daemon_has_the_metrics_of_the_alerts(real_run: LoggedDaemon) -> None:
    """They are those of the status of the real daemon, which `markerd status --prometheus` shows."""
    names = {s.name for family in prometheus.build_metrics(real_run.content, time.time()) for s in family.samples}
    assert asked_for() <= names
    assert names_in(real_run.textfile) == names


@pytest.mark.models
def test_mtail_has_the_metrics_of_the_alerts(real_log: Path) -> None:
    """They come from the real log, except for those that no log can tell."""
    assert asked_for() - names_in(metrics_from(real_log)) == NOT_IN_THE_LOG


def series(exposition: str, now: float, *, is_alive: bool) -> list[dict[str, str]]:
    """The samples as series that stay as they are for hours; the heartbeat of one that is alive goes on.

    promtool's clock begins at 0, so moments are given as seconds from `now`.
    """
    found = []
    for line in exposition.splitlines():
        if line.startswith("#"):
            continue
        name, value = line.rsplit(" ", 1)
        moment = float(value) - (now if "_timestamp_seconds" in name else 0)
        step = 60 if is_alive and name.startswith("markerd_heartbeat") else 0
        found.append({"series": name, "values": f"{moment:.6f}+{step}x120"})
    return found


def check_firing(input_series: list[dict[str, str]], expected: set[str], folder: Path) -> None:
    """After an hour, each of them once and no others."""
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in expected]
    question = {
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "1h", "exp_samples": samples
    }  # fmt: skip
    test = {"interval": "1m", "input_series": input_series, "promql_expr_test": [question]}
    content = {"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [test]}
    (folder / "real.test.yml").write_text(yaml.safe_dump(content), "utf-8")
    promtool("test", "rules", str(folder / "real.test.yml"))


@pytest.mark.models
def test_healthy_daemon_raises_no_alert(real_run: LoggedDaemon, tmp_path: Path) -> None:
    """No alert fires on its real metrics, had it gone on like that."""
    check_firing(series(real_run.textfile, real_run.content["heartbeat"], is_alive=True), set(), tmp_path)


@pytest.mark.models
def test_stopped_daemon_raises_one_alert(real_run: LoggedDaemon, tmp_path: Path) -> None:
    """It fires on the textfile of the stopped daemon, on the log as mtail reads it, and on no metrics at all."""
    for exposition in (real_run.stopped_textfile, metrics_from(real_run.log), ""):
        told = series(exposition, real_run.content["heartbeat"], is_alive=False)
        check_firing(told, {"MarkerdHeartbeatMissing"}, tmp_path)
