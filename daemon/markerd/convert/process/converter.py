"""The default converter: one long-lived process. A crash, a hang or a leak costs one document, never the daemon.

The process is started in a session of its own: a Ctrl-C on the terminal must not reach it before the daemon has decided
what becomes of the document. Both speak in JSON lines over a pair of pipes. What the process prints is collected and
logged, and its last lines explain its death.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.process import memory_limits, wire_format
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.event_relay import EventRelay
from markerd.convert.process.message_pipes import Message
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.supervisor import POLL_S, Supervisor
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterInfo, ConverterState, JoinRequest
from markerd.errors import (
    ConversionTimeoutError,
    ConverterDiedError,
    DocumentError,
    MemoryCeilingError,
    StopNowError,
    UnavailableError,
)
from markerd.logs import Log

_OPTIONS_TIMEOUT_S = 900.0  # the first answer waits for the import of Marker
_CLEANUP_TIMEOUT_S = 60.0


class ProcessConverter:
    """Asks the process that its `Supervisor` owns; see `Converter`.

    `tick` is called every 0.2 s while it waits; an exception of `tick` ends the wait. `measure_memory` says what room
    there is for a standby.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        tick: Callable[[], None],
        measure_memory: Callable[[], memory_limits.Memory] = memory_limits.measure_memory,
    ) -> None:
        self._settings = settings
        self._log = log
        self._tick = tick
        self._relay = EventRelay(log)
        self._supervisor = Supervisor(settings, log, self._relay, tick, measure_memory)

    def start(self) -> ConverterInfo:
        return self._supervisor.start()

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        child = self._supervisor.ensure_child()
        try:
            child.send("check_options", options=dict(options))
            message = self._receive(child, time.monotonic() + _OPTIONS_TIMEOUT_S, self._tick)
            if message is None:
                raise UnavailableError("it did not answer")
            with wire_format.demand_known_form():
                return wire_format.parse_problems(message)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            raise UnavailableError(f"the converter ended: {self._supervisor.kill(str(error))}") from error

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        def limit_s(pages: int) -> float:
            is_part = 0 < request.part_pages < pages
            return self._settings.limit_s(request.part_pages if is_part else pages)

        result = self._ask("convert", request, limit_s, on_pages)
        self._supervisor.in_service.documents -= result.is_part  # a part is no document yet
        return result

    def join(self, request: JoinRequest) -> ConversionResult:
        limit_s = self._settings.limit_s(request.pages)
        return self._ask("join", request, lambda _: limit_s, lambda _: None)

    def _ask(
        self,
        op: str,
        request: ConversionRequest | JoinRequest,
        limit_s: Callable[[int], float],
        on_pages: Callable[[int], None],
    ) -> ConversionResult:
        self._supervisor.start()
        child = self._supervisor.ensure_child()
        self._supervisor.in_service.documents += 1
        try:
            with child.lend(request) as lent:
                child.send(op, **asdict(lent))
                return self._await_result(child, limit_s, on_pages)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            reason = self._supervisor.kill(str(error))
            raise ConverterDiedError(f"the converter ended in mid-document: {reason}") from error
        except (ConversionTimeoutError, MemoryCeilingError, StopNowError) as error:
            self._supervisor.kill(str(error))
            raise

    def _await_result(
        self, child: ChildProcess, limit_s: Callable[[int], float], on_pages: Callable[[int], None]
    ) -> ConversionResult:
        """Return the result, or raise the error that the process sends. `limit_s` gives the time limit by the pages."""
        started_s, pages = time.monotonic(), 0
        while True:
            message = self._receive(child, started_s + limit_s(pages), self._watch_work)
            if message is None:
                raise ConversionTimeoutError(f"not done after {limit_s(pages):.0f} s")
            with wire_format.demand_known_form():
                if message["op"] == "result":
                    return wire_format.parse_result(message)
                if message["op"] == "error":
                    raise wire_format.parse_error(message)
                pages = wire_format.parse_count(message["pages"])
            on_pages(pages)

    def _watch_work(self) -> None:
        """Look after the daemon and the memory while a document is in work. Raises what both raise."""
        self._tick()
        self._supervisor.check_memory()

    def _receive(self, child: ChildProcess, deadline_s: float, watch: Callable[[], None]) -> Message | None:
        """Return the next answer, None at the deadline; log events are logged on the way. Raises ConverterDiedError."""
        while time.monotonic() < deadline_s:
            watch()
            message = child.receive(POLL_S)
            if message is None:
                continue
            if message["op"] != "log":
                return message
            self._relay.log_event(message)
        return None

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        child = self._supervisor.in_service.child
        if child is None:
            return None
        try:
            child.send("cleanup", point=point.value)
            message = self._receive(child, time.monotonic() + _CLEANUP_TIMEOUT_S, self._tick)
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

    def recycle(self, reason: str) -> None:
        state = self.state()
        rss_mb = None if state.rss_bytes is None else state.rss_bytes >> 20
        self._log.info("converter.recycled", reason=reason, documents=state.documents, rss_mb=rss_mb)
        self._supervisor.retire()

    def tend(self) -> None:
        self._supervisor.tend()

    def state(self) -> ConverterState:
        return self._supervisor.describe_state()

    def stop(self) -> None:
        self._supervisor.stop()
