"""A pool of one converter whose calls block; see `Pool`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.protocol import Converter, ConverterInfo, ConverterState, JoinRequest
from markerd.convert.protocol.pool import (
    RENEWED_AFTER_FAULT,
    Absence,
    Judge,
    Task,
    TaskOutcome,
    Wakeup,
    wait_for_news,
)


class SerialPool:
    """One converter whose calls block; the next document is not prepared before the one in work has ended."""

    capacity = window = 1
    absence: Absence | None = None

    def __init__(self, converter: Converter, wakeup: Wakeup | None = None) -> None:
        self._converter = converter
        self._wakeup = wakeup
        self._tasks: list[Task] = []
        self._judge: Judge = lambda _state, _report: None
        self._info: ConverterInfo | None = None
        self._last: TaskOutcome | None = None

    @property
    def spare(self) -> int:
        return 0

    @property
    def info(self) -> ConverterInfo:
        return self._info or self.start()

    def start(self) -> ConverterInfo:
        self._info = self._converter.start()
        return self._info

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        return self._converter.check_options(options)

    def submit(self, task: Task) -> None:
        self._tasks.append(task)
        self._tasks.sort(key=lambda waiting: waiting.order)

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        self._clean_up_behind()
        if self._tasks:
            return [self._run(self._tasks.pop(0))]
        wait_for_news([], timeout_s, self._wakeup)
        return []

    def _run(self, task: Task) -> TaskOutcome:
        outcome = self._convert(task)
        if task.demands_renewal(outcome.error):
            self._converter.recycle(RENEWED_AFTER_FAULT)
        self._last = outcome
        return outcome

    def _clean_up_behind(self) -> None:
        """Clean up behind the last task, once its document was published. A part is no document yet."""
        last, self._last = self._last, None
        if last is not None and last.result is not None and last.result.is_part:
            self._judge_converter(None)
        elif last is not None:
            self._judge_converter(self._converter.cleanup(CleanupPoint.BETWEEN_DOCUMENTS))

    def _convert(self, task: Task) -> TaskOutcome:
        try:
            self.start()
            task.on_start()
            if isinstance(task.request, JoinRequest):
                return TaskOutcome(task, self._converter.join(task.request))
            return TaskOutcome(task, self._converter.convert(task.request, on_pages=task.on_pages))
        except Exception as error:  # noqa: BLE001 - the document's work raises it again
            return TaskOutcome(task, error=error)

    def look_after(self) -> None:
        """Do nothing: a task runs in `poll` alone."""

    def withdraw(self) -> list[Task]:
        tasks, self._tasks = self._tasks, []
        return tasks

    def cancel(self, order: int) -> None:
        self._tasks = [task for task in self._tasks if task.order != order]

    def give_up(self, reason: str) -> None:  # noqa: ARG002 - a task that began has ended
        self._tasks = []

    def judge_with(self, judge: Judge) -> None:
        self._judge = judge

    def cleanup(self, point: CleanupPoint) -> None:
        self._clean_up_behind()
        self._judge_converter(self._converter.cleanup(point))

    def _judge_converter(self, report: CleanupReport | None) -> None:
        reason = self._judge(self._converter.state(), report)
        if reason is not None:
            self._converter.recycle(reason)

    def recycle(self, reason: str) -> None:
        self._converter.recycle(reason)

    def tend(self) -> None:
        self._converter.tend()

    def state(self) -> ConverterState:
        return self._converter.state()

    def states(self) -> list[ConverterState]:
        return [self._converter.state()] * 2

    def stop(self) -> None:
        self._converter.stop()
