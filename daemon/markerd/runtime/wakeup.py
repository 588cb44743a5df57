"""What ends the wait of the main thread: a signal, an arrival, or anything else that another thread has to tell it."""

from __future__ import annotations

import math
import os
import select
import signal
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_READ_BYTES = 4096
"""More than this many calls of `wake` between two waits end the next wait as well, which does no harm."""


class Wakeup:
    """A pipe that is written to in order to wake the thread that waits for it.

    A pipe, because nothing else can be written to in a signal handler without the danger of a deadlock, and because it
    can be waited for together with the pipes of converters: `fileno` is the end to read from. A `wake` that comes
    before the wait is kept for it, so none is lost between a look and the wait that follows it.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        for descriptor in (self._reading, self._writing):
            os.set_blocking(descriptor, False)
            weakref.finalize(self, os.close, descriptor)
        self._poll = select.poll()
        self._poll.register(self._reading, select.POLLIN)

    def fileno(self) -> int:
        """Return the descriptor that is readable from the first `wake` to the next `clear`."""
        return self._reading

    def wake(self) -> None:
        """End the wait at hand, or the next one. Any thread may call this, and a signal handler; it never blocks."""
        with suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self._writing, b"\0")

    def wait(self, until_s: float) -> bool:
        """Wait until somebody wakes, or until that time of the monotonic clock. Return whether somebody did.

        One thread alone may wait. The caller looks at everything that may have changed afterwards.
        """
        left_ms = None if until_s == math.inf else math.ceil(1000 * max(until_s - time.monotonic(), 0.0))
        is_woken = bool(self._poll.poll(left_ms))
        if is_woken:
            self.clear()
        return is_woken

    def clear(self) -> None:
        """Forget the calls of `wake` so far. Call this before the look at what may have changed, never after it."""
        with suppress(BlockingIOError):
            os.read(self._reading, _READ_BYTES)

    @contextmanager
    def woken_by_signals(self) -> Iterator[None]:
        """Let each signal that has a handler of Python's wake. The main thread alone may call this."""
        before = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
