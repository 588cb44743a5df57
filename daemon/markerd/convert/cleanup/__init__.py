"""Cleanup between two documents: what leaked is found and removed, and what is alive is never touched.

It is cheap to import, because the daemon imports it for `sweep_dead_daemons`. Everything else runs in the process that
converts, called by the thread that converts.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from markerd.convert.cleanup import resources
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, ResourceCounts
from markerd.convert.cleanup.semaphores import SemaphoreLedger, System, sweep_abandoned

__all__ = [
    "CleanupPoint",
    "CleanupReport",
    "ResourceCounts",
    "cleanup",
    "cleanup_multiprocessing_resources",
    "cleanup_semaphore_leaks",
    "count_resources",
    "expect_child",
    "find_remaining_processes",
    "forget_child",
    "give_tqdm_thread_lock",
    "sweep_dead_daemons",
    "watch_semaphores",
]


def _choose_system() -> System:
    if sys.platform == "linux":
        from markerd.convert.cleanup import linux

        return linux
    elif sys.platform == "darwin":  # noqa: RET505 - so that mypy follows one branch on each platform
        from markerd.convert.cleanup import darwin

        return darwin
    else:
        from markerd.convert.cleanup import windows

        return windows


_system = _choose_system()
_ledger = SemaphoreLedger(_system)
_expected_pids: set[int] = set()


def watch_semaphores() -> None:
    """Record every named semaphore from now on. Call it before anything makes one; another call changes nothing.

    A forked child that wants a cleanup of its own calls it anew, as does a spawned one.
    """
    _ledger.open()
    give_tqdm_thread_lock()


def give_tqdm_thread_lock() -> None:
    """Give tqdm a thread lock before its first bar.

    It would make a named semaphore for bars in several processes, even where the bar is disabled, and start a resource
    tracker with it.
    """
    try:
        from tqdm import tqdm
    except ImportError:
        return
    tqdm.set_lock(threading.RLock())


def cleanup_semaphore_leaks() -> list[str]:
    """Remove the named semaphores that leaked here or were left by killed children; returns their names, sorted.

    While a child of multiprocessing is alive nothing is removed.
    """
    return _ledger.remove_leaked()


def cleanup_multiprocessing_resources() -> list[str]:
    """Do the whole cleanup between two documents; returns the names of the semaphores removed, sorted.

    It reaps zombies, collects garbage, removes leaked semaphores, and gives free memory back to the system.
    """
    resources.reap_zombies()
    removed = cleanup_semaphore_leaks()
    _system.release_memory()
    return removed


def cleanup(point: CleanupPoint, temp_dir: Path | None = None) -> CleanupReport:
    """Do the whole cleanup, and count the resources before and after it.

    `temp_dir` is the temp folder that this process has to itself: what libraries left there is removed. Once the models
    are loaded it also excludes them from all later garbage collections, for speed.
    """
    started = time.perf_counter()
    before = count_resources(temp_dir)
    removed = cleanup_multiprocessing_resources()
    if temp_dir is not None:
        resources.remove_temp_files(temp_dir)
    if point is CleanupPoint.AFTER_MODELS:
        resources.freeze_heap()
    after = count_resources(temp_dir)
    return CleanupReport(point, before, after, tuple(removed), time.perf_counter() - started)


def count_resources(temp_dir: Path | None = None) -> ResourceCounts:
    """Count what this process holds now; `temp_files` counts the entries of `temp_dir`, -1 without one.

    `semaphores` counts all our names that exist, alive or leaked; `children` counts all descendants, including zombies
    and multiprocessing's resource tracker and fork server.
    """
    return resources.count_resources(_ledger, temp_dir)


def expect_child(pid: int) -> None:
    """Note a child that is no document's: with its descendants it never counts as left. Any thread may call this."""
    _expected_pids.add(pid)


def forget_child(pid: int) -> None:
    """Note that an expected child has ended."""
    _expected_pids.discard(pid)


def find_remaining_processes() -> list[str]:
    """Return one line for each process pool or process left by a document; an empty list after a clean conversion.

    Expected children are skipped. A running resource tracker is named.
    """
    return resources.find_remaining_processes(_ledger, _system, frozenset(_expected_pids))


def sweep_dead_daemons() -> list[str]:
    """Remove the named semaphores left by markerd's dead processes of this user; returns their names, sorted.

    It is called at the start of the daemon and after the death of a converter. Outside Linux it finds nothing.
    """
    return sweep_abandoned(_system)
