"""What asks a delivery in work to come to its end: a flag that can be waited for together with pipes."""

from __future__ import annotations

import os
import threading
import weakref


class Halt:
    """Any thread may call. Once it is set, `fileno` stays readable."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self._closers = [weakref.finalize(self, os.close, each) for each in (self._reading, self._writing)]
        self._is_set = threading.Event()

    def fileno(self) -> int:
        """Return the descriptor that is readable once the halt is asked for."""
        return self._reading

    def close(self) -> None:
        """Close the descriptors, once nobody waits for them; it is safe to call this twice."""
        for closer in self._closers:
            closer()

    @property
    def is_set(self) -> bool:
        """Whether the halt is asked for."""
        return self._is_set.is_set()

    def set(self) -> None:
        """Ask for the halt; it is safe to call this twice."""
        if not self._is_set.is_set():
            self._is_set.set()
            os.write(self._writing, b"\0")
