"""A running daemon that is measured: when it did what, what it takes of the processors, how often its threads wake."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from harness import Event, RunningDaemon

_TESTS = Path(__file__).resolve().parents[1]
OWN_SOURCES = _TESTS.parent / "daemon"


def add_versions(parser: argparse.ArgumentParser) -> None:
    """Let the command line name another version that is measured in the same run."""
    parser.add_argument("--beside", type=Path, help="the folder `daemon` of another version")


def list_versions(given: argparse.Namespace) -> dict[str, Path]:
    """Return the sources of each version that is to be measured, by its name in the table."""
    other = {"the other version": given.beside} if given.beside else {}
    return {**other, "this version": OWN_SOURCES}


@dataclass(frozen=True)
class Activity:
    """What all threads of a process did until now. `wakes` counts how often one of them began to run after a rest."""

    wakes: int
    processor_s: float

    def __sub__(self, other: Activity) -> Activity:
        return Activity(self.wakes - other.wakes, self.processor_s - other.processor_s)


def read_activity(pid: int) -> Activity:
    """Read it from /proc, see proc(5): processor time in nanoseconds, unlike the ticks of /proc/PID/stat."""
    wakes, nanoseconds = 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        wakes += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
        nanoseconds += int((task / "schedstat").read_text().split()[0])
    return Activity(wakes, nanoseconds / 1e9)


def read_rss_mb(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, now and at its most."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    now, most = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def read_processor_s(pid: int) -> float:
    """Return the processor time of a process, that of threads and children that ended too, in steps of 0.01 s."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def read_shared_mb(pid: int) -> tuple[float, float]:
    """Return RSS and PSS of a process: a page that n processes share counts in full, and as its n-th part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    fields = dict(line.split(":", 1) for line in lines)
    rss, pss = (int(fields[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
    return rss, pss


def time_of(event: Event) -> float:
    """Return when an event was logged, in seconds since the epoch."""
    return datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")).timestamp()


def build_environ(sources: Path, *, is_quick: bool) -> dict[str, str]:
    """Return the variables for a daemon of that source root; if `is_quick`, its converter copies: see `quick`."""
    parts = [str(_TESTS / "quick")] if is_quick else []
    return {"PYTHONPATH": os.pathsep.join([*parts, str(sources), os.environ.get("PYTHONPATH", "")])}


@contextmanager
def running(
    root: Path, sources: Path = OWN_SOURCES, *, is_quick: bool, **settings: Mapping[str, Any]
) -> Iterator[RunningDaemon]:
    """Run a daemon with the ordinary waits, and end it."""
    ordinary: dict[str, Mapping[str, Any]] = {
        "daemon": {"reconcile_s": 60}, "folders": {"settle_s": 1.0}, "log": {"level": "info"},
    }  # fmt: skip
    daemon = RunningDaemon(root, (), **{**ordinary, **settings})
    daemon.start(is_waiting=True, **build_environ(sources, is_quick=is_quick))
    try:
        yield daemon
        assert daemon.stop() == 0
    finally:
        daemon.kill()


@contextmanager
def folder_for(name: str, parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for a benchmark, and remove it."""
    with tempfile.TemporaryDirectory(prefix=f"markerd-{name}-", dir=parent) as folder:
        yield Path(folder)


def find_quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def rest(seconds: float) -> None:
    """Let the daemon alone for so long."""
    time.sleep(seconds)
