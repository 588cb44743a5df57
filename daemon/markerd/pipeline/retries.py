"""When a failed document is tried again: exponential backoff, on the monotonic clock, which no one sets back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markerd.errors import ConversionTimeoutError, DocumentError, MemoryCeilingError
from markerd.journal import Document

MAX_DELAY_S = 3600.0
FAULT_ATTEMPTS = 2
"""Attempts at a document that meets a fault in code: the second, in a fresh converter, rules out a broken one."""
COSTLY = frozenset({ConversionTimeoutError.kind, MemoryCeilingError.kind})
"""Kinds of failures that keep all other documents waiting for as long as one may take, and mostly come again."""
BEHIND = "it is tried once more, behind all that waits"


def delay_s(attempts: int, base_s: float) -> float:
    """Seconds to wait after the `attempts`-th failure (from 1): base, twice that, four times, … at most an hour."""
    return min(base_s * 2.0 ** (attempts - 1), MAX_DELAY_S)


def is_tried_again(error: DocumentError, attempts: int, kinds: Iterable[str | None], configured: int) -> bool:
    """Whether there is another attempt after so many, of which the earlier ones ended with these `kinds`.

    A fault in code comes again, so only a fresh converter is tried once more; and so is, whatever else went wrong with
    it, what took too long or too much memory.
    """
    if error.is_permanent or attempts >= (min(configured, FAULT_ATTEMPTS) if error.is_fault else configured):
        return False
    return error.kind not in COSTLY or COSTLY.isdisjoint(kinds)


class Retries:
    """The documents that wait for another try. Kept in memory: after a restart they are arrivals again.

    Those whose last failure was a costly one wait behind all others.
    """

    def __init__(self, load: Callable[[int], Document | None]) -> None:
        self._load = load
        self._due_at: dict[int, float] = {}
        self._costly_due_at: dict[int, float] = {}

    def add(self, document_id: int, due_at: float) -> None:
        """What its last failure was is asked of the journal, which has to know it by now."""
        document = self._load(document_id)
        is_costly = document is not None and document.kind in COSTLY
        mine, other = (self._costly_due_at, self._due_at) if is_costly else (self._due_at, self._costly_due_at)
        other.pop(document_id, None)
        mine[document_id] = due_at

    def due(self, now: float) -> Document | None:
        """The one that has been due longest, taken out; None when there is none. Not of those that wait behind all."""
        return self._taken(self._due_at, now)

    def due_behind_all(self, now: float) -> Document | None:
        """As `due`, of those that wait behind all others; None as long as another waits here, be it due or not.

        Who asks sees to it that nothing waits elsewhere.
        """
        return None if self._due_at else self._taken(self._costly_due_at, now)

    def _taken(self, due_at: dict[int, float], now: float) -> Document | None:
        ready = [(at, document_id) for document_id, at in due_at.items() if at <= now]
        if not ready:
            return None
        document_id = min(ready, key=lambda entry: entry[0])[1]  # of two due at once the one added first
        del due_at[document_id]
        return self._load(document_id)

    def __len__(self) -> int:
        return len(self._due_at) + len(self._costly_due_at)
