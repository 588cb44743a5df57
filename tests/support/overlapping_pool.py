"""A pool whose tasks overlap, around a converter whose calls block: as with several processes, but in one thread."""

from __future__ import annotations

from markerd.convert.protocol import Converter
from markerd.convert.protocol.pool import Task, TaskOutcome
from markerd.convert.protocol.serial_pool import SerialPool


class OverlappingPool(SerialPool):
    """Starts up to `workers` tasks, and hands them back later, the last one first: as badly as a pool may."""

    def __init__(self, converter: Converter, workers: int) -> None:
        super().__init__(converter)
        self.capacity = workers
        self.window = 2 * workers
        self.most_at_once = 0
        self.wants_parts = False
        """Whether what is free is for the parts of one document."""
        self._in_work: list[tuple[Task, TaskOutcome]] = []

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        finished, self._in_work = self._in_work[-1:], self._in_work[:-1]
        while self._tasks and len(self._in_work) < self.capacity:
            task = self._tasks.pop(0)
            self._in_work.append((task, self._run(task)))
            self._clean_up_behind()
        self.most_at_once = max(self.most_at_once, len(self._in_work))
        return [outcome for _, outcome in finished]

    @property
    def spare(self) -> int:
        return max(self.capacity - len(self._tasks) - len(self._in_work), 0) if self.wants_parts else 0

    def cancel(self, order: int) -> None:
        super().cancel(order)
        self._in_work = [(task, outcome) for task, outcome in self._in_work if task.order != order]

    def give_up(self, reason: str) -> None:
        super().give_up(reason)
        self._in_work = []
