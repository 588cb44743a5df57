"""Hours in which no conversion begins, such as `22:00-06:00` or `mon-fri 08:00-18:00`. Pure.

They are those of the clock on the wall, so that they last an hour more or less on the days on which that is put forward
or back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:(?P<days>[a-z,\-]+)\s+)?(\d\d):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)", re.IGNORECASE)
_MINUTES_A_DAY = 24 * 60
_MINUTE_S = 60
_LONGEST_MINUTES = 8 * _MINUTES_A_DAY
"""A week, and a day for clocks that are put back."""


@dataclass(frozen=True)
class Span:
    """Minutes of the day, on these days of the week from 0 for Monday. One that ends before it starts ends on the next
    day."""

    days: frozenset[int]
    start: int
    end: int

    def holds(self, day: int, minute: int) -> bool:
        """Whether it holds at that minute of that day."""
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or ((day - 1) % 7 in self.days and minute < self.end)


class QuietHours:
    """Several spans together. `zone` is None for the time of this machine."""

    def __init__(self, spans: Sequence[Span], zone: tzinfo | None = None) -> None:
        self._spans = spans
        self._zone = zone
        self._known: tuple[float, float] | None = None
        """Of the quiet that was asked about last: a time in it, and its end."""

    def is_quiet(self, now: float) -> bool:
        """Whether no conversion may begin now; `now` is seconds since the epoch."""
        there = datetime.fromtimestamp(now, self._zone)
        return any(span.holds(there.weekday(), 60 * there.hour + there.minute) for span in self._spans)

    def find_end(self, now: float) -> float | None:
        """Return when the quiet of now ends, seconds since the epoch; None where there is none."""
        if not self.is_quiet(now):
            return None
        if self._known is None or not self._known[0] <= now < self._known[1]:
            self._known = (now, self._search_end(now))
        return self._known[1]

    def _search_end(self, now: float) -> float:
        minute = now - now % _MINUTE_S
        ends = (minute + _MINUTE_S * count for count in range(1, _LONGEST_MINUTES))
        return next((end for end in ends if not self.is_quiet(end)), minute + _MINUTE_S * _LONGEST_MINUTES)


def parse_quiet_hours(texts: Sequence[str], zone: tzinfo | None = None) -> QuietHours | None:
    """Read the texts; None where there are none. Raises ValueError for what is no span, or where nothing is left."""
    spans = [_parse_span(text) for text in texts]
    if not spans:
        return None
    if all(any(span.holds(day, minute) for span in spans) for day in range(7) for minute in range(_MINUTES_A_DAY)):
        raise ValueError("leave no time for conversions")
    return QuietHours(spans, zone)


def _parse_span(text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'{text!r} is no span of time: write "22:00-06:00" or "mon-fri 08:00-18:00"')
    days, *numbers = found.groups()
    start, end = (60 * int(hour) + int(minute) for hour, minute in (numbers[:2], numbers[2:]))
    if start >= _MINUTES_A_DAY or end > _MINUTES_A_DAY or start == end:
        raise ValueError(f"{text!r} is no span of time: it has no such hour, or no length")
    return Span(_parse_days(text, days.lower()) if days else frozenset(range(7)), start, end)


def _parse_days(text: str, days: str) -> frozenset[int]:
    found: set[int] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise ValueError(f"{text!r} has an unknown day: write {', '.join(_DAYS)}")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found |= {(begin + number) % 7 for number in range((end - begin) % 7 + 1)}
    return frozenset(found)
