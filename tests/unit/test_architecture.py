"""What the parent imports, which layer may use which, and how quick the command line is."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import markerd.cli
from heavy_libraries import HEAVY

COMMANDS = [f"markerd.cli.{module.name}" for module in pkgutil.iter_modules(markerd.cli.__path__)]
TRIES, MOST_TRIES = 5, 15
CONFIGURATION = """
[daemon]
state_dir = "state"
[[folders]]
path = "inbox"
output = "outbox"
"""


def test_list_of_commands_is_not_empty() -> None:
    """The list below is not empty by accident."""
    assert {"markerd.cli.run", "markerd.cli.status", "markerd.cli.doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("module", ["markerd.cli.app", "markerd.runtime.lifecycle", *COMMANDS])
def test_daemon_imports_nothing_heavy(module: str) -> None:
    """Only the converter loads large libraries and reads untrusted bytes."""
    script = f"import sys, {module}; print(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def test_page_libraries_are_imported_only_when_needed() -> None:
    """A daemon without a status page, and a command that shows no metrics, do without them."""
    wanted = {"jinja2", "prometheus_client", "http.server"}
    script = f"import sys, markerd.runtime.lifecycle, markerd.cli.status; print(*sorted({wanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with byte code, as pip leaves it: a checkout may be run without."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}


@pytest.mark.parametrize("arguments", [("--version",), ("status", "--json"), ("config", "show")])
def test_command_without_models_answers_quickly(
    tmp_path: Path, arguments: tuple[str, ...], compiled: dict[str, str]
) -> None:
    """It takes at most twice the time in which Python starts and imports four libraries that it needs.

    The best of five runs of each counts, by turns, because both feel how busy the machine is. Alone, it takes 0.2 s.
    """
    config = tmp_path / "markerd.toml"
    config.write_text(CONFIGURATION)
    named = () if arguments == ("--version",) else ("--config", str(config))
    taken: list[float] = []
    needed: list[float] = []
    while len(taken) < TRIES or (min(taken) > 2 * min(needed) and len(taken) < MOST_TRIES):
        needed.append(seconds_of(["-c", "import psutil, pydantic, rich_click, structlog"], compiled))
        taken.append(seconds_of(["-m", "markerd", *arguments, *named], compiled))
    assert min(taken) <= 2 * min(needed), f"{taken} s, and the libraries alone {needed} s"


def seconds_of(arguments: list[str], environ: dict[str, str]) -> float:
    """Of a Python, from start to end."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, env=environ, timeout=60, check=False)
    taken = time.perf_counter() - started
    assert done.returncode in (0, 3), done.stderr
    return taken
