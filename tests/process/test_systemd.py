"""The daemon as a service of a real systemd: each scenario of tests/systemd on a machine booted for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from needs import missing

TESTS = Path(__file__).resolve().parent.parent
WITH_SYSTEMD = TESTS.parent.parent / "shared" / "tools" / "with-systemd"
SCENARIOS = sorted(path.name for path in (TESTS / "systemd").glob("scenario_*.py"))
HIDDEN_FROM_SERVICES = ("/root", "/home")

pytestmark = [pytest.mark.models, pytest.mark.timeout(420)]


@pytest.fixture
def with_systemd() -> Path:
    if not WITH_SYSTEMD.exists():
        missing("no ../shared/tools/with-systemd beside this checkout")
    if os.geteuid() != 0:
        missing("booting systemd needs root")
    if str(Path(sys.executable).resolve()).startswith(HIDDEN_FROM_SERVICES):
        missing("this Python lies in a home folder, where no service sees it: make test PYTHON=/usr/bin/python3")
    return WITH_SYSTEMD


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_under_a_real_systemd(with_systemd: Path, scenario: str) -> None:
    """What is tested stands in the scenario; here it is only given its machine."""
    environ = [f"{name}={os.environ[name]}" for name in ("CI", "PYTHONPATH") if name in os.environ]
    pytest_command = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short"]
    inside = ["env", *environ, *pytest_command, str(TESTS / "systemd" / scenario)]
    done = subprocess.run(
        [str(with_systemd), *inside], cwd=TESTS.parent, capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert " passed" in done.stdout
