"""The time that a report covers, cut into hours, days, weeks or months of a time zone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum

_HOUR_S, _DAY_S = 3600.0, 86400.0
_LEAST_S = 12 * _HOUR_S
"""The shortest period, so that a journal that began a minute ago is not shown as a single bar."""
_MOST_LABELS = 7


class Step(Enum):
    """What one bar stands for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_LONGEST_S = {Step.HOUR: 3 * _DAY_S, Step.DAY: 120 * _DAY_S, Step.WEEK: 1100 * _DAY_S}
"""The longest span shown by each: about as many bars as can be told apart."""


@dataclass(frozen=True)
class Label:
    """A text below the axis; `place` goes from 0, the left edge, to 1. A minor label may be left out where there is
    little room."""

    place: float
    text: str
    is_minor: bool


@dataclass(frozen=True)
class Period:
    """Bucket `i` goes from `edges[i]`, which belongs to it, to `edges[i + 1]`; seconds since the epoch, ascending.

    `zone` None stands for the local time zone.
    """

    edges: tuple[float, ...]
    step: Step
    zone: tzinfo | None = None

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def begin(self) -> float:
        return self.edges[0]

    @property
    def end(self) -> float:
        return self.edges[-1]

    def find_bucket(self, at: float) -> int:
        """Return the number of the bucket; a time outside the period belongs to the nearest."""
        return min(max(bisect_right(self.edges, at) - 1, 0), len(self) - 1)

    def locate(self, at: float) -> float:
        """Return where a time lies in the period, from 0 to 1."""
        return min(max((at - self.begin) / (self.end - self.begin), 0.0), 1.0)

    def convert_to_local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)

    def name_bucket(self, bucket: int) -> str:
        """Name the bucket in words: `Tue 24 Nov 2026`."""
        begin, last = self.convert_to_local(self.edges[bucket]), self.convert_to_local(self.edges[bucket + 1] - 1)
        if self.step is Step.HOUR:
            return f"{begin:%a} {begin.day} {begin:%b %H:%M}"
        if self.step is Step.DAY:
            return f"{begin:%a} {_format_day(begin)} {begin:%Y}"
        if self.step is Step.WEEK:
            return f"{_format_day(begin)} to {_format_day(last)} {last:%Y}"
        return f"{begin:%B %Y}"

    def build_labels(self) -> list[Label]:
        """List at most seven labels, at moments that people count by: full hours, Mondays, Januaries."""
        begins = [self.convert_to_local(edge) for edge in self.edges[:-1]]
        chosen = next(
            (
                found
                for every in _STRIDES[self.step]
                if len(found := _pick_every(begins, self.step, every)) <= _MOST_LABELS
            ),
            [],
        )
        return [
            Label(
                self.locate((self.edges[bucket] + self.edges[bucket + 1]) / 2),
                _format_label(begins[bucket], self.step),
                is_minor=number % 2 == 1,
            )
            for number, bucket in enumerate(chosen)
        ]


def build_period(days: int, now: float, begins: float | None, zone: tzinfo | None = None) -> Period:
    """Build the period of the last `days` days, but not from before the journal `begins`.

    It starts with the whole hour, day, week or month in which they begin.
    """
    start = max(now - days * _DAY_S, now if begins is None else begins)
    start = min(start, now - _LEAST_S)
    span_s = now - start
    step = next((step for step, longest_s in _LONGEST_S.items() if span_s <= longest_s), Step.MONTH)
    edge = _find_begin(datetime.fromtimestamp(start, zone), step)
    edges = [edge.timestamp()]
    while edges[-1] <= now:
        edge = _find_next(edge, step, zone)
        if edge.timestamp() > edges[-1]:  # else a day that its zone left out, as Samoa did once
            edges.append(edge.timestamp())
    return Period(tuple(edges), step, zone)


def _find_begin(moment: datetime, step: Step) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if step is Step.HOUR:
        return hour
    day = hour.replace(hour=0, fold=0)
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step is Step.MONTH else day


def _find_next(begin: datetime, step: Step, zone: tzinfo | None) -> datetime:
    if step is Step.HOUR:  # by the clock's ticks: when it is put back, an hour comes twice
        return datetime.fromtimestamp(begin.timestamp() + _HOUR_S, zone)
    if step is Step.MONTH:
        return (begin + timedelta(days=32)).replace(day=1)
    return begin + timedelta(days=7 if step is Step.WEEK else 1)  # by the calendar: a day may have 23 hours


_STRIDES = {
    Step.HOUR: (1, 2, 3, 6, 12),
    Step.DAY: (1, 2, 7, 14, 28),
    Step.WEEK: (1, 2, 4, 8, 13, 26, 52),
    Step.MONTH: (1, 2, 3, 6, 12, 24, 60, 120, 1200),
}
_COUNTED: dict[Step, Callable[[datetime], int]] = {
    Step.HOUR: lambda moment: moment.hour,
    Step.DAY: lambda moment: moment.toordinal() - 1,  # Mondays divide by 7
    Step.WEEK: lambda moment: (moment.toordinal() - 1) // 7,
    Step.MONTH: lambda moment: moment.year * 12 + moment.month - 1,
}


def _pick_every(begins: list[datetime], step: Step, stride: int) -> list[int]:
    return [bucket for bucket, begin in enumerate(begins) if _COUNTED[step](begin) % stride == 0]


def _format_label(begin: datetime, step: Step) -> str:
    if step is Step.HOUR:
        return f"{begin:%H:%M}" if begin.hour else _format_day(begin)
    if step is Step.DAY:
        return _format_day(begin)
    return f"{begin:%b %Y}" if step is Step.MONTH else f"{_format_day(begin)} {begin:%Y}"


def _format_day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"
