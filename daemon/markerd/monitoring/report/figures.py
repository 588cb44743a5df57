"""The numbers of the report, from the rows of the journal. Pure: no clock, no file."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markerd.journal.history import Measure
from markerd.monitoring.report.period import Period
from markerd.values import State


@dataclass
class Tally:
    """What ended in a period of time: `ended` counts by outcome.

    `per_page` and `waited` hold one duration in seconds for each published document; `per_page` only for those with
    pages.
    """

    ended: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    pages_degraded: int = 0
    per_page: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def add(self, measure: Measure) -> None:
        """Count one ending."""
        self.ended[measure.outcome] += 1
        if measure.outcome != State.PUBLISHED.value:
            return
        self.pages += measure.pages
        self.pages_degraded += measure.pages_degraded
        self.waited.append(measure.waited_seconds)
        if measure.pages:
            self.per_page.append(measure.convert_seconds / measure.pages)

    @property
    def published(self) -> int:
        return self.ended[State.PUBLISHED.value]

    @property
    def skipped(self) -> int:
        return self.ended[State.SKIPPED.value]

    @property
    def dead(self) -> int:
        return self.ended[State.DEAD.value]

    @property
    def failed(self) -> int:
        return self.ended[State.FAILED.value]

    @property
    def documents(self) -> int:
        """How many came to an end; an attempt that failed and is to be repeated has not."""
        return self.published + self.skipped + self.dead


def tally_buckets(measures: Iterable[Measure], period: Period) -> list[Tally]:
    """Tally the measures, one tally for each bucket of the period."""
    tallies = [Tally() for _ in range(len(period))]
    for measure in measures:
        tallies[period.find_bucket(measure.at)].add(measure)
    return tallies


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Add up the tallies of all buckets."""
    whole = Tally()
    for each in tallies:
        whole.ended += each.ended
        whole.pages += each.pages
        whole.pages_degraded += each.pages_degraded
        whole.per_page += each.per_page
        whole.waited += each.waited
    return whole


def find_percentiles(values: Sequence[float], *percents: float) -> tuple[float, ...] | None:
    """Find percentiles by nearest rank: the smallest value that at least so many percent of the values do not exceed.

    Each is one of the values. Returns None where there are no values; 0 < percent <= 100.
    """
    if not values:
        return None
    ordered = sorted(values)
    return tuple(ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)] for percent in percents)
