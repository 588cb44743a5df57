"""What the converter and the daemon itself hold, after each document since each of them started."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from markerd.convert.cleanup.child_processes import count_children
from markerd.monitoring.leak_trend import LeakTrend
from markerd.values import count_with_noun

_MOST_CONVERTERS = 256
"""As many as `converter.workers` allows. A trend takes a few kB."""
_MB, _KB = 1 << 20, 1 << 10
_NOUNS = {
    "semaphores": "semaphore",
    "children": "child",
    "threads": "thread",
    "file_descriptors": "file descriptor",
    "temp_files": "temp file",
}


class ResourceUsage:
    """The trends of the converters and of the daemon. Called by the main thread alone.

    Each converter has its own, and a replaced one begins anew.

    `spool` is the daemon's temp folder: its entries are counted.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._converters: dict[int | None, LeakTrend] = {}
        self._last_pid: int | None = None
        self._daemon = LeakTrend()

    def record(self, converter_pid: int | None, held: Mapping[str, int]) -> None:
        """Record what is held between two documents; `held` is what the converter counted in itself."""
        trend = self._converters.pop(converter_pid, None) or LeakTrend()
        trend.add(held)
        self._converters[converter_pid] = trend  # the last one to be forgotten
        while len(self._converters) > _MOST_CONVERTERS:
            self._converters.pop(next(iter(self._converters)))
        self._last_pid = converter_pid
        if converter_pid != os.getpid():  # else it is one process, and counted already
            self._daemon.add(measure_own_usage(self._spool))

    def describe(self) -> dict[str, Any]:
        """`trend` of `markerd status --json`; empty until the first document.

        Of several converters it has the one that converted last.
        """
        if not self._converters:
            return {}
        found = {"converter": describe_trend(self._converters[self._last_pid])}
        return found if self._last_pid == os.getpid() else {**found, "daemon": describe_trend(self._daemon)}


def describe_trend(trend: LeakTrend) -> dict[str, Any]:
    """Describe what is held: for each name `now`, `first` (once warm) and `growth`, the change with each document."""
    now, first, growth = trend.now or {}, trend.first or {}, trend.measure_growth() or {}
    held = {
        name: {
            "now": value,
            "first": first.get(name),
            "growth": round(growth[name], 4) if name in growth else None,
        }
        for name, value in now.items()
        if value >= 0
    }
    return {"documents": trend.documents, "held": held}


def describe_in_words(described: Mapping[str, Any]) -> Iterator[str]:
    """Yield a phrase for each thing that is held: `592 MB of memory (588 at first, 1.8 kB more a document)`."""
    for name, value in described["held"].items():
        if name == "rss_bytes":
            yield f"{value['now'] / _MB:.0f} MB of memory{_describe_growth(value, _MB, _KB)}"
        else:
            yield f"{count_with_noun(value['now'], _NOUNS[name])}{_describe_growth(value, 1, 1)}"


def _describe_growth(value: Mapping[str, Any], size: int, grain: int) -> str:
    """Say nothing of what is as it was. `size` is the unit of the value and `grain` that of its growth: MB and kB."""
    first, growth = value["first"], value["growth"] or 0.0
    each = round(growth / grain, 1 if grain > 1 else 3)
    if first is None or (round(first / size) == round(value["now"] / size) and not each):
        return ""
    more = f", {abs(each):g}{' kB' if grain > 1 else ''} {'more' if each > 0 else 'less'} a document" if each else ""
    return f" ({first / size:.0f} at first{more})"


def measure_own_usage(spool: Path) -> dict[str, int]:
    """Measure what this process holds now. Its children are converters, which own the semaphores."""
    process = psutil.Process()
    with process.oneshot():
        return {
            "children": count_children(process),
            "threads": process.num_threads(),
            "file_descriptors": -1 if sys.platform == "win32" else process.num_fds(),
            "temp_files": _count_entries(spool),
            "rss_bytes": process.memory_info().rss,
        }


def _count_entries(folder: Path) -> int:
    with suppress(OSError):
        return len(os.listdir(folder))
    return -1
