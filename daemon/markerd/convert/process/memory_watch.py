"""The ceiling for the memory that converters take, watched while a document is in work."""

from __future__ import annotations

import time
from collections.abc import Sequence

from markerd.convert.process import memory_limits
from markerd.convert.process.child_process import ChildProcess
from markerd.errors import MemoryCeilingError

_SAMPLE_EVERY_S = 1.0
_MOST_SHARE = 0.01  # of the daemon's time: finding the children of a process means reading the whole process table


class MemoryWatch:
    """Compares the converters with the ceiling `max_bytes`; None: there is no ceiling."""

    def __init__(self, max_bytes: int | None) -> None:
        self.max_bytes = max_bytes
        self._due_s = 0.0

    def measure_excess(self, children: Sequence[ChildProcess]) -> int | None:
        """Return the bytes that the processes take together, where that is above the ceiling; else None.

        It is meant to be called often. The processes are measured with all descendants once a second. In between they
        are measured by themselves alone, which costs next to nothing and is quick enough for a document that takes a
        gigabyte a second.
        """
        if self.max_bytes is None:
            return None
        began_s = time.monotonic()
        if began_s < self._due_s:
            taken = sum(child.measure_own_rss() for child in children)
        else:
            taken = sum(child.measure_tree_rss() or 0 for child in children)
            ended_s = time.monotonic()
            self._due_s = ended_s + max(_SAMPLE_EVERY_S, (ended_s - began_s) / _MOST_SHARE)
        return taken if taken > self.max_bytes else None

    def build_error(self, taken_bytes: int) -> MemoryCeilingError:
        """Build the error of a document on which the converter took so much."""
        most = (self.max_bytes or 0) >> 20
        return MemoryCeilingError(
            f"the converter took {taken_bytes >> 20} MB of memory on it, more than converter.max_rss_mb = {most}: "
            "raise that, or lower converter.part_pages"
        )

    def has_room_for_two(self, child: ChildProcess | None, loaded_bytes: int, available_bytes: int) -> bool:
        """Whether a standby may load beside the process; see `memory_limits.has_room_for_two`."""
        held = (child.measure_tree_rss() if child is not None else None) or 0
        return memory_limits.has_room_for_two(held, loaded_bytes, self.max_bytes, available_bytes)
