"""The default converter: one long-lived process. A crash, a hang or a leak costs one document, never the daemon.

It is started with `subprocess`, in a session of its own (a Ctrl-C on the terminal must not reach it before the daemon
has decided what becomes of the document), and spoken to in JSON lines over its own pair of pipes. What it prints is
collected and logged, and its last lines explain its death.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markerd.convert import messages
from markerd.convert.child import Child
from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.messages import Message
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
_MOST_PAGES = 100_000  # that may extend a document's time: the number comes from the document


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
        self._child: Child | None = None
        self._info: ConverterInfo | None = None
        self._documents = 0
        self._semaphores: int | None = None
        self._starts = self._deaths = self._cleanups = self._removed = 0

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

    def _spawned(self) -> Child:
        """The process, with its models or still without."""
        if self._child is None:
            self._child, self._info = Child(self._settings.working_dir, self._settings.threads, self._log), None
            self._documents, self._semaphores = 0, None
            self._starts += 1
            self._log.info("converter.started", converter_pid=self._child.pid)
        return self._child

    def _wait_until_ready(self, child: Child) -> ConverterInfo:
        try:
            child.send("start", models=self._settings.models, threads=self._settings.threads)
            message = self._receive(child, deadline=time.monotonic() + _LOAD_TIMEOUT_S)
        except (ConverterDiedError, BrokenPipeError) as error:  # no document's fault
            raise UnavailableError(f"the converter ended while it loaded the models ({error})") from error
        if message is None:
            raise UnavailableError(f"the models did not load within {_LOAD_TIMEOUT_S:.0f} s")
        with messages.trusted_form():
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
        with messages.trusted_form():
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

    def _await_result(self, child: Child, on_pages: Callable[[int], None]) -> ConversionResult:
        started = time.monotonic()
        limit_s = self._settings.timeout_s
        while True:
            message = self._receive(child, deadline=started + limit_s)
            if message is None:
                raise ConversionTimeoutError(f"not done after {limit_s:.0f} s")
            with messages.trusted_form():
                if message["op"] == "result":
                    return messages.result_from(message)
                if message["op"] == "error":
                    raise messages.error_from(message)
                pages = min(int(message["pages"]), _MOST_PAGES)
            limit_s = self._settings.timeout_s + pages * self._settings.timeout_per_page_s
            on_pages(pages)

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
        try:
            with messages.trusted_form():
                report = messages.report_from(message)
        except ConverterDiedError as error:
            self._kill(str(error))
            return None
        self._semaphores = report.after.semaphores
        self._count_cleanup(len(report.removed))
        return report

    def _count_cleanup(self, removed: int) -> None:
        self._cleanups += 1
        self._removed += removed

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
            starts=self._starts,
            deaths=self._deaths,
            cleanups=self._cleanups,
            removed=self._removed,
        )

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()

    def _running(self) -> Child:
        self.start()
        assert self._child is not None
        return self._child

    def _receive(self, child: Child, deadline: float) -> Message | None:
        """The next answer, None at the deadline; log events are logged on the way. Raises ConverterDiedError."""
        while time.monotonic() < deadline:
            self._tick()
            for message in child.messages(_POLL_S):
                if message["op"] != "log":
                    return message
                with messages.trusted_form():
                    level, event, fields = messages.log_event_from(message)
                    if event == "cleanup.done":  # the converter's own, after a document
                        self._count_cleanup(len(fields["removed"]))
                getattr(self._log, level)(event, **fields)
        return None

    def _kill(self, reason: str) -> str:
        """Kill the whole tree; gives how it ended."""
        child, self._child = self._child, None
        if child is None:
            return reason
        self._deaths += 1
        ended = child.kill() or reason
        self._log.warning("converter.died", converter_pid=child.pid, reason=ended, last_output=child.last_output())
        sweep_dead_daemons()  # semaphores' names that it could not unlink any more
        return ended
