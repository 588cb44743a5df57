"""The default converter: one long-lived process. A crash, a hang or a leak costs one document, never the daemon.

It is started with `subprocess`, in a session of its own (a Ctrl-C on the terminal must not reach it before the daemon
has decided what becomes of the document), and spoken to in JSON lines over its own pair of pipes. What it prints is
collected and logged, and its last lines explain its death.

It is replaced without a gap: where memory allows, a standby loads its models while the old one goes on converting, and
takes over between two documents.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.process import memory_limits, wire_format
from markerd.convert.process.child_process import Child
from markerd.convert.process.event_relay import Said
from markerd.convert.process.memory_watch import Ceiling
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.startup import Loading
from markerd.convert.process.warm_standby import Standby
from markerd.convert.process.wire_format import Message
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

_POLL_S = 0.2
_OPTIONS_TIMEOUT_S = 900.0  # the first answer waits for the import of Marker
_CLEANUP_TIMEOUT_S = 60.0
_MOST_ROBBED = 3  # so often a converter is started again whose folder was removed while it loaded
_LOADED_BYTES = 1 << 30  # taken for what a converter holds with its models, until one was measured


class ProcessConverter:
    """See `Converter`. `tick` is called every 0.2 s while waiting; what it raises ends the wait.

    `memory_now` says what room there is for a standby.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        tick: Callable[[], None],
        memory_now: Callable[[], memory_limits.Memory] = memory_limits.now,
    ) -> None:
        self._settings = settings
        self._log = log
        self._tick = tick
        self._memory_now = memory_now
        self._ceiling = Ceiling(settings.max_rss_bytes)
        self._child: Child | None = None
        self._info: ConverterInfo | None = None
        self._standby = Standby(lambda: self._loading(self._new_child()), self._bury)
        self._is_retiring = False
        self._may_overlap = False
        self._loaded_bytes = _LOADED_BYTES
        self._documents = 0
        self._semaphores: int | None = None
        self._said = Said(log)
        self._starts = self._deaths = 0

    def start(self) -> ConverterInfo:
        if self._child is not None and not self._child.is_alive():
            self._kill("it ended while it had nothing to do")  # no document's fault
        self.tend()
        for _ in range(_MOST_ROBBED):
            child = self._spawned()
            try:
                return self._ready(child)
            except UnavailableError:
                if child.has_home():
                    raise
            finally:
                if self._info is None:
                    self._kill("it did not get ready")
        return self._ready(self._spawned())

    def _ready(self, child: Child) -> ConverterInfo:
        if self._info is None:
            self._info = self._wait_until_ready(child)
            self._loaded_bytes = child.rss_bytes() or self._loaded_bytes
        return self._info

    def _spawned(self) -> Child:
        """The process, with its models or still without."""
        self._await_standby()
        if self._child is None:
            self._child = self._new_child()
            self._forget_the_old()
        return self._child

    def _new_child(self) -> Child:
        child = Child(self._settings, self._log)
        self._starts += 1
        self._log.info("converter.started", converter_pid=child.pid)
        return child

    def _forget_the_old(self) -> None:
        self._info, self._documents, self._semaphores = None, 0, None

    def _loading(self, child: Child) -> Loading:
        return Loading(child, self._said.log_event)

    def _wait_until_ready(self, child: Child) -> ConverterInfo:
        loading = self._loading(child)
        while (info := loading.poll(_POLL_S)) is None:
            self._tick()
        return info

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        child = self._spawned()
        try:
            child.send("check_options", options=dict(options))
            message = self._receive(child, time.monotonic() + _OPTIONS_TIMEOUT_S, self._tick)
            if message is None:
                raise UnavailableError("it did not answer")
            with wire_format.trusted_form():
                return wire_format.problems_from(message)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            raise UnavailableError(f"the converter ended: {self._kill(str(error))}") from error

    def stop(self) -> None:
        self._standby.stop()
        self._stop_the_old()

    def _stop_the_old(self) -> None:
        child, self._child = self._child, None
        self._is_retiring = False
        if child is not None:
            child.stop()

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        def limit_s(pages: int) -> float:
            is_part = 0 < request.part_pages < pages
            return self._settings.limit_s(request.part_pages if is_part else pages)

        result = self._ask("convert", request, limit_s, on_pages)
        self._documents -= result.is_part  # which is no document yet
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
        child = self._running()
        self._documents += 1
        try:
            with child.holding(request) as held:
                child.send(op, **asdict(held))
                return self._await_result(child, limit_s, on_pages)
        except (ConverterDiedError, UnavailableError, BrokenPipeError) as error:
            reason = self._kill(str(error))
            raise ConverterDiedError(f"the converter ended in mid-document: {reason}") from error
        except (ConversionTimeoutError, MemoryCeilingError, StopNowError) as error:
            self._kill(str(error))
            raise

    def _await_result(
        self, child: Child, limit_s: Callable[[int], float], on_pages: Callable[[int], None]
    ) -> ConversionResult:
        """`limit_s` gives the seconds that it may take, by the document's pages."""
        started, pages = time.monotonic(), 0
        while True:
            message = self._receive(child, started + limit_s(pages), lambda: self._supervise(child))
            if message is None:
                raise ConversionTimeoutError(f"not done after {limit_s(pages):.0f} s")
            with wire_format.trusted_form():
                if message["op"] == "result":
                    return wire_format.result_from(message)
                if message["op"] == "error":
                    raise wire_format.error_from(message)
                pages = wire_format.count_from(message["pages"])
            on_pages(pages)

    def _supervise(self, child: Child) -> None:
        """In mid-document. Raises what `tick` does, and MemoryCeilingError."""
        self._tick()
        self._standby.poll()
        standby = self._standby.child
        taken = self._ceiling.excess([child] if standby is None else [child, standby])
        if taken is None:
            return
        if standby is not None:
            self._standby.give_up(f"it makes room: with the one that converts it took {taken >> 20} MB")
            return
        raise self._ceiling.error(taken)

    def _running(self) -> Child:
        self.start()
        assert self._child is not None
        return self._child

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        child = self._child
        if child is None:
            return None
        try:
            child.send("cleanup", point=point.value)
            message = self._receive(child, time.monotonic() + _CLEANUP_TIMEOUT_S, self._tick)
        except (DocumentError, UnavailableError, BrokenPipeError) as error:
            self._kill(str(error))
            return None
        if message is None:
            self._kill("it hung in a cleanup")
            return None
        try:
            with wire_format.trusted_form():
                report = wire_format.report_from(message)
        except ConverterDiedError as error:
            self._kill(str(error))
            return None
        self._semaphores = report.after.semaphores
        self._said.count_cleanup(len(report.removed))
        return report

    def recycle(self, reason: str) -> None:
        state = self.state()
        rss_mb = None if state.rss_bytes is None else state.rss_bytes >> 20
        self._log.info("converter.recycled", reason=reason, documents=state.documents, rss_mb=rss_mb)
        self._is_retiring = self._may_overlap = self._child is not None

    def tend(self) -> None:
        if self._is_retiring and self._standby.child is None:
            self._begin_to_retire()
        self._standby.poll()
        self._take_over()

    def _begin_to_retire(self) -> None:
        available = self._memory_now().available_bytes
        if self._may_overlap and self._ceiling.has_room_for_two(self._child, self._loaded_bytes, available):
            self._standby.begin()
            self._may_overlap = False  # one that fails is not tried again
        else:
            self._stop_the_old()  # which makes room for its successor

    def _await_standby(self) -> None:
        """Where the old one is gone, its successor has begun to load already."""
        while self._child is None and self._standby.child is not None:
            self._tick()
            self._standby.poll(_POLL_S)
            self._take_over()

    def _take_over(self) -> None:
        """Between documents: the standby is the converter, if it is ready."""
        taken = self._standby.taken_if_ready()
        if taken is not None:
            self._stop_the_old()
            self._forget_the_old()
            self._child, self._info = taken

    def state(self) -> ConverterState:
        child, standby = self._child, self._standby.child
        return ConverterState(
            pid=child.pid if child else None,
            rss_bytes=child.rss_bytes() if child else None,
            documents=self._documents if child else 0,
            semaphores=self._semaphores if child else None,
            model_set=self._info.model_set if self._info else None,
            starts=self._starts,
            deaths=self._deaths,
            cleanups=self._said.cleanups,
            removed=self._said.removed,
            is_retiring=self._is_retiring,
            replacement_pid=standby.pid if standby else None,
        )

    def _receive(self, child: Child, deadline: float, supervise: Callable[[], None]) -> Message | None:
        """The next answer, None at the deadline; log events are logged on the way. Raises ConverterDiedError."""
        while time.monotonic() < deadline:
            supervise()
            for message in child.messages(_POLL_S):
                if message["op"] != "log":
                    return message
                self._said.log_event(message)
        return None

    def _kill(self, reason: str) -> str:
        """Kill the whole tree; gives how it ended."""
        child, self._child = self._child, None
        self._is_retiring = False
        return reason if child is None else self._bury(child, reason)

    def _bury(self, child: Child, reason: str) -> str:
        self._deaths += 1
        ended = child.kill() or reason
        self._log.warning("converter.died", converter_pid=child.pid, reason=ended, last_output=child.last_output())
        sweep_dead_daemons()  # semaphores' names that it could not unlink any more
        return ended
