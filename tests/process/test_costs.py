"""What a document costs beside its conversion, what the daemon imports, and the benchmarks of both at small sizes.

The bounds are wide of what the benchmarks measure, so that a slip shows and a busy machine does not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import documents
from benchmarks import growth, overhead, workers
from heavy_libraries import HEAVY
from killing import quick_environ

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processor time and memory are read from /proc")

DOCUMENTS = 60
MOST_MS = 60.0
"""Processor time of a document that nothing converts: daemon and converter process took 12 to 20 ms (2 busy cores)."""
CONFIGURATION = """
[daemon]
state_dir = "state"
[log]
format = "json"
[[folders]]
path = "inbox"
output = "outbox"
"""


def test_document_costs_little_beside_its_conversion() -> None:
    """By `markerd run --once`, the start taken away."""
    start, all_of_them = (overhead.run_daemon(None, count, **quick_environ()) for count in (1, DOCUMENTS))
    assert 0 < 1000 * (all_of_them - start).processor_s / (DOCUMENTS - 1) < MOST_MS


def test_run_imports_nothing_heavy(tmp_path: Path) -> None:
    """From the start to the end, a document between."""
    (tmp_path / "markerd.toml").write_text(CONFIGURATION)
    (tmp_path / "inbox").mkdir()
    documents.html(tmp_path / "inbox" / "a.html", "Mill", "It has wheels.")
    command = [sys.executable, "-X", "importtime", "-m", "markerd", "run", "--once", "--config", "markerd.toml"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **quick_environ()}, capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert {"markerd.runtime.loop", "markerd.convert.process.pool"} <= imported
    assert {name.partition(".")[0] for name in imported}.isdisjoint(HEAVY)
    assert (tmp_path / "outbox" / "a" / "a.md").exists()


def test_benchmark_of_converters_measures(capsys: pytest.CaptureFixture[str]) -> None:
    """One and two of them, each in its process: together they hold more, and what they share counts once in PSS."""
    found = workers.measure("one-page PDF", [1, 2], 6, is_quick=True)
    assert [run.documents for run in found.values()] == [6, 6]
    assert all(run.processor_s > 0 and 0 < run.pss_mb < run.rss_mb for run in found.values())
    assert found[2].rss_mb > 1.5 * found[1].rss_mb
    workers.print_row("one-page PDF", 2, found[2], found)
    assert f"| {found[2].rate / found[1].rate:.2f} (target 1.60) |" in capsys.readouterr().out


def test_benchmark_of_growth_measures() -> None:
    """Documents that wait, and folders: the first row is the start."""
    assert growth.measure_waiting(12, skipped=2, sample=8) > 0
    start, three = growth.measure_folders([1, 3])
    assert (start.size, start.is_compared, three.size) == (1, False, 3)
    assert start.unit_ms > three.unit_ms
