"""The documents in work: those that are converted, and those that are prepared meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from markerd.convert.protocol.pool import Pool, TaskOutcome
from markerd.errors import JournalError, StopNowError, UnavailableError
from markerd.journal import Document
from markerd.pipeline.conversion import Work
from markerd.pipeline.processor import Processor


class Lender(Protocol):
    """Who has tasks of others for the converters: see `lending`."""

    def take(self, pool: Pool) -> Sequence[Any]: ...
    def serve(self, loan: Any, order: int, number: int, pool: Pool) -> Work[None]: ...


@dataclass(frozen=True)
class _InWork:
    number: int
    work: Work[None]


class Window:
    """Carries the work of each document on, from one task for the pool to the next. The main thread alone uses it.

    A document that is put back has come to its end here, whatever the reason. A loan is work as well, in the line
    behind the documents that were begun before it; its number is below 0.
    """

    def __init__(self, pool: Pool, processor: Processor, lender: Lender | None = None) -> None:
        self.processor = processor
        self._lender = lender
        self._pool = pool
        self._in_work: dict[int, _InWork] = {}
        self._begun = 0

    def __len__(self) -> int:
        return len(self._in_work)

    @property
    def has_room(self) -> bool:
        """Whether another document may be begun. Loans take no room."""
        return sum(each.number >= 0 for each in self._in_work.values()) < self._pool.window

    def begin_loans(self) -> bool:
        """Hand the tasks of others to the converters; returns whether there were any."""
        if self._lender is None:
            return False
        loans = self._lender.take(self._pool)
        for loan in loans:
            order, self._begun = self._begun, self._begun + 1
            number = -1 - order
            self._in_work[order] = _InWork(number, self._lender.serve(loan, order, number, self._pool))
            self._resume(order, None)
        return bool(loans)

    def demand_converters(self, longest_s: float) -> None:
        """Raise UnavailableError where the converters are out of reach for longer."""
        absence = self._pool.absence
        if absence is not None and time.monotonic() - absence.since_s > longest_s:
            raise UnavailableError(f"{absence.reason} (for more than {longest_s:.0f} s)")

    def begin(self, document: Document) -> bool:
        """Prepare a document, and have it converted as soon as a converter is free. Returns False where it has come to
        its end already.

        Raises UnavailableError and JournalError after having put it back.
        """
        order, self._begun = self._begun, self._begun + 1
        self._in_work[order] = _InWork(document.id, self.processor.work(document, order))
        return not self._resume(order, None)

    def end(self, timeout_s: float) -> Iterator[int]:
        """Wait until documents come back, and yield the number of each that has come to its end.

        Raises what `begin` raises, and StopNowError where the daemon must not wait longer.
        """
        for outcome in self._pool.poll(timeout_s):
            order = outcome.task.order
            if order in self._in_work:
                number = self._in_work[order].number
                if self._resume(order, outcome):
                    yield number

    def _resume(self, order: int, outcome: TaskOutcome | None) -> bool:
        """Go on until the work wants further tasks done; returns whether it has come to its end instead."""
        work = self._in_work[order].work
        try:
            tasks = next(work) if outcome is None else work.send(outcome)
        except (StopIteration, StopNowError):
            self._end_work(order)
            return True
        except BaseException:
            self._end_work(order)
            raise
        for task in tasks:
            self._pool.submit(task)
        return False

    def _end_work(self, order: int) -> None:
        """Forget the work; no part of its document is left with a converter."""
        del self._in_work[order]
        self._pool.cancel(order)

    def put_back_waiting(self, reason: str) -> None:
        """Put back, uncounted, the documents that no converter has taken."""
        for order in {task.order for task in self._pool.withdraw()}:
            self._pool.cancel(order)
            self._put_back(order, reason)

    def put_back_all(self, reason: str) -> None:
        """End all work at once, and put the documents back, uncounted."""
        self._pool.give_up(reason)
        for order in list(self._in_work):
            self._put_back(order, reason)

    def _put_back(self, order: int, reason: str) -> None:
        work = self._in_work.pop(order).work
        try:
            work.throw(StopNowError(reason))
        except (StopNowError, JournalError, OSError):  # what the journal could not note, the next start finds out
            return
        raise AssertionError("a document that was put back wants to be converted")
