"""What converters say of themselves while they work: logged, and their cleanups counted."""

from __future__ import annotations

from typing import Any

from markerd.convert.process import wire_format
from markerd.convert.process.wire_format import Message
from markerd.logs import Log


class Said:
    """Goes on counting when a converter is replaced."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._confinement: dict[str, Any] | None = None
        self.cleanups = self.removed = 0

    def log_event(self, message: Message) -> None:
        """Raises ConverterDiedError for what is not of our vocabulary."""
        with wire_format.trusted_form():
            level, event, fields = wire_format.log_event_from(message)
            if event == "cleanup.done":  # the converter's own, after a document
                self.count_cleanup(len(fields["removed"]))
            if event == "converter.confined" and not self._is_news(fields):
                return
        getattr(self._log, level)(event, **fields)

    def count_cleanup(self, removed: int) -> None:
        self.cleanups += 1
        self.removed += removed

    def _is_news(self, confinement: dict[str, Any]) -> bool:
        """Every converter says how it is confined; the log has it once, and when it is another way."""
        before, self._confinement = self._confinement, confinement
        return confinement != before
