"""One or several converter processes that work at once, each on one document; see `Pool`.

Each converter loads the models, converts, cleans up and is replaced by itself. The pool waits for all of them at once,
and gives the next task to one as soon as it has cleaned up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.memory_watch import MemoryWatch, find_over_ceiling
from markerd.convert.process.pooled_converter import PooledConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.supervisor import POLL_S, Steps
from markerd.convert.protocol import ConverterInfo, ConverterState
from markerd.convert.protocol.pool import (
    RENEWED_AFTER_FAULT,
    Judge,
    Task,
    TaskOutcome,
    Wakeup,
    add_states,
    wait_for_news,
)
from markerd.convert.protocol.waiting_line import WaitingLine
from markerd.errors import StopNowError, UnavailableError
from markerd.logs import Log

_HAND_OVER_S = 0.1
"""So long an outcome may wait for the cleanup behind it, so that its converter has the next task before the main loop
publishes. A cleanup takes 3 to 30 ms."""
_REST_S = 60.0
"""So long a converter that could not load beside others is left alone; each of its failures is in the log."""
_PREPARED = 2
"""Documents in work for each converter: the one that it converts, and the next one."""


class ProcessPool:
    """`workers` converters. `tick` is called every 0.2 s while one works, and may raise StopNowError."""

    spare = 0  # a converter that is free is there for the next document, which may be small
    absence = None

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        tick: Callable[[], None],
        workers: int = 1,
        wakeup: Wakeup | None = None,
    ) -> None:
        self._tick = tick
        self._wakeup = wakeup
        self._memory_watch = MemoryWatch(settings.max_rss_bytes)
        converters = (ProcessConverter(settings, log, tick, memory_watch=self._memory_watch) for _ in range(workers))
        self._workers = [PooledConverter(converter) for converter in converters]
        self._waiting = WaitingLine()
        self._outcomes: list[TaskOutcome] = []
        self._outcome_since_s = 0.0
        self._info: ConverterInfo | None = None
        self._judge: Judge = lambda _state, _report: None

    @property
    def capacity(self) -> int:
        return len(self._workers)

    @property
    def window(self) -> int:
        return _PREPARED * len(self._workers)

    @property
    def info(self) -> ConverterInfo:
        return self._info or self.start()

    # --- start ------------------------------------------------------------------------------------------------------

    def start(self) -> ConverterInfo:
        for worker in self._workers:
            if worker.steps is None:
                worker.steps, worker.is_loading = self._load(worker), True
        while self._info is None:
            self._advance_all()
            if self._info is None:
                self._wait(POLL_S)
                self._tick()
        return self._info

    def _load(self, worker: PooledConverter) -> Steps[None]:
        """Load the models. Once one converter has loaded them, the failure of another is that of its first document."""
        try:
            self._info = yield from worker.converter.start_in_steps()
        except (UnavailableError, OSError):
            if not self._lets_rest(worker):
                raise
        finally:
            worker.is_loading = False

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        while (free := next((worker for worker in self._workers if worker.steps is None), None)) is None:
            self._wait(POLL_S)
            self._tick()
            self._advance_all()
        return free.converter.check_options(options)

    # --- tasks ------------------------------------------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        self._waiting.put(task)
        self._hand_out()

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        deadline_s = time.monotonic() + timeout_s
        self.look_after()
        while not self._has_outcomes() and (left_s := deadline_s - time.monotonic()) > 0:
            is_woken = self._wait(left_s, is_wakeable=True)
            self._tick()
            self.look_after()
            if is_woken:
                break
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def look_after(self) -> None:
        self._enforce_ceiling()
        self._advance_all()
        self._hand_out()

    def _enforce_ceiling(self) -> None:
        over = find_over_ceiling(self._memory_watch, [worker.converter for worker in self._workers])
        if over is not None:
            converter, error = over
            next(worker for worker in self._workers if worker.converter is converter).interrupt(error)

    def _advance_all(self) -> None:
        for worker in self._workers:
            worker.advance()

    def _hand_out(self) -> None:
        """Give waiting tasks to free converters, those with their models first.

        A converter that converted a part stays free for the next part.
        """
        parts = sum(outcome.result is not None and outcome.result.is_part for outcome in self._outcomes)
        now_s = time.monotonic()
        free = [worker for worker in self._workers if worker.steps is None and worker.rests_until_s <= now_s]
        free.sort(key=lambda worker: not worker.converter.is_running)
        for worker in free[: max(len(free) - parts, 0)]:
            if len(self._waiting) > 0:
                worker.task = self._waiting.take()
                worker.steps = self._serve(worker, worker.task)
                worker.advance()

    def _serve(self, worker: PooledConverter, task: Task) -> Steps[None]:
        """Do the task, and clean up behind it. A part is no document yet, and nothing is cleaned up behind it."""
        converter, report = worker.converter, None
        try:
            result = yield from converter.work_in_steps(task.request, on_start=task.on_start, on_pages=task.on_pages)
            outcome = TaskOutcome(task, result)
        except UnavailableError as error:
            if self._lets_rest(worker):
                worker.task = None
                self._waiting.put(task)
                return
            outcome = TaskOutcome(task, error=error)
        except Exception as error:  # noqa: BLE001 - the document's work raises it again
            outcome = TaskOutcome(task, error=error)
        worker.task = None
        self._add_outcome(outcome)
        if task.demands_renewal(outcome.error):
            converter.recycle(RENEWED_AFTER_FAULT)
        if outcome.result is None or not outcome.result.is_part:
            report = yield from converter.clean_up_in_steps(CleanupPoint.BETWEEN_DOCUMENTS)
        reason = self._judge(converter.state(), report)
        if reason is not None:
            converter.recycle(reason)

    def _lets_rest(self, worker: PooledConverter) -> bool:
        """Let a converter that could not load its models rest, where others have theirs: memory may be short for it."""
        others = [other for other in self._workers if other is not worker and other.converter.is_running]
        if others:
            worker.rests_until_s = time.monotonic() + _REST_S
        return bool(others)

    def _add_outcome(self, outcome: TaskOutcome) -> None:
        if not self._outcomes:
            self._outcome_since_s = time.monotonic()
        self._outcomes.append(outcome)

    def _has_outcomes(self) -> bool:
        """Whether there are outcomes to hand back now: not as long as their converter is about to take a next task."""
        is_cleaning = any(worker.is_cleaning for worker in self._workers)
        is_fresh = time.monotonic() - self._outcome_since_s < _HAND_OVER_S
        return bool(self._outcomes) and not (is_cleaning and is_fresh and len(self._waiting) > 0)

    def _wait(self, timeout_s: float, *, is_wakeable: bool = False) -> bool:
        """Wait until a process has something to say; returns whether it was the wake-up that ended the wait."""
        is_watching = any(worker.is_waited_for for worker in self._workers)
        if any(worker.converter.has_unread for worker in self._workers):
            timeout_s = 0.0
        if self._outcomes:
            timeout_s = min(timeout_s, _HAND_OVER_S)
        descriptors = [fd for worker in self._workers for fd in worker.converter.list_descriptors()]
        timeout_s = min(timeout_s, POLL_S) if is_watching else timeout_s
        return wait_for_news(descriptors, timeout_s, self._wakeup if is_wakeable else None)

    def withdraw(self) -> list[Task]:
        return self._waiting.take_all()

    def cancel(self, order: int) -> None:
        self._waiting.remove(order)
        for worker in self._workers:
            if worker.task is not None and worker.task.order == order:
                worker.interrupt(StopNowError("the document is not wanted any more"))
        self._outcomes = [outcome for outcome in self._outcomes if outcome.task.order != order]

    def give_up(self, reason: str) -> None:
        self._waiting.take_all()
        for worker in self._workers:
            worker.interrupt(StopNowError(reason))
        self._outcomes = []

    # --- upkeep -----------------------------------------------------------------------------------------------------

    def judge_with(self, judge: Judge) -> None:
        self._judge = judge

    def cleanup(self, point: CleanupPoint) -> None:
        self._finish_steps()
        for worker in self._workers:
            if not worker.is_loading:
                worker.steps = self._clean_up(worker, point)
        self._finish_steps()

    def _finish_steps(self) -> None:
        """Wait until no converter has anything to do but to load its models."""
        self._advance_all()
        while any(worker.steps is not None and not worker.is_loading for worker in self._workers):
            self._wait(POLL_S)
            self._tick()
            self._advance_all()

    def _clean_up(self, worker: PooledConverter, point: CleanupPoint) -> Steps[None]:
        report = yield from worker.converter.clean_up_in_steps(point)
        reason = self._judge(worker.converter.state(), report)
        if reason is not None:
            worker.converter.recycle(reason)

    def recycle(self, reason: str) -> None:
        for worker in self._workers:
            worker.converter.recycle(reason)

    def tend(self) -> None:
        self._advance_all()

    # --- for status -------------------------------------------------------------------------------------------------

    def states(self) -> list[ConverterState]:
        states = [worker.converter.state() for worker in self._workers]
        return [add_states(states), *states]

    def state(self) -> ConverterState:
        return self.states()[0]

    def stop(self) -> None:
        self.give_up("the converters are stopped")
        for worker in self._workers:
            worker.converter.ask_to_stop()
        for worker in self._workers:
            worker.converter.stop()
            worker.steps = None
