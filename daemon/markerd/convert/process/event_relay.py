"""The log events that converters send while they work: they are logged, and the cleanups among them are counted."""

from __future__ import annotations

from typing import Any

from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.logs import Log


class EventRelay:
    """Passes events to the log; its counts go on when a converter is replaced."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._confinement: dict[str, Any] | None = None
        self.cleanups = self.removed = 0

    def log_event(self, message: Message) -> None:
        """Log the event of a message. Raises ConverterDiedError for an event that is not in the catalog."""
        with wire_format.demand_known_form():
            level, event, fields = wire_format.parse_log_event(message)
            if event == "cleanup.done":  # the converter's own cleanup, after a document
                self.count_cleanup(len(fields["removed"]))
            if event == "converter.confined" and not self._is_news(fields):
                return
        getattr(self._log, level)(event, **fields)

    def count_cleanup(self, removed: int) -> None:
        self.cleanups += 1
        self.removed += removed

    def _is_news(self, confinement: dict[str, Any]) -> bool:
        """Every converter says how it is confined; the log has that once, and again when it changes."""
        before, self._confinement = self._confinement, confinement
        return confinement != before
