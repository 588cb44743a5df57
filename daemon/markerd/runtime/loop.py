"""The consumer: it begins documents in order of arrival while there is room for them, and ends them as they come back.

It is short on purpose, because this is what the daemon does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from markerd.convert.cleanup.report import CleanupPoint
from markerd.errors import StopNowError
from markerd.journal import Document
from markerd.runtime.maintenance import Maintenance
from markerd.runtime.signals import SignalRequests
from markerd.runtime.window import Window

_ONCE_WAIT_S = 0.1
"""The longest wait if the loop ends when everything is done, because nothing tells it that the intake is idle."""

_ONCE_ABSENCE_S = 120.0
"""So long the loop waits for converters that are out of reach, if it ends when everything is done. Ray takes 8 s to
connect, and the third try begins after 7 s and three failures."""


class LoopEnd(Enum):
    """Why the loop ended."""

    STOP = "stop"
    RELOAD = "reload"
    DRAINED = "drained"


class Arrivals(Protocol):
    """Where settled documents come from. An arrival ends the wait for the converters."""

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
    """Whoever is told what the loop does: the status file, the progress bar, the service manager.

    It wants to be told that the loop lives by `next_beat_s`, on the monotonic clock.
    """

    @property
    def next_beat_s(self) -> float: ...
    def beat(self) -> None: ...
    def show_idle(self) -> None: ...
    def show_finished(self, number: int) -> None: ...


class JournalWatch(Protocol):
    """The watch that keeps the journal's files in place. A look costs some microseconds."""

    def look(self) -> None: ...


class Chore(Protocol):
    """What is done in small steps beside the documents. A step takes some milliseconds."""

    def step(self) -> None: ...


class Quiet(Protocol):
    """Who knows whether a conversion may begin now."""

    def is_quiet(self) -> bool: ...


class _NeverQuiet:
    def is_quiet(self) -> bool:
        return False


class Loop:
    """The main loop. The main thread runs it. If `is_once`, it returns when everything that was there is done."""

    def __init__(
        self,
        arrivals: Arrivals,
        feed: Feed,
        window: Window,
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
        self._window = window
        self._processor = window.processor
        self._maintenance = maintenance
        self._requests = requests
        self._observer = observer
        self._reconcile_s = reconcile_s
        self._is_once = is_once
        self._journal_watch = journal_watch
        self.chores: Sequence[Chore] = ()
        self.quiet: Quiet = _NeverQuiet()
        self._is_batch_open = False
        self._policies_due_s = 0.0

    def run(self) -> LoopEnd:
        """Run until a signal, or until all is done if `is_once`."""
        try:
            while (end := self._find_end()) is None:
                self._observer.beat()
                self._processor.look_for_room(time.monotonic())
                self._pay_owed_policies()
                for chore in self.chores:
                    chore.step()
                self._begin_documents()
                self._end_documents(self._choose_wait_s())
            return self._wind_down(end)
        finally:
            self._window.put_back_all("the daemon stops")

    def _find_end(self) -> LoopEnd | None:
        if self._feed.failure is not None:
            raise self._feed.failure  # no document would arrive any more
        if self._requests.is_stopping:
            return LoopEnd.STOP
        if self._requests.is_reload_wanted:
            return LoopEnd.RELOAD
        if self._is_once:
            self._window.demand_converters(_ONCE_ABSENCE_S)
        return LoopEnd.DRAINED if self._is_once and self._is_drained() else None

    def _begin_documents(self) -> None:
        """Prepare documents while there is room for them. If there is nothing to do, use the time for maintenance."""
        if not self._requests.is_waiting and self._window.begin_loans():
            self._is_batch_open = True
        while self._may_begin and not self._requests.is_waiting:
            document = self._next()
            if self._journal_watch is not None:
                self._journal_watch.look()
            if document is None:
                break
            if self._window.begin(document):
                self._is_batch_open = True
            else:
                self._note_finished(document.id)
        if len(self._window) == 0:
            self._use_the_quiet()

    @property
    def _may_begin(self) -> bool:
        return self._window.has_room and not self.quiet.is_quiet()

    def _next(self) -> Document | None:
        """Return a retry that is due, otherwise the next arrival, otherwise a document that waits behind all others."""
        document = self._processor.retries.take_due(time.monotonic()) or self._arrivals.take(0.0)
        if document is None and len(self._window) == 0 and not self._is_batch_open:
            document = self._processor.retries.take_due_behind_all(time.monotonic())
        return document

    def _end_documents(self, wait_s: float) -> None:
        for number in self._window.end(wait_s):
            self._note_finished(number)

    def _note_finished(self, number: int) -> None:
        self._observer.show_finished(number)
        self._processor.circuit_breaker.demand_closed()

    def _choose_wait_s(self) -> float:
        """Return how long the loop may wait for an arrival, a signal or the end of a document."""
        if self._may_begin and len(self._arrivals) > 0:
            return 0.0
        now_s, until_s = time.monotonic(), self._observer.next_beat_s
        due_s = self._processor.retries.find_next_due() if self._may_begin else None
        if due_s is not None and (due_s > now_s or len(self._window) == 0):  # else it waits behind all others
            until_s = min(until_s, due_s)
        return max(min(until_s - now_s, _ONCE_WAIT_S if self._is_once else until_s), 0.0)

    def _wind_down(self, end: LoopEnd) -> LoopEnd:
        """Put back what no converter has taken, and let the converters finish what they have."""
        self._window.put_back_waiting("the daemon stops" if self._requests.is_stopping else "a reload waits")
        try:
            while len(self._window) > 0:
                self._observer.beat()
                self._end_documents(max(self._observer.next_beat_s - time.monotonic(), 0.0))
        except StopNowError:  # no time is left; the documents are put back
            return LoopEnd.STOP
        return LoopEnd.STOP if self._requests.is_stopping else end

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

        Raise UnavailableError if all that is left waits for room or for a model, because `--once` does not wait for
        that. It does wait for a model that our own server loads.
        """
        is_drained = (
            self._feed.is_idle() and len(self._arrivals) == 0 and len(self._window) == 0 and not self._processor.retries
        )
        if is_drained:
            self._processor.storage.demand_room()
            if self._processor.models.is_any_coming(self._maintenance.find_coming_models()):
                return False
            self._processor.models.demand_none()
        return is_drained
