"""Which processes the model servers of a daemon have, in a file, so that the next daemon can end what is left of them.

A guardian ends its server when the daemon is killed; this is for the case that the guardian was killed as well.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from markerd.files import durable
from markerd.files.untrusted import parse_json

_WAIT_S = 2.0
_SAME_S = 0.01
"""The start of a process is known to a hundredth of a second; another process with the same number began later."""


class Remains:
    """The file maps each server to its processes: number, and start in seconds since the epoch. Threads share it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._processes: dict[str, list[list[float]]] = {}

    def remember(self, name: str, pids: Sequence[int]) -> None:
        """Note the processes of a server, or that it has none."""
        with self._lock:
            self._processes[name] = [[pid, started] for pid in pids if (started := _find_start(pid)) is not None]
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(OSError):  # a full disk must not end a server
                durable.write_file(self._file.parent, self._file.name, json.dumps(self._processes).encode())

    def end_all(self) -> list[tuple[str, int]]:
        """Kill what the file names and still lives, with all below it; returns server and process of each."""
        ended = [
            (name, process.pid)
            for name, processes in self._read().items()
            for entry in processes
            for process in _find_same(entry)
        ]
        killed = []
        for _, pid in ended:
            with contextlib.suppress(psutil.Error):
                root = psutil.Process(pid)
                killed += [*root.children(recursive=True), root]
        for process in killed:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(killed, timeout=_WAIT_S)
        return ended

    def forget(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink()

    def _read(self) -> dict[str, list[Any]]:
        try:
            found = parse_json(self._file.read_bytes())
        except (OSError, ValueError):
            return {}
        return {str(name): entries for name, entries in found.items() if isinstance(entries, list)}


def _find_start(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _find_same(entry: Any) -> list[psutil.Process]:
    """Find the process that the entry names, if it is the same one still."""
    try:
        pid, started = int(entry[0]), float(entry[1])
        process = psutil.Process(pid)
        return [process] if abs(process.create_time() - started) < _SAME_S else []
    except (psutil.Error, LookupError, TypeError, ValueError):
        return []
