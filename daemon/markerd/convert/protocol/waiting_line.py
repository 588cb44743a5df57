"""The tasks that no converter has taken yet, in the order of their documents."""

from __future__ import annotations

import bisect
import operator

from markerd.convert.protocol.pool import Task

_order_of = operator.attrgetter("order")


class WaitingLine:
    """Tasks that wait for a converter. A part of a document that was begun before stands before later documents."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def __len__(self) -> int:
        return len(self._tasks)

    def put(self, task: Task) -> None:
        bisect.insort(self._tasks, task, key=_order_of)

    def take(self) -> Task:
        """Take the first one. Raises IndexError where none waits."""
        return self._tasks.pop(0)

    @property
    def first_order(self) -> int:
        """The place of the first one's document. Raises IndexError where none waits."""
        return self._tasks[0].order

    def remove(self, order: int) -> None:
        """Remove all tasks of that document."""
        self._tasks = [task for task in self._tasks if task.order != order]

    def take_all(self) -> list[Task]:
        tasks, self._tasks = self._tasks, []
        return tasks
