"""Whether what a process holds grows from document to document: a statistic of constant size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

WARM_UP_DOCUMENTS = 200
"""Caches and allocators fill up until then; earlier documents say nothing about leaks."""
_FIRST_DOCUMENTS = 10
_MOST_STRETCHES = 32
_FEWEST_STRETCHES = 16
"""The fewest stretches to tell a slope from. Once there are the most, each two become one, so there are never fewer."""

Held = Mapping[str, int]
"""A count, or bytes, by the name of what is held; -1 where the platform cannot tell."""


class LeakTrend:
    """The trend of one process. `now` is what it held last, `first` what it held once warm; None until then.

    The least of each stretch of documents is kept: what one large document takes for a while is no growth.
    """

    def __init__(self) -> None:
        self.documents = 0
        self.now: Held | None = None
        self.first: dict[str, int] | None = None
        self._stretches: list[dict[str, int]] = []
        self._stretch_documents = 1
        self._open: dict[str, int] = {}
        self._open_documents = 0

    def add(self, held: Held) -> None:
        """Add what the process held after one more document, with the same names each time."""
        self.documents += 1
        self.now = held
        warm = self.documents - WARM_UP_DOCUMENTS
        if warm <= 0:
            return
        if warm <= _FIRST_DOCUMENTS:
            self.first = _take_least(self.first or held, held)
        self._open = _take_least(self._open or held, held)
        self._open_documents += 1
        if self._open_documents == self._stretch_documents:
            self._close_stretch()

    def _close_stretch(self) -> None:
        self._stretches.append(self._open)
        self._open, self._open_documents = {}, 0
        if len(self._stretches) == _MOST_STRETCHES:
            self._stretches = [
                _take_least(one, next_one)
                for one, next_one in zip(self._stretches[::2], self._stretches[1::2], strict=True)
            ]
            self._stretch_documents *= 2

    def measure_growth(self) -> dict[str, float] | None:
        """Return by name how much more is held after each document; None while it is too early to tell."""
        if len(self._stretches) < _FEWEST_STRETCHES:
            return None
        names = self._stretches[0]
        return {
            name: estimate_slope([each[name] for each in self._stretches]) / self._stretch_documents for name in names
        }


def estimate_slope(values: Sequence[float]) -> float:
    """Estimate the slope of the line through at least two values at equal distances.

    By Theil and Sen it is the median of the slopes between all pairs, which holds while less than 29 % of the values
    are outliers.
    """
    import statistics  # a command that only shows a trend does without

    pairs = combinations(enumerate(values), 2)
    return statistics.median((later - earlier) / (at - since) for (since, earlier), (at, later) in pairs)


def _take_least(one: Held, other: Held) -> dict[str, int]:
    return {name: min(value, other[name]) for name, value in one.items()}
