"""What system calls a confined process can make, tried in a real one, without Marker and any fetcher."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from confined import refused, tried
from markerd.convert.sandbox import landlock
from needs import missing

pytestmark = pytest.mark.usefixtures("full_confinement")


@pytest.fixture
def victim() -> Iterator[int]:
    """A process of the same user, which is none of the converter's business."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Path]:
    """A socket of datagrams in the file system, as the machine's own services have."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "service"))
        yield tmp_path / "service"


def test_calls_unknown_to_landlock_are_refused(spool: Path, victim: int, service: Path) -> None:
    """Any user may do these things to what is its own: each works without confinement, and gives EPERM with it."""
    home, other = spool / "converter-1", str(spool / "7" / "document.pdf")
    own = str(home / "job" / "document.pdf")
    attempts = {
        "chmod": ["chmod", other],
        "chmod_of_its_own": ["chmod", own],
        "fchmod": ["fchmod", own],
        "chown": ["chown", other],
        "utime": ["utime", other],
        "setxattr": ["setxattr", other],
        "truncate": ["truncate", own],
        "symbolic_link": ["symbolic link", "/etc/passwd", str(home / "link")],
        "fifo": ["make FIFO", str(home / "fifo")],
        "limits": ["set limit of", victim],
        "processors": ["run on", victim],
        "priority": ["set priority of", victim],
        "scheduling": ["schedule", victim],
        "priority_of_io": ["call", "ioprio_set", 1, victim, 2 << 13 | 4],
        "descriptor_of_process": ["call", "pidfd_open", victim, 0],
        "datagram_of_a_pair": ["send from a pair", str(service)],
        "inotify": ["watch", str(spool)],
        "dnotify": ["watch by fcntl", str(home)],
        "program_in_memory": ["run from memory"],
        "shared_memory": ["shared memory"],
        "semaphores": ["semaphores"],
        "message_queue": ["message queue"],
        "terminal": ["type for the terminal"],
        "keyring": ["call", "keyctl", 0, -3, 1],
        "hidden_memory": ["call", "prctl", 4, 0, 0, 0, 0],
        "adopting": ["call", "prctl", 36, 1, 0, 0, 0],
        "personality": ["call", "personality", 0x0040000],
    }
    assert tried(home, **attempts) == refused(attempts, "EPERM")
    assert tried(home, "unconfined", **attempts) == refused(attempts, "done")


def test_administrative_calls_are_refused(spool: Path, victim: int, service: Path) -> None:
    """Name spaces, keys, tracing and what else no conversion needs."""
    new_user = 0x10000000
    attempts = {
        "name_space": ["call", "unshare", new_user],
        "name_space_of_child": ["call", "clone", new_user | 17, 0, 0, 0, 0],
        "stream_by_path": ["send from a stream", str(service)],
        "new_key": ["call", "add_key", 0, 0, 0, 0, 0],
        "asked_key": ["call", "request_key", 0, 0, 0, 0],
        "tracing": ["call", "ptrace", 16, victim, 0, 0],
        "others_memory": ["call", "process_vm_readv", victim, 0, 0, 0, 0, 0],
        "others_descriptors": ["call", "pidfd_getfd", 0, 0, 0],
        "execveat": ["call", "execveat", 0, 0, 0, 0, 0x1000],
        "mount": ["call", "mount", 0, 0, 0, 0, 0],
        "chroot": ["call", "chroot", 0],
        "setuid": ["call", "setuid", os.geteuid()],
        "setgroups": ["call", "setgroups", 0, 0],
        "capset": ["call", "capset", 0, 0],
        "io_uring": ["call", "io_uring_setup", 1, 0],
        "bpf": ["call", "bpf", 0, 0, 0],
        "perf": ["call", "perf_event_open", 0, 0, -1, -1, 0],
        "userfaultfd": ["call", "userfaultfd", 0],
        "handle": ["call", "name_to_handle_at", -100, 0, 0, 0, 0],
        "by_handle": ["call", "open_by_handle_at", -100, 0, 0],
        "fanotify": ["call", "fanotify_init", 0, 0],
        "filter": ["call", "seccomp", 0, 0, 0],
        "queued_signal": ["call", "rt_sigqueueinfo", victim, 0, 0],
        "kernels_log": ["call", "syslog", 3, 0, 0],
        "capabilities": ["capabilities", ""],
        "capabilities_of_program": ["capabilities", "/bin/cat"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")


def test_signals_and_higher_limits_are_refused(spool: Path) -> None:
    """Other processes take no signal from it, and its limits cannot be raised."""
    if landlock.read_abi() < 6:
        missing("signals are bounded by Landlock's ABI 6")
    attempts = {
        "signal": ["signal", os.getpid()],
        "more_open_files": ["more open files"],
        "more_core": ["more core"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")
