"""The log events of an actor, until somebody fetches them."""

from __future__ import annotations

import threading
from typing import Any

_MOST_EVENTS = 1000
"""So many are kept for the driver, which fetches them once a second; of more, the oldest are lost."""

Event = list[Any]
"""Its level, its name and its fields, as JSON has them."""


class EventBuffer:
    """A `Log` that keeps what it is told. Any thread may write to it."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._lock = threading.Lock()

    def take(self) -> list[Event]:
        """Return the events since the last time."""
        with self._lock:
            events, self._events = self._events, []
        return events

    def _add(self, level: str, event: str, fields: dict[str, Any]) -> None:
        with self._lock:
            self._events = [*self._events[1 - _MOST_EVENTS :], [level, event, fields]]

    def debug(self, event: str, **fields: Any) -> None:
        self._add("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        self._add("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._add("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._add("error", event, fields)
