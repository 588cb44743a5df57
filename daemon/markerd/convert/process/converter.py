"""The default converter: one long-lived process. A crash, a hang or a leak costs one document, never the daemon.

The process is started in a session of its own: a Ctrl-C on the terminal must not reach it before the daemon has decided
what becomes of the document. Both speak in JSON lines over a pair of pipes. What the process prints is collected and
logged, and its last lines explain its death.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.process import memory_limits, wire_format
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.event_relay import EventRelay
from markerd.convert.process.memory_watch import MemoryWatch, find_over_ceiling
from markerd.convert.process.message_pipes import Message
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.supervisor import POLL_S, Steps, Supervisor
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterInfo, ConverterState, JoinRequest
from markerd.errors import (
    ConversionTimeoutError,
    ConverterDiedError,
    DocumentError,
    MemoryCeilingError,
    StopNowError,
    UnavailableError,
)
from markerd.files.readiness import wait_until_readable
from markerd.logs import Log

_OPTIONS_TIMEOUT_S = 900.0  # the first answer waits for the import of Marker
_CLEANUP_TIMEOUT_S = 60.0
_MOST_MESSAGES = 100
"""So many messages of one process are read before the others, and the clock, are looked at again."""

_Value = TypeVar("_Value")


class ProcessConverter:
    """Asks the process that its `Supervisor` owns; see `Converter`.

    Each operation is there twice: as a call that blocks, and as `Steps`, several of which a `ProcessPool` can carry on
    at once. While a call blocks, `tick` is called every 0.2 s; its exception ends the wait. `measure_memory` says what
    room there is for a standby. Converters with the same `memory_watch` share one ceiling.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        tick: Callable[[], None],
        measure_memory: Callable[[], memory_limits.Memory] = memory_limits.measure_memory,
        memory_watch: MemoryWatch | None = None,
    ) -> None:
        self._settings = settings
        self._log = log
        self.is_working = False
        self._tick = tick
        self._relay = EventRelay(log)
        self._memory_watch = memory_watch or MemoryWatch(settings.max_rss_bytes)
        self._supervisor = Supervisor(settings, log, self._relay, self._memory_watch, measure_memory)

    # --- calls that block -------------------------------------------------------------------------------------------

    def start(self) -> ConverterInfo:
        return self._finish(self.start_in_steps())

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        return self._finish(self._check_options(options))

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        return self._finish(self.work_in_steps(request, on_pages=on_pages))

    def join(self, request: JoinRequest) -> ConversionResult:
        return self._finish(self.work_in_steps(request))

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        return self._finish(self.clean_up_in_steps(point))

    def _finish(self, steps: Steps[_Value]) -> _Value:
        """Carry the steps on to their end, and look after the daemon and the memory meanwhile."""
        try:
            next(steps)
            while True:
                wait_until_readable(self.list_descriptors(), 0.0 if self.has_unread else POLL_S)
                try:
                    self._tick()
                    self.watch_replacement()
                    self._demand_below_ceiling()
                except Exception as error:  # noqa: BLE001 - the steps end by it, and raise it again
                    steps.throw(error)
                else:
                    next(steps)
        except StopIteration as end:
            value: _Value = end.value
            return value

    def _demand_below_ceiling(self) -> None:
        over = find_over_ceiling(self._memory_watch, [self])
        if over is not None:
            raise over[1]

    # --- the same in steps ------------------------------------------------------------------------------------------

    def start_in_steps(self) -> Steps[ConverterInfo]:
        return (yield from self._supervisor.start())

    def _check_options(self, options: Mapping[str, Any]) -> Steps[list[str]]:
        child = yield from self._supervisor.ensure_child()
        try:
            child.send("check_options", options=dict(options))
            message = yield from self._receive(child, time.monotonic() + _OPTIONS_TIMEOUT_S)
            if message is None:
                raise UnavailableError("it did not answer")
            with wire_format.demand_known_form():
                return wire_format.parse_problems(message)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            raise UnavailableError(f"the converter ended: {self._supervisor.kill(str(error))}") from error

    def work_in_steps(
        self,
        request: ConversionRequest | JoinRequest,
        *,
        on_start: Callable[[], None] = lambda: None,
        on_pages: Callable[[int], None] = lambda _: None,
    ) -> Steps[ConversionResult]:
        """Convert or join; `on_start` is called once the models are loaded."""
        yield from self._supervisor.start()
        child = yield from self._supervisor.ensure_child()
        on_start()
        self._supervisor.in_service.documents += 1
        self.is_working = True
        try:
            with child.lend(request) as lent:
                child.send("join" if isinstance(request, JoinRequest) else "convert", **asdict(lent))
                result = yield from self._await_result(child, request, on_pages)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            reason = self._supervisor.kill(str(error))
            raise ConverterDiedError(f"the converter ended in mid-document: {reason}") from error
        except (ConversionTimeoutError, MemoryCeilingError, StopNowError) as error:
            self._supervisor.kill(str(error), is_on_purpose=True)
            raise
        finally:
            self.is_working = False
        self._supervisor.in_service.documents -= result.is_part  # a part is no document yet
        return result

    def _await_result(
        self, child: ChildProcess, request: ConversionRequest | JoinRequest, on_pages: Callable[[int], None]
    ) -> Steps[ConversionResult]:
        """Return the result, or raise the error that the process sends."""
        started_s, pages = time.monotonic(), 0
        while True:
            limit_s = self._limit_s(request, pages)
            message = yield from self._receive(child, started_s + limit_s)
            if message is None:
                raise ConversionTimeoutError(f"not done after {limit_s:.0f} s")
            with wire_format.demand_known_form():
                if message["op"] == "result":
                    return wire_format.parse_result(message)
                if message["op"] == "error":
                    raise wire_format.parse_error(message)
                pages = wire_format.parse_count(message["pages"])
            on_pages(pages)
            yield  # so that a process that says nothing else holds nobody up

    def _limit_s(self, request: ConversionRequest | JoinRequest, pages: int) -> float:
        """Return the seconds that the request may take, of a document with so many pages."""
        if isinstance(request, JoinRequest):
            return self._settings.time_limits.limit_s(request.pages)
        return self._settings.time_limits.limit_s(pages, request.part_pages)

    def _receive(self, child: ChildProcess, deadline_s: float) -> Steps[Message | None]:
        """Return the next answer, None at the deadline; log events are logged on the way. Raises ConverterDiedError."""
        while time.monotonic() < deadline_s:
            for message in child.receive_waiting(_MOST_MESSAGES):
                if message["op"] != "log":
                    return message
                self._relay.log_event(message)
            yield
        return None

    def clean_up_in_steps(self, point: CleanupPoint) -> Steps[CleanupReport | None]:
        """Clean up; the value is None where there is no process to clean."""
        child = self._supervisor.in_service.child
        if child is None:
            return None
        try:
            child.send("cleanup", point=point.value)
            message = yield from self._receive(child, time.monotonic() + _CLEANUP_TIMEOUT_S)
            if message is None:
                raise ConverterDiedError("it hung in a cleanup")
            with wire_format.demand_known_form():
                report = wire_format.parse_report(message)
        except (DocumentError, UnavailableError, BrokenPipeError) as error:
            self._supervisor.kill(str(error))
            return None
        self._supervisor.in_service.semaphores = report.after.semaphores
        self._relay.count_cleanup(len(report.removed))
        return report

    # --- the process ------------------------------------------------------------------------------------------------

    @property
    def has_unread(self) -> bool:
        """Whether messages were read from a pipe already and wait for their turn."""
        return any(child.has_unread for child in self._supervisor.list_children())

    def list_descriptors(self) -> list[int]:
        """List what is ready to be read when the process, or its replacement, has something to say."""
        return [child.fileno() for child in self._supervisor.list_children()]

    def measure_rss(self) -> int:
        """Return the bytes of the process in service with all that it started; 0 where there is none."""
        child = self._supervisor.in_service.child
        return (child.measure_tree_rss() if child is not None else None) or 0

    def give_up_replacement(self, reason: str) -> bool:
        """End the replacement that is loading, to make room; returns False where there is none."""
        return self._supervisor.give_up_standby(reason)

    def recycle(self, reason: str) -> None:
        state = self.state()
        rss_mb = None if state.rss_bytes is None else state.rss_bytes >> 20
        self._log.info("converter.recycled", reason=reason, documents=state.documents, rss_mb=rss_mb)
        self._supervisor.retire()

    def tend(self) -> None:
        self._supervisor.tend()

    def listen(self) -> None:
        """Log what the process says while it has nothing to do, and take note of its end. No document is to blame."""
        child = self._supervisor.in_service.child
        if child is None:
            return
        try:
            for message in child.receive_waiting(_MOST_MESSAGES):
                if message["op"] != "log":
                    raise UnavailableError("it answered without being asked")
                self._relay.log_event(message)
        except (ConverterDiedError, UnavailableError) as error:
            self._supervisor.kill(f"it ended while it had nothing to do ({error})")

    def watch_replacement(self) -> None:
        """Take note of the replacement that is loading, while a document is in work."""
        self._supervisor.watch_standby()

    @property
    def is_running(self) -> bool:
        """Whether there is a process, so that the next document need not wait for the models."""
        return self._supervisor.in_service.child is not None

    @property
    def is_retiring(self) -> bool:
        return self._supervisor.is_retiring

    def state(self) -> ConverterState:
        return self._supervisor.describe_state()

    def ask_to_stop(self) -> None:
        """Let the process begin to end; `stop` waits for it."""
        self._supervisor.ask_to_stop()

    def stop(self) -> None:
        self._supervisor.stop()
