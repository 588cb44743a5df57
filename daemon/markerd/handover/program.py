"""Runs the program of a hook: without a shell, in a process group of its own, which ends with it in every case."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

import psutil

from markerd.config.hook_command import fill_argument
from markerd.handover.facts import build_variables, describe_places
from markerd.handover.halt import Halt
from markerd.handover.hook import Program
from markerd.handover.output_files import open_manifest, read_output_files
from markerd.handover.results import Delivered, Failed, Interrupted, Result
from markerd.handover.thresholds import THRESHOLDS, Thresholds
from markerd.journal.deliveries import Delivery
from markerd.values import make_harmless, make_printable

_PIECE_BYTES = 1 << 16
_LOOK_S = 0.1
"""Between two looks whether the program has ended, where the system has no descriptor for processes (macOS)."""


def find_program(run: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """Find the program's file; None where there is none that may be executed."""
    return shutil.which(run[0], path=environ.get("PATH", os.defpath))


def run_program(
    program: Program,
    delivery: Delivery,
    timeout_s: float,
    halt: Halt,
    environ: Mapping[str, str] = os.environ,
    limits: Thresholds = THRESHOLDS,
) -> Result:
    """Run the program for the event and wait for its end, which is SIGKILL at the latest.

    It reads the manifest of the output from its standard input. Exit code 0 means that it has done its work.
    """
    files = read_output_files(delivery.output)
    places = describe_places(delivery, files)
    arguments = [fill_argument(argument, places) for argument in program.run]
    if find_program(program.run, environ) is None:
        return Failed(f"{make_printable(program.run[0])} is not there, or may not be executed")
    try:
        running = _Running(arguments, build_variables(delivery, files, environ), delivery, limits)
    except (OSError, ValueError) as error:
        return Failed(f"{make_printable(program.run[0])} cannot be started: {make_harmless(str(error))}")
    return running.await_end(timeout_s, halt)


class _Running:
    """A program that runs. Raises OSError where it cannot be started."""

    def __init__(
        self, arguments: list[str], variables: Mapping[str, str], delivery: Delivery, limits: Thresholds
    ) -> None:
        with open_manifest(delivery.output) as manifest:
            self._process = subprocess.Popen(
                arguments,
                stdin=manifest,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=variables,
                cwd="/",
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._limits = limits
        self._last = b""

    def await_end(self, timeout_s: float, halt: Halt) -> Result:
        """Wait for the end of the program, and end what is left of its group."""
        started_s = time.monotonic()
        try:
            is_ended = self._wait(started_s + timeout_s, halt)
            if not is_ended and halt.is_set:
                left_s = started_s + timeout_s - time.monotonic()
                is_ended = self._wait(time.monotonic() + min(self._limits.finish_s, left_s))
            if not is_ended:
                self._end_early()
            code = self._reap()
        finally:
            self._output.close()
        if is_ended:
            return self._judge(code)
        reason = f"ended after {timeout_s:g} s, which is timeout_s"
        return Interrupted() if halt.is_set else Failed(reason, last_output=self._list_last_lines())

    def _wait(self, until_s: float, halt: Halt | None = None) -> bool:
        """Wait for the end, for a halt where one is given, or until that time; return whether it is the end."""
        poll, pid_fd = select.poll(), _open_process(self._process.pid)
        for descriptor in (self._output.fileno(), halt, pid_fd):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        try:
            while not self._has_ended():
                left_s = until_s - time.monotonic()
                if left_s <= 0 or (halt is not None and halt.is_set):
                    return False
                poll.poll(1000 * (left_s if pid_fd is not None else min(left_s, _LOOK_S)))
                if not self._read_some():
                    with suppress(KeyError):  # its output is closed: only its end is waited for
                        poll.unregister(self._output.fileno())
            return True
        finally:
            if pid_fd is not None:
                os.close(pid_fd)

    def _has_ended(self) -> bool:
        """Whether it has; it is not reaped, so that the number of its group stays its own until the group is ended."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _read_some(self) -> bool:
        """Keep the end of what it prints; returns False once nothing can come any more."""
        try:
            piece = os.read(self._output.fileno(), _PIECE_BYTES)
        except BlockingIOError:
            return True
        self._last = (self._last + piece)[-self._limits.output_bytes :]
        return bool(piece)

    def _end_early(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._wait(time.monotonic() + self._limits.kill_grace_s)

    def _reap(self) -> int:
        """End the group, and what left it but not the program, and return the exit code, negative for a signal."""
        for process in _find_descendants(self._process.pid):
            with suppress(psutil.Error):
                process.kill()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        code = self._process.wait()
        self._read_some()
        return code

    def _judge(self, code: int) -> Result:
        if code == 0:
            return Delivered(exit_code=0)
        reason = f"exit status {code}" if code > 0 else f"killed by {_name_signal(-code)}"
        return Failed(reason, exit_code=code, last_output=self._list_last_lines())

    def _list_last_lines(self) -> list[str]:
        return [make_harmless(line) for line in self._last.decode("utf-8", "backslashreplace").splitlines() if line]


def _open_process(pid: int) -> int | None:
    """Open a descriptor that is readable once the process has ended; None where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _find_descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
