"""A call that may take minutes, such as the first look of a polling observer at a large share, and can be given up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_EVERY_S = 0.2

T = TypeVar("T")


def call_cancellable(work: Callable[[], T], keep_going: Callable[[], bool], discard: Callable[[T], object]) -> T | None:
    """Return the result of `work`, which runs in a thread of its own while `keep_going` is asked again and again.

    Returns None once `keep_going` says no; then `discard` gets the result in the end. Raises what the work raises.
    """
    call = _Call(work, discard)
    call.start()
    while not call.done.wait(_EVERY_S):
        if not keep_going():
            call.abandon()
            return None
    if call.error is not None:
        raise call.error
    return call.result


class _Call(threading.Thread, Generic[T]):
    def __init__(self, work: Callable[[], T], discard: Callable[[T], object]) -> None:
        super().__init__(name="cancellable-call", daemon=True)
        self.done = threading.Event()
        self.error: Exception | None = None
        self.result: T | None = None
        self._work = work
        self._discard = discard
        self._lock = threading.Lock()
        self._is_abandoned = False

    def run(self) -> None:
        try:
            self._keep(self._work())
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for the result
            self.error = error
        finally:
            self.done.set()

    def abandon(self) -> None:
        with self._lock:
            self._is_abandoned = True
            if self.result is not None:
                self._discard(self.result)

    def _keep(self, result: T) -> None:
        with self._lock:
            self.result = result
            if self._is_abandoned:
                self._discard(result)
