"""The daemon as a service of a real systemd: each scenario of tests/systemd on a machine booted for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from booted import under_systemd
from needs import missing

TESTS = Path(__file__).resolve().parent.parent
SCENARIOS = sorted(path.name for path in (TESTS / "systemd").glob("scenario_*.py"))
HIDDEN_FROM_SERVICES = ("/root", "/home")

pytestmark = [pytest.mark.models, pytest.mark.timeout(420)]


def test_list_of_scenarios_is_not_empty() -> None:
    """The list is not empty by accident."""
    assert len(SCENARIOS) >= 4


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_passes_under_a_real_systemd(scenario: str) -> None:
    """The scenario has the checks. The test gives it a machine."""
    if str(Path(sys.executable).resolve()).startswith(HIDDEN_FROM_SERVICES):
        missing("this Python lies in a home folder, where no service sees it: make test PYTHON=/usr/bin/python3")
    environ = {name: os.environ[name] for name in ("CI", "PYTHONPATH") if name in os.environ}
    pytest_command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short"]
    done = under_systemd(
        *pytest_command, TESTS / "systemd" / scenario, cwd=TESTS.parent, environ=environ, timeout_s=400
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert " passed" in done.stdout
