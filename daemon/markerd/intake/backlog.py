"""What lies in a hot folder and is not recorded yet: the journal gets the first of it, a few at a time.

So the first document of a hundred thousand begins before the last one is written down, and what waits costs little
memory. Nothing is lost with it: the next scan finds it again.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from markerd.intake.order import Rank, rank
from markerd.intake.scan import Found
from markerd.values import Order

LIMIT = 200_000
"""Files that are remembered, the first in order; the others are found by a scan when these are done. An entry takes
some 270 bytes (Python 3.11), so that the limit stands for 54 MB."""


class Waiting(NamedTuple):
    """A file that waits; `seen_at` is when it was first seen, in seconds since the epoch. They sort by their rank."""

    rank: Rank
    mtime_ns: int
    seen_at: float

    @property
    def path(self) -> str:
        return self.rank.path


def make_waiting(order: Order, found: Found, seen_at: float) -> Waiting:
    """Build the entry of a file that was found."""
    return Waiting(rank(order, found.path, found.fingerprint), found.fingerprint.mtime_ns, seen_at)


class Collected:
    """What a scan finds that is news, until the scan is through. `before` is what waits by now, by its path."""

    def __init__(self, limit: int, before: dict[str, Waiting], order: Order = Order.OLDEST) -> None:
        self.waiting: list[Waiting] = []
        self.news = 0
        """How many did not wait before."""
        self.is_cut = False
        """Whether some were left out, which come after all that are there."""
        self._limit = limit
        self._before = before
        self._order = order

    def add(self, found: Found, seen_at: float) -> None:
        """Add a file. One that waits with the same content keeps the time when it was first seen."""
        known = self._before.get(found.path)
        if known is None or known.mtime_ns != found.fingerprint.mtime_ns:
            known = make_waiting(self._order, found, seen_at)
            self.news += 1
        self.waiting.append(known)
        if len(self.waiting) >= 2 * self._limit:
            self.cut()

    def cut(self) -> None:
        """Keep the first alone, as many as the limit allows."""
        if len(self.waiting) > self._limit:
            self.waiting.sort()
            del self.waiting[self._limit :]
            self.is_cut = True


class Backlog:
    """The files that wait, in the order of their folder. The intake thread changes it; any thread may ask how many
    there are."""

    def __init__(self, limit: int = LIMIT, order: Order = Order.OLDEST) -> None:
        self.order = order
        self.is_cut = False
        """Whether later files were left out, for which a scan is due when these are done."""
        self._limit = limit
        self._waiting: list[Waiting] = []  # a heap
        self._drawn = 0

    def __len__(self) -> int:
        return len(self._waiting) + self._drawn

    def add(self, found: Found, seen_at: float) -> None:
        """Add a file that came after the scan. Where there is no room, it is left to the next one."""
        if len(self._waiting) < self._limit:
            heapq.heappush(self._waiting, make_waiting(self.order, found, seen_at))
        else:
            self.is_cut = True

    def collect(self) -> Collected:
        """Begin to collect what a scan finds."""
        return Collected(self._limit, {waiting.path: waiting for waiting in self._waiting}, self.order)

    def replace(self, collected: Collected) -> None:
        """Let what a scan found take the place of what waits."""
        collected.cut()
        self._waiting, self.is_cut = collected.waiting, collected.is_cut
        heapq.heapify(self._waiting)

    def draw(self, count: int) -> list[Waiting]:
        """Take the first out. They count until `end_draw`, so that nobody takes the folder for done meanwhile."""
        self._drawn = min(count, len(self._waiting))
        return [heapq.heappop(self._waiting) for _ in range(self._drawn)]

    def end_draw(self) -> None:
        """What was drawn is recorded, or turned out to be no news."""
        self._drawn = 0
