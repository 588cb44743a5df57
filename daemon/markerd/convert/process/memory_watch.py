"""The ceiling for the memory that converters take, watched while a document is in work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from markerd.convert.process import memory_limits
from markerd.convert.process.child_process import ChildProcess
from markerd.errors import MemoryCeilingError

_SAMPLE_EVERY_S = 1.0
_MOST_SHARE = 0.01  # of the daemon's time: finding the children of a process means reading the whole process table


class MemoryWatch:
    """Compares all converters together with the ceiling `max_bytes`; None: there is no ceiling."""

    def __init__(self, max_bytes: int | None) -> None:
        self.max_bytes = max_bytes
        self._listings: list[Callable[[], Iterable[ChildProcess]]] = []
        self._due_s = 0.0

    def watch(self, list_children: Callable[[], Iterable[ChildProcess]]) -> None:
        """Count the processes that this lists from now on."""
        self._listings.append(list_children)

    def measure_excess(self) -> int | None:
        """Return the bytes that the processes take together, where that is above the ceiling; else None.

        It is meant to be called often. The processes are measured with all descendants once a second. In between they
        are measured by themselves alone, which costs next to nothing and is quick enough for a document that takes a
        gigabyte a second.
        """
        if self.max_bytes is None:
            return None
        began_s = time.monotonic()
        if began_s < self._due_s:
            taken = sum(child.measure_own_rss() for child in self._list_children())
        else:
            taken = self._measure_held()
            ended_s = time.monotonic()
            self._due_s = ended_s + max(_SAMPLE_EVERY_S, (ended_s - began_s) / _MOST_SHARE)
        return taken if taken > self.max_bytes else None

    def _list_children(self) -> list[ChildProcess]:
        return [child for list_children in self._listings for child in list_children()]

    def _measure_held(self) -> int:
        return sum(child.measure_tree_rss() or 0 for child in self._list_children())

    def build_error(self, taken_bytes: int) -> MemoryCeilingError:
        """Build the error of a document on which the converters took so much."""
        most = (self.max_bytes or 0) >> 20
        return MemoryCeilingError(
            f"the converter took {taken_bytes >> 20} MB of memory on it, more than converter.max_rss_mb = {most}: "
            "raise that, or lower converter.part_pages"
        )

    def has_room_for_another(self, loaded_bytes: int, available_bytes: int) -> bool:
        """Whether one more process may load beside those that there are; see `memory_limits.has_room_for_two`."""
        return memory_limits.has_room_for_two(self._measure_held(), loaded_bytes, self.max_bytes, available_bytes)


class HoldsMemory(Protocol):
    """A converter as the ceiling sees it; `is_working` while a document is in work."""

    is_working: bool

    def measure_rss(self) -> int: ...
    def give_up_replacement(self, reason: str) -> bool: ...


_Holder = TypeVar("_Holder", bound=HoldsMemory)


def find_over_ceiling(watch: MemoryWatch, converters: Sequence[_Holder]) -> tuple[_Holder, MemoryCeilingError] | None:
    """Return the converter whose document has to end, and its error, where all together are above the ceiling.

    It is the largest of those that work. A replacement that is loading is given up first.
    """
    working = [converter for converter in converters if converter.is_working]
    taken_bytes = watch.measure_excess() if working else None
    if taken_bytes is None:
        return None
    reason = f"it makes room: with the one that converts it took {taken_bytes >> 20} MB"
    if any(converter.give_up_replacement(reason) for converter in converters):
        return None
    return max(working, key=lambda converter: converter.measure_rss()), watch.build_error(taken_bytes)
