"""When a failed document is tried again: exponential backoff, on the monotonic clock, which no one sets back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from markerd.errors import ConversionTimeoutError, DocumentError, MemoryCeilingError
from markerd.journal import Document
from markerd.journal.reader import JournalReader
from markerd.values import State

MAX_DELAY_S = 3600.0
FAULT_ATTEMPTS = 2
"""Attempts at a document that meets a fault in code: the second, in a fresh converter, rules out a broken one."""
COSTLY = frozenset({ConversionTimeoutError.kind, MemoryCeilingError.kind})
"""Kinds of failures that keep all other documents waiting for as long as an attempt may take, and mostly come again."""
BEHIND = "it is tried once more, behind all that waits"


def compute_delay_s(attempts: int, base_s: float) -> float:
    """Seconds to wait after the `attempts`-th failure (from 1): base, twice that, four times, … at most an hour."""
    return min(base_s * 2.0 ** (attempts - 1), MAX_DELAY_S)


def is_tried_again(error: DocumentError, attempts: int, kinds: Iterable[str | None], configured: int) -> bool:
    """Whether another attempt follows after so many, of which the earlier ones ended with these `kinds`.

    A fault in code comes again, so only a fresh converter is tried once more. What took too long or too much memory is
    also tried only once more, whatever else went wrong with it.
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
        """Let the document wait until `due_at`. The journal must know its last failure by now."""
        document = self._load(document_id)
        is_costly = document is not None and document.kind in COSTLY
        mine, other = (self._costly_due_at, self._due_at) if is_costly else (self._due_at, self._costly_due_at)
        other.pop(document_id, None)
        mine[document_id] = due_at

    def take_due(self, now: float) -> Document | None:
        """Take out the document that has been due longest, but none that waits behind all others. None when none is
        due."""
        return self._take(self._due_at, now)

    def take_due_behind_all(self, now: float) -> Document | None:
        """As `take_due`, of those that wait behind all others; None as long as another waits here, be it due or not.

        The caller makes sure that nothing waits elsewhere.
        """
        return None if self._due_at else self._take(self._costly_due_at, now)

    def find_next_due(self) -> float | None:
        """Return when a document is due next, on the monotonic clock; None where none waits."""
        times = self._due_at or self._costly_due_at  # the costly ones wait behind all others, be those due or not
        return min(times.values(), default=None)

    def _take(self, due_at: dict[int, float], now: float) -> Document | None:
        ready = [(at, document_id) for document_id, at in due_at.items() if at <= now]
        if not ready:
            return None
        document_id = min(ready, key=lambda entry: entry[0])[1]  # of two due at once the one that was added first
        del due_at[document_id]
        return self._load(document_id)

    def __len__(self) -> int:
        return len(self._due_at) + len(self._costly_due_at)


def load_retries(reader: JournalReader, base_s: float) -> Retries:
    """Load the documents that wait for another try from the journal, at a start. `base_s`: the first delay."""
    retries = Retries(reader.get)
    for document in reader.list_in_state(State.FAILED):
        # Never longer than at first: the clock may have been set back meanwhile.
        most_s = compute_delay_s(document.attempts, base_s)
        wait_s = min(max((document.retry_at or 0.0) - time.time(), 0.0), most_s)
        retries.add(document.id, time.monotonic() + wait_s)
    return retries
