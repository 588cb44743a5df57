"""What the converter and the daemon itself hold, after each document since each of them started."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from markerd.monitoring.leak_trend import Trend
from markerd.values import counted

_MB, _KB = 1 << 20, 1 << 10
_NOUNS = {
    "semaphores": "semaphore",
    "children": "child",
    "threads": "thread",
    "file_descriptors": "file descriptor",
    "temp_files": "temp file",
}


class Accounts:
    """Called by the main thread alone. A converter that is replaced begins anew.

    `spool` is the daemon's temp folder: its entries are counted.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._converter_pid: int | None = None
        self._converter, self._daemon = Trend(), Trend()
        self._described: dict[str, Any] = {}

    def record(self, converter_pid: int | None, held: Mapping[str, int]) -> None:
        """Between two documents: `held` is what the converter counted in itself."""
        if converter_pid != self._converter_pid:
            self._converter_pid, self._converter = converter_pid, Trend()
        self._converter.add(held)
        found = {"converter": describe(self._converter)}
        if converter_pid != os.getpid():  # else it is one process, and counted already
            self._daemon.add(held_here(self._spool))
            found["daemon"] = describe(self._daemon)
        self._described = found

    def described(self) -> dict[str, Any]:
        """`trend` of `markerd status --json`; empty until the first document."""
        return self._described


def describe(trend: Trend) -> dict[str, Any]:
    """By what is held: `now`, `first` (once warm) and `growth`, by which it changes with each document."""
    now, first, growth = trend.now or {}, trend.first or {}, trend.growth() or {}
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


def in_words(described: Mapping[str, Any]) -> Iterator[str]:
    """One phrase for each thing that is held: `592 MB of memory (588 at first, 1.8 kB more a document)`."""
    for name, value in described["held"].items():
        if name == "rss_bytes":
            yield f"{value['now'] / _MB:.0f} MB of memory{_growth_in_words(value, _MB, _KB)}"
        else:
            yield f"{counted(value['now'], _NOUNS[name])}{_growth_in_words(value, 1, 1)}"


def _growth_in_words(value: Mapping[str, Any], size: int, grain: int) -> str:
    """Nothing of what is as it was; `size` is that of the unit, `grain` that of the growth's: MB and kB."""
    first, growth = value["first"], value["growth"] or 0.0
    each = round(growth / grain, 1 if grain > 1 else 3)
    if first is None or (round(first / size) == round(value["now"] / size) and not each):
        return ""
    more = f", {abs(each):g}{' kB' if grain > 1 else ''} {'more' if each > 0 else 'less'} a document" if each else ""
    return f" ({first / size:.0f} at first{more})"


def held_here(spool: Path) -> dict[str, int]:
    """What this process holds now. Its children are converters; the semaphores are theirs."""
    process = psutil.Process()
    with process.oneshot():
        return {
            "children": len(process.children()),
            "threads": process.num_threads(),
            "file_descriptors": -1 if sys.platform == "win32" else process.num_fds(),
            "temp_files": _count_entries(spool),
            "rss_bytes": process.memory_info().rss,
        }


def _count_entries(folder: Path) -> int:
    with suppress(OSError):
        return len(os.listdir(folder))
    return -1
