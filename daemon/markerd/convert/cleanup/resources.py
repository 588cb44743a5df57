"""What this process holds: children, zombies, threads, descriptors, memory. Children that ended are reaped."""

from __future__ import annotations

import gc
import os
import sys
import time
import weakref
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from markerd.convert.cleanup.child_processes import list_children
from markerd.convert.cleanup.report import ResourceCounts
from markerd.convert.cleanup.semaphores import SemaphoreLedger, System, list_active_children
from markerd.files import trees

GRACE_S = 0.05
"""Seconds a zombie must stand before it is reaped: a thread that waits for it (system(3)) needs far less."""


def count_resources(ledger: SemaphoreLedger, temp_dir: Path | None) -> ResourceCounts:
    """Count what this process holds now; `temp_files` counts the entries of `temp_dir`, -1 without one.

    `children` counts all descendants, including zombies, multiprocessing's resource tracker and fork server, since a
    clean conversion starts none of them.
    """
    process = psutil.Process()
    with process.oneshot():
        return ResourceCounts(
            semaphores=len(ledger.list_standing()),
            children=len(list_children(process, recursive=True)),
            threads=process.num_threads(),
            file_descriptors=_count_descriptors(process),
            temp_files=_count_entries(temp_dir),
            rss_bytes=process.memory_info().rss,
        )


# Garbage collection cannot list what is frozen, and among it may be the Popen of a model server.
_frozen_popens: weakref.WeakSet[Any] = weakref.WeakSet()


YOUNG_OBJECTS = 10_000
"""New objects after which Python looks for garbage among them by itself; by default 700. A page makes some 30,000, most
of which end without it, and each document ends with a whole collection: with 700, 2 % of the time of a conversion went
into them (20 published documents, 2026-11-28).
"""


def freeze_heap() -> None:
    """Exclude what is alive now from later garbage collections: with marker and torch loaded each takes 0.24 s
    otherwise. From now on they also begin less often.
    """
    gc.collect()
    _frozen_popens.update(_find_popens())
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def reap_zombies() -> list[int]:
    """Reap the children that ended and that nobody will wait for; returns their pids, sorted.

    A child keeps its exit status where someone may still ask for it: a Popen object, multiprocessing's resource tracker
    and fork server. multiprocessing reaps its own children when it is asked for them.
    """
    list_active_children()
    _reap_dropped_popens()
    zombies = _find_zombies()
    if not zombies or not zombies - _find_awaited_pids():
        return []
    time.sleep(GRACE_S)
    zombies &= _find_zombies()
    return sorted(pid for pid in zombies - _find_awaited_pids() if _reap(pid))


def find_remaining_processes(ledger: SemaphoreLedger, system: System, expected_pids: Collection[int] = ()) -> list[str]:
    """Return one line for each process pool and process that is left; an empty list after a clean conversion.

    Processes in `expected_pids` and their descendants are skipped. The resource tracker counts as left: it shows that
    someone made a named semaphore. So do orphans of a killed child that still have our semaphores open.
    """
    children = _find_descendants(expected_pids)
    orphans = system.find_holder_pids(ledger.list_standing()) - {os.getpid()} - set(expected_pids)
    orphans -= {child.pid for child in list_children(psutil.Process(), recursive=True)}
    lines = [f"process pool: {thread} is running" for thread in _find_pool_threads()]
    lines += [f"{_classify(child)}: {_describe(child)}" for child in children]
    lines += [f"orphan that holds our semaphores: pid {pid}" for pid in sorted(orphans)]
    return lines


def _find_descendants(expected_pids: Collection[int]) -> list[psutil.Process]:
    """Return all processes below this one, in order of pid, without the expected ones and their descendants."""
    found: list[psutil.Process] = []
    pending = _list_children(psutil.Process())
    while pending:
        child = pending.pop()
        if child.pid not in expected_pids:
            found.append(child)
            pending += _list_children(child)
    return sorted(found, key=lambda child: child.pid)


def _list_children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list_children(process)
    except psutil.Error:  # it ended meanwhile
        return []


def _classify(child: psutil.Process) -> str:
    if child.pid == _find_tracker_pid():
        return "resource tracker"
    if child.pid == _find_forkserver_pid():
        return "fork server"
    return "multiprocessing child" if child.pid in {p.pid for p in list_active_children()} else "child"


def _describe(child: psutil.Process) -> str:
    try:
        with child.oneshot():
            return f"{child.name()}, pid {child.pid}, {child.status()}"
    except psutil.Error:
        return f"pid {child.pid}, ended"


def _find_pool_threads() -> list[str]:
    """Return the names of the threads that manage a living ProcessPoolExecutor."""
    module = sys.modules.get("concurrent.futures.process")
    wakeups: Collection[Any] = () if module is None else module._threads_wakeups
    return [thread.name for thread in list(wakeups) if thread.is_alive()]


def _count_descriptors(process: psutil.Process) -> int:
    count = -1
    if sys.platform != "win32":
        count = process.num_fds()
    return count


def _count_entries(folder: Path | None) -> int:
    if folder is None:
        return -1
    try:
        return len(list(folder.iterdir()))
    except OSError:
        return 0


def _find_zombies() -> set[int]:
    return {child.pid for child in _list_children(psutil.Process()) if _is_zombie(child)}


def _is_zombie(child: psutil.Process) -> bool:
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _reap_dropped_popens() -> None:
    """Let subprocess reap the children whose Popen objects were dropped, as it does before each new one."""
    subprocess = sys.modules.get("subprocess")
    if subprocess is not None and getattr(subprocess, "_active", None):
        subprocess._cleanup()


def _find_awaited_pids() -> set[int]:
    """Return the children whose exit status somebody may still ask for."""
    pids = {process.pid for process in list_active_children()}
    pids |= {pid for pid in (_find_tracker_pid(), _find_forkserver_pid()) if pid is not None}
    popens = [*_find_popens(), *_frozen_popens]
    return pids | {popen.pid for popen in popens if hasattr(popen, "pid")}


def _find_popens() -> list[Any]:
    subprocess = sys.modules.get("subprocess")
    if subprocess is None:
        return []
    # By type(), not isinstance(): the latter asks __class__, which runs the code of lazy proxies.
    return [found for found in gc.get_objects() if issubclass(type(found), subprocess.Popen)]


def _find_tracker_pid() -> int | None:
    module = sys.modules.get("multiprocessing.resource_tracker")
    return None if module is None else getattr(module._resource_tracker, "_pid", None)


def _find_forkserver_pid() -> int | None:
    module = sys.modules.get("multiprocessing.forkserver")
    return None if module is None else getattr(module._forkserver, "_forkserver_pid", None)


def _reap(pid: int) -> bool:
    waited = -1
    if sys.platform != "win32":  # which has no zombies
        with suppress(ChildProcessError):  # someone else was quicker
            waited, _ = os.waitpid(pid, os.WNOHANG)
    return waited == pid


def remove_temp_files(folder: Path) -> None:
    """Empty the folder, if it exists; what cannot be removed is skipped."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            trees.remove(entry)
