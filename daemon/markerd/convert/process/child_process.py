"""The converter's operating-system process: its pipes, what it prints, its memory, and its end with all below it."""

from __future__ import annotations

import collections
import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, TypeVar

import psutil

from markerd import logs
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.wire_format import LineBuffer, Message, Writer, encode_spec
from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.sandbox import environment
from markerd.convert.sandbox.refused_calls import RefusedCalls
from markerd.errors import ConverterDiedError
from markerd.files import trees
from markerd.logs import Log

_STOP_TIMEOUT_S = 5.0
_END_GRACE_S = 0.5
_LAST_LINES = 60
_LINE_LIMIT = 400
_CRASH = "Fatal Python error"  # how faulthandler begins

_Request = TypeVar("_Request", bound=ConversionRequest | JoinRequest)


class Child:
    """The process, its pipes, and its folder, which is all that it may write to when it is confined.

    <working_dir>/converter-…/tmp/   its TMPDIR
                              job/   the document in work with its folders
    """

    def __init__(self, settings: ProcessSettings, log: Log) -> None:
        settings.working_dir.mkdir(parents=True, exist_ok=True)
        self._home = Path(tempfile.mkdtemp(prefix="converter-", dir=settings.working_dir))
        self._job, temp = self._home / "job", self._home / "tmp"
        variables = environment.for_child(environment.physical_threads(settings.spec.threads))
        with contextlib.ExitStack() as undo:  # without room for a process nothing of it may stay
            undo.callback(_remove, self._home)
            self._job.mkdir()
            temp.mkdir()
            child_requests, requests = _pipe(undo)
            responses, child_responses = _pipe(undo)
            self._refused_calls = _refused_calls(settings, log, undo)
            refusals = () if self._refused_calls is None else (self._refused_calls.channel_of_converter.fileno(),)
            told = (self._home, encode_spec(settings.spec), *refusals)
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "markerd.convert.process.worker",
                    *map(str, (child_requests, child_responses, *told)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(child_requests, child_responses, *refusals),
                env={**variables, "TMPDIR": str(temp)},
                # `-m` puts the working directory on the module path: it must be one that only we write to.
                cwd=temp,
                start_new_session=True,
            )
            undo.pop_all()
        os.close(child_requests)
        os.close(child_responses)
        if self._refused_calls is not None:
            self._refused_calls.begin(self.pid)
        self._responses = responses
        self._writer = Writer(requests)
        self._buffer = LineBuffer()
        self._pending: collections.deque[Message] = collections.deque()
        self._output: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read_output, args=(self._process.stdout, log), name="converter-output", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def has_home(self) -> bool:
        """Whether its folder is there still: without, it can neither load the models nor convert."""
        return self._home.is_dir()

    def send(self, op: str, **fields: Any) -> None:
        self._writer.send(op, **fields)

    @contextlib.contextmanager
    def holding(self, request: _Request) -> Iterator[_Request]:
        """The document and its folders lie where the converter may reach them, and it may reach no others.

        Gives the request with their places. A rename each: the spool is one file system.
        """
        names = [name for name in request.places if getattr(request, name)]
        places = [Path(getattr(request, name)) for name in names]
        moved = [self._job / place.name for place in places]
        for here, there in zip(places, moved, strict=True):
            here.rename(there)
        try:
            held: dict[str, Any] = dict(zip(names, map(str, moved), strict=True))
            yield replace(request, **held)
        finally:
            for here, there in zip(places, moved, strict=True):
                with contextlib.suppress(FileNotFoundError):  # of a converter that was killed nothing is left
                    there.rename(here)

    def messages(self, timeout_s: float) -> Iterator[Message]:
        """One message, if one comes within the time. Raises ConverterDiedError at the pipe's end."""
        if not self._pending and select.select([self._responses], [], [], timeout_s)[0]:
            data = os.read(self._responses, 1 << 16)
            if not data:
                raise ConverterDiedError("its pipe closed")
            self._pending.extend(self._buffer.feed(data))
        if self._pending:
            yield self._pending.popleft()

    def last_output(self) -> list[str]:
        self._reader.join(timeout=1.0)
        return list(self._output)

    def rss_bytes(self) -> int | None:
        """With all descendants; None where it has ended. About a millisecond for a hundred processes on the machine."""
        try:
            process = psutil.Process(self.pid)
            descendants = process.children(recursive=True)
        except psutil.Error:
            return None
        return _rss_of(process) + sum(_rss_of(descendant) for descendant in descendants)

    def own_rss_bytes(self) -> int:
        """Without them; 0 where it has ended. A fiftieth of a millisecond."""
        try:
            return _rss_of(psutil.Process(self.pid))
        except psutil.Error:
            return 0

    def stop(self) -> None:
        """Ask it to end, and kill what has not after a while."""
        with contextlib.suppress(BrokenPipeError):
            self._writer.send("stop")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_TIMEOUT_S)
        self.kill()

    def kill(self) -> str | None:
        """Kill process, group and descendants, also those that left the group; gives how it had ended by itself."""
        ended = self._ended_by_itself()
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._close()
        return ended

    def _ended_by_itself(self) -> str | None:
        """How, if it did. It is not reaped here: its group's number must stay its own until the group is killed."""
        deadline = time.monotonic() + _END_GRACE_S  # the pipe closes an instant before the exit status is there
        while (ended := self._exit()) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return ended

    def _exit(self) -> str | None:
        if self._process.returncode is not None:
            code = self._process.returncode
            return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is None:
            return None
        is_exit = found.si_code == os.CLD_EXITED
        return f"exit status {found.si_status}" if is_exit else f"killed by {signal.Signals(found.si_status).name}"

    def _tree(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.Error:
            return []

    def _close(self) -> None:
        if self._responses >= 0:
            os.close(self._responses)
            self._responses = -1
            self._writer.close()
            if self._refused_calls is not None:
                self._refused_calls.close()
            _remove(self._home)  # e.g. what onnxruntime's telemetry leaves there

    def _read_output(self, stream: IO[bytes], log: Log) -> None:
        with stream:
            # A line without an end is cut: it must not fill the daemon's memory.
            while raw := stream.readline(1 << 16):
                line = raw.decode("utf-8", "backslashreplace").rstrip()[:_LINE_LIMIT]
                keep_last(self._output, line)
                log.debug("converter.output", line=line)


def keep_last(lines: collections.deque[str], line: str) -> None:
    """Add a line to the last ones. Of a crash that Python describes the first ones stay: they say what it was, and
    where; then come all other threads."""
    if line.startswith(_CRASH):
        lines.clear()
    is_full = len(lines) == lines.maxlen
    if not (is_full and lines[0].startswith(_CRASH)):
        lines.append(line)


def _remove(home: Path) -> None:
    """However deep the trees are that the converter left; what cannot be removed goes with the next start's spool."""
    with contextlib.suppress(OSError):
        trees.remove(home)


def _refused_calls(settings: ProcessSettings, log: Log, undo: contextlib.ExitStack) -> RefusedCalls | None:
    """Listened to at the log's level debug alone: else a refused call is answered by the kernel at once."""
    if settings.spec.confine == "off" or not sys.platform.startswith("linux") or not logs.is_at_debug():
        return None
    refused_calls = RefusedCalls(log)
    undo.callback(refused_calls.close)
    return refused_calls


def _pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing


def _rss_of(process: psutil.Process) -> int:
    """0 for one that ended meanwhile: a document's short-lived helpers come and go between two looks."""
    try:
        rss: int = process.memory_info().rss
    except psutil.Error:
        return 0
    return rss
