"""Looks whether the journal's files are still there while the daemon runs, and has them written anew."""

from __future__ import annotations

import time

from markerd.errors import JournalError, UnavailableError
from markerd.journal import Journal
from markerd.logs import Log
from markerd.runtime.instance_lock import Lock
from markerd.values import make_printable

EVERY_S = 2.0
"""As often as the status is written. A look takes some microseconds."""


class JournalWatch:
    """Called by the main thread alone."""

    def __init__(self, journal: Journal, lock: Lock, log: Log) -> None:
        self._journal = journal
        self._lock = lock
        self._log = log
        self._next_s = 0.0
        self._said = ""

    def look(self) -> None:
        """Between documents. Raises UnavailableError where the state directory is not the one that was locked."""
        self.restore()
        if self._lock.is_in_place():
            return
        raise UnavailableError(
            f"the state directory {make_printable(str(self._journal.path.parent))} was removed or replaced while "
            "markerd was running; the next start makes what is missing"
        )

    def beat(self) -> None:
        """In mid-document, every two seconds: the document comes to its end first."""
        if time.monotonic() >= self._next_s:
            self.restore()

    def restore(self) -> None:
        """Write the journal anew where that is called for, or say why it cannot be done."""
        self._next_s = time.monotonic() + EVERY_S
        if not self._lock.is_in_place() and self._journal.path.exists():
            return  # it may be another daemon's, which found the folder free
        try:
            reason = self._journal.restore_if_lost()
        except JournalError as error:
            self._say_lost(make_printable(str(error)))
            return
        self._said = ""
        if reason is not None:
            path = make_printable(str(self._journal.path))
            self._log.warning("journal.restored", journal=path, reason=make_printable(reason))
            self._journal.history.record_incident("journal.restored", reason)

    def _say_lost(self, reason: str) -> None:
        """Once for each reason; it is tried again."""
        if reason != self._said:
            self._said = reason
            self._log.error("journal.lost", journal=make_printable(str(self._journal.path)), reason=reason)
