"""The watch over the journal's files: if they are missing while the daemon runs, they are written anew."""

from __future__ import annotations

import time

from markerd.errors import JournalError, UnavailableError
from markerd.journal import Journal
from markerd.logs import Log
from markerd.runtime.instance_lock import Lock
from markerd.values import make_printable

EVERY_S = 2.0
"""The interval at which the status is also written. A look takes some microseconds."""


class JournalWatch:
    """The watch over the journal. The main thread alone calls it."""

    def __init__(self, journal: Journal, lock: Lock, log: Log) -> None:
        self._journal = journal
        self._lock = lock
        self._log = log
        self._next_s = 0.0
        self._said = ""

    def look(self) -> None:
        """Look between two documents. Raise UnavailableError if the state directory is not the one that was locked."""
        self.restore()
        if self._lock.is_in_place():
            return
        raise UnavailableError(
            f"the state directory {make_printable(str(self._journal.path.parent))} was removed or replaced while "
            "markerd was running; the next start creates what is missing"
        )

    def beat(self) -> None:
        """Look every two seconds while a document is in work. The document is finished first."""
        if time.monotonic() >= self._next_s:
            self.restore()

    def restore(self) -> None:
        """Write the journal anew if it is missing or replaced, or log why that cannot be done."""
        self._next_s = time.monotonic() + EVERY_S
        if not self._lock.is_in_place() and self._journal.path.exists():
            return  # the journal may be that of another daemon, which found the folder free
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
        """Log the reason once, until it changes. The journal is tried again."""
        if reason != self._said:
            self._said = reason
            self._log.error("journal.lost", journal=make_printable(str(self._journal.path)), reason=reason)
