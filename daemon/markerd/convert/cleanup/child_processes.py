"""The processes below a process.

psutil finds them by reading a file of each process of the machine: 1.3 ms with 88 of them, and several times that with
more. Several looks are taken for each document, and nearly always there is nothing to find, which Linux says at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil


def list_children(process: psutil.Process, *, recursive: bool = False) -> list[psutil.Process]:
    """List the children of a process, those included that ended and were not reaped; `recursive`: all below it.

    Raises psutil.NoSuchProcess where the process has ended, at the latest when its children are sought.
    """
    return [] if is_childless(process.pid) else process.children(recursive=recursive)


def count_children(process: psutil.Process) -> int:
    """Count the children of a process. On Linux a child may be missed while another one ends."""
    try:
        return sum(len(each.split()) for each in _read_lists(process.pid))
    except OSError:
        return len(process.children())


def is_childless(pid: int) -> bool:
    """Whether it is certain that a process has no child, not even one that ended and was not reaped.

    Linux has a list of children for each thread (proc(5), `/proc/PID/task/TID/children`; kernels without
    CONFIG_PROC_CHILDREN have none). A list may lack a child while another one ends, but it is empty only where there is
    none. The children of a thread that ends go to another one; then its own list cannot be read.
    """
    try:
        return not any(_read_lists(pid))
    except OSError:
        return False


def _read_lists(pid: int) -> Iterator[bytes]:
    threads = Path("/proc", str(pid), "task")
    return ((threads / thread / "children").read_bytes() for thread in os.listdir(threads))
