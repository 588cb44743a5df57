"""What signals ask for. A handler only assigns an attribute; the loop looks at it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from markerd.runtime.wakeup import Wakeup


class SignalRequests:
    """The requests that arrived.

    SIGTERM and SIGINT ask for a stop that finishes the current document if time allows. A second one asks for a stop at
    once. SIGHUP asks for a reload. Each of them ends a wait for `wakeup`.
    """

    def __init__(self) -> None:
        self.wakeup = Wakeup()
        self.stop_count = 0
        self.stop_name = ""
        self.stop_since_s = 0.0
        self.is_reload_wanted = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Install the handlers, and restore the earlier ones at the end."""
        before = {number: signal.signal(number, self._on_stop) for number in (signal.SIGTERM, signal.SIGINT)}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._on_reload)
        try:
            with self.wakeup.woken_by_signals():
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def is_stopping(self) -> bool:
        return self.stop_count > 0

    def must_leave(self, stop_timeout_s: float) -> bool:
        """Whether the current document must be given up, because a stop was asked for twice or the time is up."""
        if not self.is_stopping:
            return False
        return self.stop_count > 1 or time.monotonic() - self.stop_since_s >= stop_timeout_s

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        if self.stop_count == 0:
            self.stop_since_s = time.monotonic()
            self.stop_name = signal.Signals(number).name
        self.stop_count += 1

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self.is_reload_wanted = True
