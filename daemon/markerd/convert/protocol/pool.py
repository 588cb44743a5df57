"""What the main loop knows of the converters: a pool that takes tasks in order and hands back their outcomes.

A `ProcessPool` has one or several converter processes, a `RayPool` those of a cluster, and a `SerialPool` one converter
whose calls block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.protocol import (
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterState,
    JoinRequest,
)
from markerd.errors import DocumentError
from markerd.files.readiness import wait_until_readable

RENEWED_AFTER_FAULT = "a fault in code stopped a document, which is tried again in a fresh converter"
Judge = Callable[[ConverterState, CleanupReport | None], str | None]
"""Called for each converter between two tasks, with the report of its cleanup if there was one; returns why the
converter is to be replaced, or None."""


@dataclass(frozen=True)
class Task:
    """One request of a document. `order` is the document's place among those that were begun, from 0.

    `on_start` is called when a converter takes the task, and `on_pages` with the number of all pages once it is known;
    both in the main loop's thread. What they raise ends the task. `is_renewed_after_fault` wants a fresh converter
    after an error that is a fault in code.
    """

    order: int
    request: ConversionRequest | JoinRequest
    on_start: Callable[[], None] = lambda: None
    on_pages: Callable[[int], None] = lambda _: None
    is_renewed_after_fault: bool = False

    def demands_renewal(self, error: Exception | None) -> bool:
        """Whether the task that ended with this error wants a fresh converter."""
        is_fault = isinstance(error, DocumentError) and error.is_fault and not error.is_permanent
        return self.is_renewed_after_fault and is_fault


@dataclass(frozen=True)
class TaskOutcome:
    """How a task ended: with a result, or with the error that its document meets."""

    task: Task
    result: ConversionResult | None = None
    error: Exception | None = None

    def take_result(self) -> ConversionResult:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


@dataclass(frozen=True)
class Absence:
    """The converters are out of reach since `since_s`, on the monotonic clock."""

    since_s: float
    reason: str


class Pool(Protocol):
    """Converts as many documents at once as it has converters. All methods are called by the main loop's thread."""

    @property
    def capacity(self) -> int:
        """How many tasks are converted at once."""

    @property
    def window(self) -> int:
        """How many documents may be in work: those that are converted, and those that are prepared meanwhile."""

    @property
    def spare(self) -> int:
        """How many more parts of one document the pool wants at once, because its converters have nothing else to do.

        0 says that parts are to come one after another.
        """

    @property
    def absence(self) -> Absence | None:
        """None where the converters can be reached. Where they cannot, tasks wait until they are back."""

    @property
    def info(self) -> ConverterInfo:
        """What the converters run on. It is known once the pool has started."""

    def start(self) -> ConverterInfo:
        """Load the models; return when the first converter is ready.

        Raises ModelsMissingError, UnavailableError, StopNowError.
        """

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        """Return one line for each option that Marker does not know or markerd does not allow."""

    def submit(self, task: Task) -> None:
        """Take a task. Tasks start in the order of their documents, as soon as a converter is free.

        A pool may send a task to a busy converter ahead; it starts when that one is free.
        """

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        """Wait until a task ends, the wake-up is set or the time is over; return the outcomes that are there.

        Raises StopNowError where the daemon must not wait longer.
        """

    def look_after(self) -> None:
        """Let the converters go on while the main loop is busy with something long. Outcomes wait for `poll`."""

    def withdraw(self) -> list[Task]:
        """Take back the tasks that no converter has taken yet."""

    def cancel(self, order: int) -> None:
        """End what is left of the tasks of that document, without outcomes."""

    def give_up(self, reason: str) -> None:
        """End all tasks at once, without outcomes: the converters that work are killed."""

    def judge_with(self, judge: Judge) -> None:
        """Ask this judge from now on whether a converter is to be replaced."""

    def cleanup(self, point: CleanupPoint) -> None:
        """Clean up in every converter, while none works."""

    def recycle(self, reason: str) -> None:
        """Replace all converters, and say so in the log."""

    def tend(self) -> None:
        """Carry on with replacements that are under way."""

    def state(self) -> ConverterState:
        """Describe all converters together."""

    def states(self) -> list[ConverterState]:
        """Describe all converters together, and then each one."""

    def stop(self) -> None:
        """End all converters with their children. It is safe to call this twice."""


class Wakeup(Protocol):
    """What ends a wait of the main loop: an arrival, a signal. It is cleared by whoever waits."""

    def fileno(self) -> int: ...
    def clear(self) -> None: ...


def wait_for_news(descriptors: Iterable[int], timeout_s: float, wakeup: Wakeup | None) -> bool:
    """Wait until one of the converters has something to say, or the time is over.

    Returns whether it was the wake-up that ended the wait; it is cleared then.
    """
    wakeups = [] if wakeup is None else [wakeup.fileno()]
    ready = wait_until_readable([*wakeups, *descriptors], timeout_s)
    is_woken = not ready.isdisjoint(wakeups)
    if wakeup is not None and is_woken:
        wakeup.clear()
    return is_woken


def add_states(states: Sequence[ConverterState]) -> ConverterState:
    """Describe several converters as one: counts and memory are added up, the rest is that of the first one.

    A number that no converter knows stays None, or -1.
    """
    first = states[0]
    return ConverterState(
        pid=next((state.pid for state in states if state.pid is not None), None),
        rss_bytes=_add([state.rss_bytes for state in states]),
        documents=sum(state.documents for state in states),
        semaphores=_add([state.semaphores for state in states]),
        model_set=next((state.model_set for state in states if state.model_set is not None), first.model_set),
        starts=sum(state.starts for state in states),
        deaths=sum(state.deaths for state in states),
        cleanups=sum(state.cleanups for state in states),
        removed=sum(state.removed for state in states),
        in_work=sum(state.in_work for state in states),
        is_retiring=any(state.is_retiring for state in states),
        replacement_pid=next((state.replacement_pid for state in states if state.replacement_pid is not None), None),
    )


def _add(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None and value >= 0]
    return sum(known) if known else values[0]
