"""Stands between the daemon and a model server, so that neither outlives the other: `python -I guardian.py`.

    guardian.py LIFELINE_FD STATUS_FD COMMAND...

LIFELINE_FD is the reading end of a pipe of which the daemon holds the other end: its end of file is the daemon's end,
whatever ended it. On STATUS_FD go the lines `started PID` and `ended STATUS`. On SIGTERM, at the end of the lifeline,
and when the server has ended by itself, everything below this process is ended: by SIGTERM first, after a second by
SIGKILL. Linux: orphans of a wrapper become children of this process (PR_SET_CHILD_SUBREAPER), and the server ends when
this process is killed (PR_SET_PDEATHSIG).

This file is run by its path and imports no other module of the package, so that it stays small: 12 MB.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import select
import signal
import subprocess
import sys
import time

import psutil

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
_GRACE_S = 1.0
"""So long the server has to end by itself after SIGTERM. Surya's servers end at once."""
_POLL_S = 0.02
_ROUNDS = 5
"""So often new descendants are looked for, since one that is being killed may still start another."""


def main() -> int:
    lifeline, status = int(sys.argv[1]), int(sys.argv[2])
    command = sys.argv[3:]
    for descriptor in (lifeline, status):
        os.set_inheritable(descriptor, False)
    woken, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK) if hasattr(os, "pipe2") else _open_pipe()
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, _note)
    _control_process(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=functools.partial(_die_with_parent, os.getpid()),  # noqa: PLW1509 - there is only this thread
        )
    except OSError as error:
        _say(status, f"ended {error.strerror}")
        return 1
    _say(status, f"started {server.pid}")
    _wait_for_an_end(server, lifeline, woken)
    ending = server.poll()
    _end_all(server)
    _say(status, f"ended {_describe(server.returncode if ending is None else ending)}")
    return 0


def _open_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return reading, writing


def _note(_number: int, _frame: object) -> None:
    """Let the signal wake the wait; what it means is read from the pipe."""


def _wait_for_an_end(server: subprocess.Popen[bytes], lifeline: int, woken: int) -> None:
    while server.poll() is None:
        ready, _, _ = select.select([lifeline, woken], [], [])
        if lifeline in ready and not os.read(lifeline, 1):
            return
        if woken in ready:
            numbers = os.read(woken, 64)
            if signal.SIGTERM in numbers or signal.SIGINT in numbers:
                return


def _end_all(server: subprocess.Popen[bytes]) -> None:
    """End the server, and whatever it or a wrapper of it has started."""
    _signal_all(signal.SIGTERM)
    deadline_s = time.monotonic() + _GRACE_S
    while _find_descendants() and time.monotonic() < deadline_s:
        server.poll()
        _reap_orphans(server)
        time.sleep(_POLL_S)
    for _ in range(_ROUNDS):
        if not _find_descendants():
            break
        _signal_all(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(_GRACE_S)
        _reap_orphans(server)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)  # what left the tree on a system without subreapers


def _reap_orphans(server: subprocess.Popen[bytes]) -> None:
    """Reap what a wrapper has left to this process. The server itself stays for its Popen."""
    for child in _find_descendants():
        if child.pid != server.pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)


def _signal_all(number: signal.Signals) -> None:
    for process in _find_descendants():
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def _find_descendants() -> list[psutil.Process]:
    """Find all processes below this one, also those that have ended and are still to be reaped."""
    return psutil.Process().children(recursive=True)


def _die_with_parent(guardian: int) -> None:
    """Run in the server's process before it becomes the server."""
    _control_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardian:  # the guardian was killed before the line above
        os._exit(1)


def _control_process(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _describe(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _say(status: int, line: str) -> None:
    with contextlib.suppress(OSError):  # the daemon is gone
        os.write(status, f"{line}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
