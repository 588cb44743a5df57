"""What a child process prints: each line is logged, and the last ones explain its death."""

from __future__ import annotations

import collections
import threading
from typing import IO

from markerd.logs import Log

_LAST_LINES = 60
_LINE_LIMIT = 400  # characters
_READ_BYTES = 1 << 16
_CRASH = "Fatal Python error"  # how faulthandler begins


class ChildOutput:
    """Reads the stream in a thread of its own, until its end. Each line is an `event` with the `fields`."""

    def __init__(self, stream: IO[bytes], log: Log, event: str, **fields: str) -> None:
        self._event, self._fields = event, fields
        self._last: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        self._reader = threading.Thread(target=self._read, args=(stream, log), name="child-output", daemon=True)
        self._reader.start()

    def last_lines(self) -> list[str]:
        """Return the last lines; call it once the process has ended."""
        self._reader.join(timeout=1.0)
        return list(self._last)

    def _read(self, stream: IO[bytes], log: Log) -> None:
        with stream:
            # A line without an end is cut: it must not fill the daemon's memory.
            while raw := stream.readline(_READ_BYTES):
                line = raw.decode("utf-8", "backslashreplace").rstrip()[:_LINE_LIMIT]
                keep_last(self._last, line)
                log.debug(self._event, line=line, **self._fields)


def keep_last(lines: collections.deque[str], line: str) -> None:
    """Add a line to the last ones.

    When Python describes a crash, the first lines of the description stay: they say what crashed and where, and all
    other threads follow.
    """
    if line.startswith(_CRASH):
        lines.clear()
    is_full = len(lines) == lines.maxlen
    if not (is_full and lines[0].startswith(_CRASH)):
        lines.append(line)
