"""When a failed document is tried again: exponential backoff, on the monotonic clock, which no one sets back."""

from __future__ import annotations

from collections.abc import Callable

from markerd.errors import DocumentError
from markerd.journal import Document

MAX_DELAY_S = 3600.0
FAULT_ATTEMPTS = 2
"""Attempts at a document that meets a fault in code: the second, in a fresh converter, rules out a broken one."""


def delay_s(attempts: int, base_s: float) -> float:
    """Seconds to wait after the `attempts`-th failure (from 1): base, twice that, four times, … at most an hour."""
    return min(base_s * 2.0 ** (attempts - 1), MAX_DELAY_S)


def most_attempts(error: DocumentError, configured: int) -> int:
    """How many attempts there are in all: a fault in code comes again, so only a fresh converter is tried once more."""
    return min(configured, FAULT_ATTEMPTS) if error.is_fault else configured


class Retries:
    """The documents that wait for another try. Kept in memory: after a restart they are arrivals again."""

    def __init__(self, load: Callable[[int], Document | None]) -> None:
        self._load = load
        self._due_at: dict[int, float] = {}

    def add(self, document_id: int, due_at: float) -> None:
        self._due_at[document_id] = due_at

    def due(self, now: float) -> Document | None:
        """The one that has been due longest, taken out; None when there is none."""
        ready = [(at, document_id) for document_id, at in self._due_at.items() if at <= now]
        if not ready:
            return None
        document_id = min(ready, key=lambda entry: entry[0])[1]  # of two due at once the one added first
        del self._due_at[document_id]
        return self._load(document_id)

    def __len__(self) -> int:
        return len(self._due_at)
