"""The memory that converters take, looked at while a document is in work."""

from __future__ import annotations

import time
from collections.abc import Sequence

from markerd.convert.process import memory_limits
from markerd.convert.process.child_process import Child
from markerd.errors import MemoryCeilingError

_SAMPLE_EVERY_S = 1.0
_MOST_SHARE = 0.01  # of the daemon's time: to find a process's children is to read the whole process table


class Ceiling:
    """`max_bytes` None: there is none."""

    def __init__(self, max_bytes: int | None) -> None:
        self.max_bytes = max_bytes
        self._due_s = 0.0

    def excess(self, children: Sequence[Child]) -> int | None:
        """What they take together, bytes, where that is more than they may; else None.

        To be asked often. With all descendants they are measured once a second; in between by themselves alone,
        which costs next to nothing and is quick enough for a document that takes a gigabyte a second.
        """
        if self.max_bytes is None:
            return None
        began = time.monotonic()
        if began < self._due_s:
            taken = sum(child.own_rss_bytes() for child in children)
        else:
            taken = sum(child.rss_bytes() or 0 for child in children)
            ended = time.monotonic()
            self._due_s = ended + max(_SAMPLE_EVERY_S, (ended - began) / _MOST_SHARE)
        return taken if taken > self.max_bytes else None

    def error(self, taken_bytes: int) -> MemoryCeilingError:
        most = (self.max_bytes or 0) >> 20
        return MemoryCeilingError(
            f"the converter took {taken_bytes >> 20} MB of memory on it, more than converter.max_rss_mb = {most}: "
            "raise that, or lower converter.part_pages"
        )

    def has_room_for_two(self, child: Child | None, loaded_bytes: int, available_bytes: int) -> bool:
        """Whether a standby may load beside it; see `memory.has_room_for_two`."""
        held = (child.rss_bytes() if child is not None else None) or 0
        return memory_limits.has_room_for_two(held, loaded_bytes, self.max_bytes, available_bytes)
