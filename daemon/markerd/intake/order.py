"""In which order the files of a hot folder are taken. Pure."""

from __future__ import annotations

from typing import NamedTuple

from markerd.values import Fingerprint, Order


class Rank(NamedTuple):
    """Where a file stands among the others of its folder: the least is taken first."""

    weight: int
    path: str


def rank(order: Order, path: str, fingerprint: Fingerprint) -> Rank:
    """Return the rank of a file. Files of equal weight go by their paths."""
    weights = {
        Order.OLDEST: fingerprint.mtime_ns,
        Order.NEWEST: -fingerprint.mtime_ns,
        Order.SMALLEST: fingerprint.size,
        Order.NAME: 0,
    }
    return Rank(weights[order], path)


class Turns:
    """Which hot folder is served next.

    Folders that take their oldest file first are one line, in which the oldest file of all is first. Each other folder
    is a line of its own; the lines take turns, so that none waits for another to be empty.
    """

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._count = 0

    def choose(self, heads: list[tuple[Rank, Order, str]]) -> str:
        """Return the folder whose first file is taken next; `heads` has, for each, the rank of that file."""
        oldest = [(head, folder) for head, order, folder in heads if order is Order.OLDEST]
        lines = [folder for _, order, folder in heads if order is not Order.OLDEST]
        if oldest:
            lines.append("")  # their common line
        line = min(lines, key=lambda each: (self._served.get(each, -1), each))
        self._count += 1
        self._served[line] = self._count
        return line or min(oldest)[1]
