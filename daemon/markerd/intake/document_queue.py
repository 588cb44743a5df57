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

_SETTLED_STATES = frozenset({State.PUBLISHED.value, State.SKIPPED.value, State.DEAD.value})
_KEPT_LIMIT = 200_000
"""Published sources that are kept, of which no scan has to ask the journal again. Each takes some 80 bytes."""
_WAITING_STATES = frozenset({State.SEEN.value, State.SETTLING.value})


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
        self._kept: set[int] = set()
        """Hashes of path and fingerprint of sources that are published and kept: nothing but new content makes those
        news. The journal tells of all others each time, because commands change it too."""
        self._was_full = False
        self._is_room_wanted = False

    # --- the intake's side --------------------------------------------------------------------------------------

    def select_news(self, folder: str, files: Sequence[Found]) -> list[Found]:
        """Return those files whose content is still to be dealt with, in their order."""
        is_kept = self.after.get(folder) is After.KEEP
        asked = [found for found in files if _make_key(folder, found) not in self._kept] if is_kept else files
        known = self._journal.reader.find_known(folder, [found.path for found in asked])
        news = []
        for found in asked:
            row = known.get(found.path)
            if row is None or self._is_row_news(row, found.fingerprint, is_kept=is_kept):
                news.append(found)
            elif is_kept and row.state == State.PUBLISHED and not row.policy_pending and len(self._kept) < _KEPT_LIMIT:
                self._kept.add(_make_key(folder, found))
        return news

    def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """Whether this content of the path is still to be dealt with."""
        return bool(self.select_news(folder, [Found(path, fingerprint)]))

    def _is_row_news(self, row: Known, fingerprint: Fingerprint, *, is_kept: bool) -> bool:
        if row.state == State.CONVERTING:
            return False  # should it have changed meanwhile, the scan after it is done will tell
        if not row.stands_for(fingerprint):
            return True
        if row.ctime_ns is None and fingerprint.ctime_ns is not None:
            self._journal.writer.complete_fingerprint(row.id, fingerprint)
        if row.state in _SETTLED_STATES:
            # Where sources are moved away, a source that lies there again was put there again.
            return not row.policy_pending and not is_kept
        return row.state in _WAITING_STATES

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


def _make_key(folder: str, found: Found) -> int:
    mark = found.fingerprint
    return hash((folder, found.path, mark.size, mark.mtime_ns, mark.inode, mark.ctime_ns))
