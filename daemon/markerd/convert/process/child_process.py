"""The converter's operating-system process: how it is launched, its memory, and its end with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import psutil

from markerd import logs
from markerd.convert.cleanup.child_processes import list_children
from markerd.convert.process.child_folder import ChildFolder
from markerd.convert.process.message_pipes import Message, MessageChannel, open_pipe
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.wire_format import SPEC_VARIABLE, encode_spec
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.sandbox import environment
from markerd.convert.sandbox.refused_calls import RefusedCalls
from markerd.logs import Log
from markerd.logs.child_output import ChildOutput

_STOP_TIMEOUT_S = 5.0
_END_GRACE_S = 0.5
_ESTIMATE_S = 0.5
"""So old may the memory be that the status shows; it is asked for several times for each document."""

_Request = TypeVar("_Request", bound=ConversionRequest | JoinRequest)


class ChildProcess:
    """The process with its folder, its pipes and its output. Raises OSError where there is no room for one."""

    def __init__(self, settings: ProcessSettings, log: Log) -> None:
        with contextlib.ExitStack() as undo:  # a process that cannot be launched leaves nothing
            self._folder = ChildFolder(settings.working_dir)
            undo.callback(self._folder.remove)
            child_requests, requests = open_pipe(undo)
            responses, child_responses = open_pipe(undo)
            self._refused_calls = _listen_to_refused_calls(settings, log, undo)
            refusals = () if self._refused_calls is None else (self._refused_calls.channel_of_converter.fileno(),)
            self._process = _launch(settings, self._folder, (child_requests, child_responses, *refusals))
            undo.pop_all()
        os.close(child_requests)
        os.close(child_responses)
        if self._refused_calls is not None:
            self._refused_calls.begin(self.pid)
        self._channel: MessageChannel | None = MessageChannel(requests, responses)
        assert self._process.stdout is not None
        self._output = ChildOutput(self._process.stdout, log, "converter.output")
        self._rss_bytes: int | None = None
        self._rss_due_s = 0.0

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def has_folder(self) -> bool:
        return self._folder.exists()

    def send(self, op: str, **fields: Any) -> None:
        """Raises BrokenPipeError when the process has ended."""
        assert self._channel is not None
        self._channel.send(op, **fields)

    def lend(self, request: _Request) -> AbstractContextManager[_Request]:
        """Let the process reach the document and its folders; see `ChildFolder.lend`."""
        return self._folder.lend(request)

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message; see `MessageChannel.receive`."""
        assert self._channel is not None
        return self._channel.receive(timeout_s)

    def receive_waiting(self, most: int) -> Iterator[Message]:
        """Iterate over the messages that are there, at most so many. Raises what `receive` raises."""
        for _ in range(most):
            message = self.receive(0.0)
            if message is None:
                return
            yield message

    @property
    def has_unread(self) -> bool:
        """Whether messages were read from the pipe already: `fileno` says nothing of them."""
        return self._channel is not None and self._channel.has_unread

    def fileno(self) -> int:
        """The descriptor that is ready when a message, or the end of the process, is there."""
        assert self._channel is not None
        return self._channel.fileno()

    def last_output(self) -> list[str]:
        return self._output.last_lines()

    def measure_tree_rss(self) -> int | None:
        """Return the bytes of the process with all descendants; None where it has ended.

        Where it has descendants, this takes about a millisecond with a hundred processes on the machine.
        """
        try:
            process = psutil.Process(self.pid)
            descendants = list_children(process, recursive=True)
        except psutil.Error:
            return None
        return _measure_rss(process) + sum(map(_measure_rss, descendants))

    def estimate_tree_rss(self) -> int | None:
        """As `measure_tree_rss`, but at most half a second old."""
        now_s = time.monotonic()
        if now_s >= self._rss_due_s:
            self._rss_bytes, self._rss_due_s = self.measure_tree_rss(), now_s + _ESTIMATE_S
        return self._rss_bytes

    def measure_own_rss(self) -> int:
        """Return the bytes of the process alone; 0 where it has ended. It takes a fiftieth of a millisecond."""
        try:
            return _measure_rss(psutil.Process(self.pid))
        except psutil.Error:
            return 0

    def stop(self) -> None:
        """Ask the process to end, and kill it where it does not within a while."""
        if self._channel is not None:
            with contextlib.suppress(BrokenPipeError):
                self._channel.send("stop")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_TIMEOUT_S)
        self.kill(is_on_purpose=True)

    def kill(self, *, is_on_purpose: bool = False) -> str | None:
        """Kill the process, its group and its descendants, also those that left the group.

        Returns how the process had ended by itself; None where it had not. If `is_on_purpose`, nobody waits for that.
        """
        ending = _describe_ending(self._process) if is_on_purpose else self._await_own_ending()
        for process in _find_descendants(self.pid):
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._close()
        return ending

    def _await_own_ending(self) -> str | None:
        """Wait a little: the pipe closes an instant before the exit status is there."""
        deadline_s = time.monotonic() + _END_GRACE_S
        while (ending := _describe_ending(self._process)) is None and time.monotonic() < deadline_s:
            time.sleep(0.01)
        return ending

    def _close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()
            if self._refused_calls is not None:
                self._refused_calls.close()
            self._folder.remove()


def _launch(settings: ProcessSettings, folder: ChildFolder, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    """Start the worker; `inherited` has its descriptors: requests, responses, and refusals where the log has them."""
    requests, responses, *refusals = inherited
    arguments = (requests, responses, folder.path, *refusals)
    threads = environment.count_physical_threads(settings.spec.threads)
    variables = environment.build_child_environment(threads, also=settings.spec.model_variables)
    process = subprocess.Popen(
        [sys.executable, "-m", "markerd.convert.process.worker", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=inherited,
        env={**variables, "TMPDIR": str(folder.temp), SPEC_VARIABLE: encode_spec(settings.timed_spec)},
        # `-m` puts the working directory on the module path: it must be one that only we write to.
        cwd=folder.temp,
        start_new_session=True,
    )
    settings.priority.apply(process.pid)  # before it has threads of its own
    return process


def _listen_to_refused_calls(settings: ProcessSettings, log: Log, undo: contextlib.ExitStack) -> RefusedCalls | None:
    """Listen at the log's level debug alone: at other levels the kernel answers a refused call at once."""
    if settings.spec.confine == "off" or not sys.platform.startswith("linux") or not logs.is_at_debug():
        return None
    refused_calls = RefusedCalls(log)
    undo.callback(refused_calls.close)
    return refused_calls


def _describe_ending(process: subprocess.Popen[bytes]) -> str | None:
    """Say how the process ended; None while it runs.

    The process is not reaped here: the number of its group must stay its own until the group is killed.
    """
    if process.returncode is not None:
        code = process.returncode
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if found is None:
        return None
    is_exit = found.si_code == os.CLD_EXITED
    return f"exit status {found.si_status}" if is_exit else f"killed by {signal.Signals(found.si_status).name}"


def _find_descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _measure_rss(process: psutil.Process) -> int:
    """Return 0 for a process that ended meanwhile: a document's short-lived helpers come and go between two looks."""
    try:
        rss_bytes: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return rss_bytes
