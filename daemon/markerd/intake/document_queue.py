"""Between the intake and the main loop: what is news, and the bounded queue of settled documents.

The intake's thread puts in, the main loop takes out. The queue holds journal ids, so losing it loses nothing.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence

from markerd.intake.scan import Found
from markerd.journal import Document, Journal
from markerd.journal.records import Known
from markerd.logs import Log
from markerd.values import After, Fingerprint, State, make_printable

_SETTLED_STATES = (State.PUBLISHED, State.SKIPPED, State.DEAD)


def _do_nothing() -> None:
    """What is called where nobody has to be told."""


class DocumentQueue:
    """Implements the intake's Ledger over the journal. `after` maps a hot folder to its policy."""

    def __init__(
        self,
        journal: Journal,
        queue_size: int,
        after: dict[str, After],
        log: Log,
        on_arrival: Callable[[], None] = _do_nothing,
    ) -> None:
        """`on_arrival` is called by the intake's thread whenever a document was put in."""
        self.after = after
        self.on_room: Callable[[], None] = _do_nothing
        """Called by the main loop's thread when a queue that was full is half empty."""
        self._journal = journal
        self._log = log
        self._on_arrival = on_arrival
        self._queue: queue.Queue[int] = queue.Queue(maxsize=queue_size)
        self._was_full = False
        self._is_room_wanted = False

    # --- the intake's side --------------------------------------------------------------------------------------

    def select_news(self, folder: str, files: Sequence[Found]) -> list[Found]:
        """Return those files whose content is still to be dealt with, in their order."""
        known = self._journal.reader.find_known(folder, [found.path for found in files])
        return [found for found in files if self._is_news(folder, known.get(found.path), found.fingerprint)]

    def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """Whether this content of the path is still to be dealt with."""
        return bool(self.select_news(folder, [Found(path, fingerprint)]))

    def _is_news(self, folder: str, known: Known | None, fingerprint: Fingerprint) -> bool:
        if known is None:
            return True
        if known.state is State.CONVERTING:
            return False  # should it have changed meanwhile, the scan after it is done will tell
        if not known.fingerprint.matches(fingerprint):
            return True
        if known.fingerprint.ctime_ns is None and fingerprint.ctime_ns is not None:
            self._journal.writer.complete_fingerprint(known.id, fingerprint)
        if known.state in _SETTLED_STATES:
            # Where sources are moved away, a source that lies there again was put there again.
            return not known.policy_pending and self.after.get(folder) is not After.KEEP
        return known.state in (State.SEEN, State.SETTLING)

    def record_all_seen(self, folder: str, files: Sequence[Found], seen_at: float) -> None:
        """Note files that are news; they settle now."""
        if files:
            self._journal.writer.record_all_seen(folder, ((found.path, found.fingerprint) for found in files), seen_at)

    def record_seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        """Note a file that is news, first seen now."""
        self.record_all_seen(folder, [Found(path, fingerprint)], time.time())

    def enqueue(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """Queue a document that has settled; False when the queue is full: the intake offers it again."""
        document = self._journal.reader.find(folder, path)
        if document is None or document.state is State.CONVERTING:
            return True
        if self._queue.full():
            self._is_room_wanted = True
            self._log_full()
            return False
        if self._queue.qsize() < self._queue.maxsize // 2:
            self._was_full = False
        self._journal.writer.record_queued(document.id, fingerprint)
        self._queue.put_nowait(document.id)  # the intake's thread is the only one that puts
        self._log.info(
            "document.queued", folder=make_printable(folder), document=make_printable(path), queued=self._queue.qsize()
        )
        self._on_arrival()
        return True

    def record_vanished(self, folder: str, path: str) -> None:
        """Note that a file which was seen is gone before it was queued."""
        document = self._journal.reader.find(folder, path)
        if document is not None and document.state in (State.SEEN, State.SETTLING):
            self._journal.outcomes.record_vanished(document, "removed before it was complete")
            self._log.info(
                "document.skipped",
                folder=make_printable(folder),
                document=make_printable(path),
                reason="removed before it was complete",
            )

    def _log_full(self) -> None:
        if not self._was_full:
            self._log.warning("queue.full", queue_size=self._queue.maxsize)
        self._was_full = True

    # --- the loop's side ----------------------------------------------------------------------------------------

    def take(self, timeout_s: float) -> Document | None:
        """Take the next document out; None when none came in time."""
        try:
            document_id = self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if self._is_room_wanted and self._queue.qsize() <= self._queue.maxsize // 2:
            self._is_room_wanted = False
            self.on_room()
        return self._journal.reader.get(document_id)

    def __len__(self) -> int:
        return self._queue.qsize()
