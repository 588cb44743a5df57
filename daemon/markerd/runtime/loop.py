"""The consumer: it takes one document after another, in order of arrival, and finishes each before the next.

It is short on purpose, because this is what the daemon does.
"""

from __future__ import annotations

import time
from enum import Enum
from typing import Protocol

from markerd.convert.cleanup.report import CleanupPoint
from markerd.errors import StopNowError
from markerd.journal import Document
from markerd.pipeline.processor import Processor
from markerd.runtime.maintenance import Maintenance
from markerd.runtime.signals import SignalRequests

_IDLE_WAIT_S = 0.25


class LoopEnd(Enum):
    """Why the loop ended."""

    STOP = "stop"
    RELOAD = "reload"
    DRAINED = "drained"


class Arrivals(Protocol):
    """Where settled documents come from."""

    def take(self, timeout_s: float) -> Document | None: ...
    def __len__(self) -> int: ...


class Feed(Protocol):
    """The intake as the loop sees it.

    `is_idle` means that all files in the folders were looked at and have settled. `failure` is the error that broke the
    intake.
    """

    @property
    def failure(self) -> Exception | None: ...
    def is_idle(self) -> bool: ...


class Observer(Protocol):
    """Whoever is told what the loop does: the status file, the progress bar, the service manager."""

    def beat(self) -> None: ...
    def show_idle(self) -> None: ...
    def show_finished(self) -> None: ...


class JournalWatch(Protocol):
    """The watch that keeps the journal's files in place. A look costs some microseconds."""

    def look(self) -> None: ...


class Loop:
    """The main loop. The main thread runs it. If `is_once`, it returns when everything that was there is done."""

    def __init__(
        self,
        arrivals: Arrivals,
        feed: Feed,
        processor: Processor,
        maintenance: Maintenance,
        requests: SignalRequests,
        observer: Observer,
        reconcile_s: float,
        *,
        is_once: bool,
        journal_watch: JournalWatch | None = None,
    ) -> None:
        self._arrivals = arrivals
        self._feed = feed
        self._processor = processor
        self._maintenance = maintenance
        self._requests = requests
        self._observer = observer
        self._reconcile_s = reconcile_s
        self._is_once = is_once
        self._journal_watch = journal_watch
        self._is_batch_open = False
        self._policies_due_s = 0.0

    def run(self) -> LoopEnd:
        """Run until a signal, or until all is done if `is_once`."""
        while not self._requests.is_stopping:
            if self._feed.failure is not None:
                raise self._feed.failure  # no document would arrive any more
            if self._requests.is_reload_wanted:
                return LoopEnd.RELOAD
            self._observer.beat()
            self._processor.look_for_room(time.monotonic())
            self._pay_owed_policies()
            document = self._next()
            if self._journal_watch is not None:
                self._journal_watch.look()
            if document is not None:
                self._finish(document)
            elif self._is_once and self._is_drained():
                return LoopEnd.DRAINED
        return LoopEnd.STOP

    def _next(self) -> Document | None:
        """Return a retry that is due, otherwise the next arrival, otherwise a document that waits behind all others.

        If there is none, the time is used for maintenance.
        """
        due = self._processor.retries.take_due(time.monotonic())
        if due is not None:
            return due
        document = self._arrivals.take(0.0 if self._is_batch_open else _IDLE_WAIT_S)
        if document is None and not self._is_batch_open:  # nothing came during the wait
            document = self._processor.retries.take_due_behind_all(time.monotonic())
        if document is None:
            self._use_the_quiet()
        return document

    def _finish(self, document: Document) -> None:
        try:
            if not self._processor.process(document):
                return  # its folder is paused
        except StopNowError:
            return  # the document is put back, and the condition of the loop ends the loop
        self._is_batch_open = True
        self._maintenance.cleanup(CleanupPoint.BETWEEN_DOCUMENTS)
        self._observer.show_finished()
        self._processor.circuit_breaker.demand_closed()

    def _use_the_quiet(self) -> None:
        if self._is_batch_open:
            self._is_batch_open = False
            self._maintenance.cleanup(CleanupPoint.BATCH_END)
            self._observer.show_idle()
        self._maintenance.tend()

    def _pay_owed_policies(self) -> None:
        if time.monotonic() >= self._policies_due_s:
            self._policies_due_s = time.monotonic() + self._reconcile_s
            self._processor.policies.settle_all()
            self._processor.discard_unwanted_parts()

    def _is_drained(self) -> bool:
        """Whether everything is done.

        Raise UnavailableError if all that is left waits for room, because `--once` does not wait for that.
        """
        is_drained = self._feed.is_idle() and len(self._arrivals) == 0 and not self._processor.retries
        if is_drained:
            self._processor.storage.demand_room()
        return is_drained
