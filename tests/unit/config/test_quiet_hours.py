"""Quiet hours, by made-up clocks: over midnight, and on the days on which the clock is put forward or back."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from markerd.config import DaemonConfig
from markerd.config.quiet_hours import QuietHours, parse_quiet_hours

_VIENNA = ZoneInfo("Europe/Vienna")
_MONDAY = datetime(2026, 6, 1, tzinfo=_VIENNA)


def _quiet(*texts: str) -> QuietHours:
    hours = parse_quiet_hours(texts, _VIENNA)
    assert hours is not None
    return hours


def _at(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=_VIENNA, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("texts", "when", "is_quiet"),
    [
        (("22:00-06:00",), "2026-06-01T21:59:59", False),
        (("22:00-06:00",), "2026-06-01T22:00:00", True),
        (("22:00-06:00",), "2026-06-02T05:59:59", True),
        (("22:00-06:00",), "2026-06-02T06:00:00", False),
        (("mon-fri 08:00-18:00",), "2026-06-05T12:00:00", True),
        (("mon-fri 08:00-18:00",), "2026-06-06T12:00:00", False),
        (("Fri 22:00-06:00",), "2026-06-06T05:00:00", True),
        (("fri 22:00-06:00",), "2026-06-05T05:00:00", False),
        (("sun 22:00-06:00",), "2026-06-01T05:00:00", True),
        (("sat,sun 00:00-24:00",), "2026-06-07T23:59:00", True),
        (("fri-mon 08:00-09:00",), "2026-06-07T08:30:00", True),
        (("08:00-09:00", "10:00-11:00"), "2026-06-01T10:30:00", True),
    ],
)
def test_hours_are_quiet_on_their_days(texts: tuple[str, ...], when: str, is_quiet: bool) -> None:
    """A span over midnight belongs to the day on which it begins."""
    assert _quiet(*texts).is_quiet(_at(when)) is is_quiet


def test_clock_that_is_put_forward_shortens_the_quiet() -> None:
    """On 29 March 2026 the minutes from 02:00 to 03:00 do not exist, and the quiet ends when they are over."""
    hours = _quiet("01:30-02:30")
    now = _at("2026-03-29T01:45:00")
    assert hours.find_end(now) == _at("2026-03-29T03:00:00") == now + 15 * 60


def test_clock_that_is_put_back_lengthens_the_quiet() -> None:
    """On 25 October 2026 the minutes from 02:00 to 03:00 come twice, and are quiet twice."""
    hours = _quiet("02:00-03:00")
    start = _at("2026-10-25T02:00:00")
    assert hours.is_quiet(start)
    assert hours.is_quiet(start + 3600)
    assert hours.find_end(start) == start + 2 * 3600 == _at("2026-10-25T03:00:00")


_times = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda time: f"{time[0]:02}:{time[1]:02}")
_spans = st.tuples(
    st.sampled_from(["", "mon ", "sat,sun ", "fri-tue ", "wed-thu "]),
    st.lists(_times, min_size=2, max_size=2, unique=True),
).map(lambda span: f"{span[0]}{span[1][0]}-{span[1][1]}")


@given(st.lists(_spans, min_size=1, max_size=3), st.integers(0, 400 * 24 * 60))
def test_quiet_ends_at_the_first_minute_that_is_not_quiet(texts: list[str], minutes: int) -> None:
    """All year round; asked again within it, the end is the same."""
    try:
        hours = _quiet(*texts)
    except ValueError as error:
        assert "leave no time" in str(error)  # noqa: PT017 - such spans are refused
        return
    now = (_MONDAY + timedelta(minutes=minutes)).timestamp() + 17
    end = hours.find_end(now)
    if end is None:
        assert not hours.is_quiet(now)
        return
    assert now < end
    assert not hours.is_quiet(end)
    assert hours.is_quiet(end - 60) or end - 60 < now
    between = now + (end - now) / 2
    assert hours.find_end(between) == end or not hours.is_quiet(between)


@pytest.mark.parametrize(
    "text", ["", "8-18", "25:00-26:00", "08:00-08:00", "08:60-09:00", "mo 08:00-09:00", "00:00-24:00", "24:00-01:00"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    """And what leaves no time for conversions."""
    with pytest.raises(ValidationError):
        DaemonConfig.model_validate({"state_dir": "/s", "quiet_hours": [text]})
