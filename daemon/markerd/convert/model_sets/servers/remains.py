"""Ends what earlier daemons left of their model servers: processes are known by a variable of their environment.

A guardian ends its server when the daemon is killed; this is for the case that the guardian was killed as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil

MARK = "MARKERD_SERVER"
"""The variable that all processes of a server have: its folder."""
_WAIT_S = 2.0


def end_remains(home: Path) -> list[tuple[str, int]]:
    """Kill the processes of all servers whose folders lie in `home`; returns the folder's name and number of each.

    Nobody else has servers there: the daemon holds the lock of the state directory that they belong to.
    """
    found = [(folder.name, process) for folder, process in _find_servers() if folder.parent == home]
    _kill([process for _, process in found])
    return [(name, process.pid) for name, process in found]


def end_server(folder: Path) -> None:
    """Kill all processes of the server with this folder."""
    _kill([process for found, process in _find_servers() if found == folder])


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=_WAIT_S)


def _find_servers() -> Iterator[tuple[Path, psutil.Process]]:
    """Find all processes of servers, with the servers' folders."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # somebody else's, or it has just ended
            if folder := process.environ().get(MARK):
                yield Path(folder), process
