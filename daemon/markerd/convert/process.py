"""The default converter: one long-lived process. A crash, a hang or a leak costs one document, never the daemon.

It is started with `subprocess`, in a session of its own (a Ctrl-C on the terminal must not reach it before the daemon
has decided what becomes of the document), and spoken to in JSON lines over its own pair of pipes. What it prints is
collected and logged, and its last lines explain its death.
"""

from __future__ import annotations

import collections
import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from markerd.convert import environment, messages
from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.messages import LineBuffer, Message, Writer
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterInfo, ConverterState
from markerd.errors import (
    ConversionTimeoutError,
    ConverterDiedError,
    DocumentError,
    ModelsMissingError,
    StopNowError,
    UnavailableError,
)
from markerd.logs import Log

_POLL_S = 0.2
_LOAD_TIMEOUT_S = 900.0
_CLEANUP_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 5.0
_LAST_LINES = 60
_LINE_LIMIT = 400


@dataclass(frozen=True)
class ProcessSettings:
    """What the converter process needs of the configuration; seconds and counts as there."""

    models: str
    threads: int
    timeout_s: float
    timeout_per_page_s: float
    working_dir: Path
    """The converter gets a folder in it for its temp files."""


class ProcessConverter:
    """See `Converter`. `tick` is called every 0.2 s while waiting; what it raises ends the wait."""

    def __init__(self, settings: ProcessSettings, log: Log, tick: Callable[[], None]) -> None:
        self._settings = settings
        self._log = log
        self._tick = tick
        self._child: _Child | None = None
        self._info: ConverterInfo | None = None
        self._documents = 0
        self._semaphores: int | None = None

    def start(self) -> ConverterInfo:
        if self._child is not None and not self._child.is_alive():
            self._kill("it ended while it had nothing to do")  # no document's fault
        if self._child is not None and self._info is not None:
            return self._info
        child = self._spawned()
        try:
            self._info = self._wait_until_ready(child)
        except BaseException:
            self._kill("it did not get ready")
            raise
        return self._info

    def _spawned(self) -> _Child:
        """The process, with its models or still without."""
        if self._child is None:
            self._child, self._info = _Child(self._settings, self._log), None
            self._documents, self._semaphores = 0, None
            self._log.info("converter.started", converter_pid=self._child.pid)
        return self._child

    def _wait_until_ready(self, child: _Child) -> ConverterInfo:
        try:
            child.send("start", models=self._settings.models, threads=self._settings.threads)
            message = self._receive(child, deadline=time.monotonic() + _LOAD_TIMEOUT_S)
        except (ConverterDiedError, BrokenPipeError) as error:  # no document's fault
            raise UnavailableError(f"the converter ended while it loaded the models ({error})") from error
        if message is None:
            raise UnavailableError(f"the models did not load within {_LOAD_TIMEOUT_S:.0f} s")
        if message["op"] == "unavailable":
            kind = ModelsMissingError if message["is_missing"] else UnavailableError
            raise kind(str(message["message"]))
        return messages.info_from(message)

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        child = self._spawned()
        try:
            child.send("check_options", options=dict(options))
            message = self._receive(child, deadline=time.monotonic() + _LOAD_TIMEOUT_S)
        except (ConverterDiedError, BrokenPipeError) as error:
            raise UnavailableError(f"the converter ended: {self._kill(str(error))}") from error
        if message is None:
            raise UnavailableError("the converter did not answer")
        return [str(problem) for problem in message["problems"]]

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        child = self._running()
        self._documents += 1
        try:
            child.send("convert", **asdict(request))
            return self._await_result(child, on_pages)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            reason = self._kill(str(error))
            raise ConverterDiedError(f"the converter ended in mid-document: {reason}") from error
        except (ConversionTimeoutError, StopNowError) as error:
            self._kill(str(error))
            raise

    def _await_result(self, child: _Child, on_pages: Callable[[int], None]) -> ConversionResult:
        started = time.monotonic()
        limit_s = self._settings.timeout_s
        while True:
            message = self._receive(child, deadline=started + limit_s)
            if message is None:
                raise ConversionTimeoutError(f"not done after {limit_s:.0f} s")
            if message["op"] == "result":
                return messages.result_from(message)
            if message["op"] == "error":
                raise messages.error_from(message)
            if message["op"] == "pages":
                limit_s = self._settings.timeout_s + message["pages"] * self._settings.timeout_per_page_s
                on_pages(message["pages"])

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        child = self._child
        if child is None:
            return None
        try:
            child.send("cleanup", point=point.value)
            message = self._receive(child, deadline=time.monotonic() + _CLEANUP_TIMEOUT_S)
        except (DocumentError, UnavailableError, BrokenPipeError) as error:
            self._kill(str(error))
            return None
        if message is None:
            self._kill("it hung in a cleanup")
            return None
        report = messages.report_from(message)
        self._semaphores = report.after.semaphores
        return report

    def recycle(self, reason: str) -> None:
        state = self.state()
        rss_mb = None if state.rss_bytes is None else state.rss_bytes >> 20
        self._log.info("converter.recycled", reason=reason, documents=state.documents, rss_mb=rss_mb)
        self.stop()

    def state(self) -> ConverterState:
        child = self._child
        return ConverterState(
            pid=child.pid if child else None,
            rss_bytes=child.rss_bytes() if child else None,
            documents=self._documents if child else 0,
            semaphores=self._semaphores if child else None,
            model_set=self._info.model_set if self._info else None,
        )

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def _running(self) -> _Child:
        self.start()
        assert self._child is not None
        return self._child

    def _receive(self, child: _Child, deadline: float) -> Message | None:
        """The next answer, None at the deadline; log events are logged on the way. Raises ConverterDiedError."""
        while time.monotonic() < deadline:
            self._tick()
            for message in child.messages(_POLL_S):
                if message["op"] != "log":
                    return message
                getattr(self._log, message["level"])(message["event"], **message["fields"])
        return None

    def _kill(self, reason: str) -> str:
        """Kill the whole tree; gives how it ended."""
        child, self._child = self._child, None
        if child is None:
            return reason
        ended = child.kill() or reason
        self._log.warning("converter.died", converter_pid=child.pid, reason=ended, last_output=child.last_output())
        sweep_dead_daemons()  # semaphores' names that it could not unlink any more
        return ended


class _Child:
    """The process and its pipes."""

    def __init__(self, settings: ProcessSettings, log: Log) -> None:
        self._home = home = settings.working_dir / "converter"
        home.mkdir(parents=True, exist_ok=True)
        variables = environment.for_child(environment.physical_threads(settings.threads))
        child_requests, requests = os.pipe()
        responses, child_responses = os.pipe()
        command = [sys.executable, "-m", "markerd.convert.worker", str(child_requests), str(child_responses)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(child_requests, child_responses),
            env={**variables, "TMPDIR": str(home)},
            # `-m` puts the working directory on the module path: it must be one that only we write to.
            cwd=home,
            start_new_session=True,
        )
        os.close(child_requests)
        os.close(child_responses)
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

    def send(self, op: str, **fields: Any) -> None:
        self._writer.send(op, **fields)

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
        try:
            process = psutil.Process(self.pid)
            return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)])
        except psutil.Error:
            return None

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
        try:
            # The pipe closes an instant before the exit status is there.
            code = self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            return None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

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
            shutil.rmtree(self._home, ignore_errors=True)  # e.g. what onnxruntime's telemetry leaves there

    def _read_output(self, stream: IO[bytes], log: Log) -> None:
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "backslashreplace").rstrip()[:_LINE_LIMIT]
                self._output.append(line)
                log.debug("converter.output", line=line)
