"""The time that a report covers, in zones that make it hard."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.monitoring.report.period import Period, Step, build_period

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [timezone.utc, *map(ZoneInfo, ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"))]
NOW = datetime(2026, 11, 24, 14, 10, tzinfo=timezone.utc).timestamp()
_zones = st.sampled_from(ZONES)
_YEAR_S = 365 * 86400
_moments = st.integers(38 * _YEAR_S, 70 * _YEAR_S).map(float)  # whole seconds: datetime rounds to microseconds
DAY_S = 86400


@given(st.integers(1, 2000), _moments, st.integers(0, 6 * _YEAR_S), _zones)
def test_edges_rise_and_hold_the_period(days: int, now: float, age_s: int, zone: ZoneInfo) -> None:
    """From the first day asked for, or the journal's own, to now; whatever the zone does to its clocks."""
    period = build_period(days, now, now - age_s, zone)
    assert list(period.edges) == sorted(set(period.edges))
    assert period.begin <= max(now - days * DAY_S, now - age_s)
    assert period.edges[-2] <= now < period.end


@given(st.integers(1, 2000), _moments, _zones, st.floats(0, 1))
def test_every_moment_has_its_bucket(days: int, now: float, zone: ZoneInfo, part: float) -> None:
    """The one whose edges enclose it."""
    period = build_period(days, now, 0.0, zone)
    at = period.begin + part * (now - period.begin)
    bucket = period.find_bucket(at)
    assert period.edges[bucket] <= at < period.edges[bucket + 1]
    assert 0.0 <= period.locate(at) <= 1.0


@given(st.integers(1, 100_000), _moments, st.floats(0, 30_000), _zones)
def test_labels_are_few_and_apart(days: int, now: float, age_days: float, zone: ZoneInfo) -> None:
    """One to seven below the axis, from left to right."""
    labels = build_period(days, now, max(now - age_days * DAY_S, 0.0), zone).build_labels()
    assert 1 <= len(labels) <= 7
    places = [label.place for label in labels]
    assert places == sorted(set(places))
    assert all(0.0 <= place <= 1.0 for place in places)


@pytest.mark.parametrize(
    ("days", "step"),
    [(1, Step.HOUR), (3, Step.HOUR), (4, Step.DAY), (30, Step.DAY), (400, Step.WEEK), (2000, Step.MONTH)],
)
def test_the_step_suits_the_span(days: int, step: Step) -> None:
    """Hours for some days, days for some months, then weeks, then months."""
    assert build_period(days, NOW, 0.0, BERLIN).step is step


def test_days_are_those_of_the_zone() -> None:
    """From midnight to midnight, also over the day of 25 hours on which summer time ends."""
    period = build_period(40, NOW, 0.0, BERLIN)
    assert {(at := period.convert_to_local(edge)).hour + at.minute for edge in period.edges} == {0}
    lengths = [(right - left) / 3600 for left, right in zip(period.edges, period.edges[1:], strict=False)]
    assert sorted(lengths) == [24] * (len(lengths) - 1) + [25]


def test_a_day_that_never_was_has_no_bucket() -> None:
    """Samoa went from 29 to 31 December 2011."""
    now = datetime(2012, 1, 5, tzinfo=timezone.utc).timestamp()
    period = build_period(10, now, 0.0, ZoneInfo("Pacific/Apia"))
    names = [period.name_bucket(bucket) for bucket in range(len(period))]
    assert [name[4:10] for name in names[3:7]] == ["28 Dec", "29 Dec", "31 Dec", "1 Jan "]


def test_young_journal_is_shown_from_its_beginning() -> None:
    """Not thirty empty days before it; but at least twelve hours, so that one document is not one wide bar."""
    assert NOW - build_period(30, NOW, NOW - 4 * DAY_S, BERLIN).begin < 5.1 * DAY_S
    for begins in (NOW - 60, NOW + 999, None):
        assert 12 <= len(build_period(30, NOW, begins, BERLIN)) <= 14


@pytest.mark.parametrize(
    ("edges", "step", "name"),
    [
        ((1795788000.0, 1795791600.0), Step.HOUR, "Fri 27 Nov 15:00"),
        ((1795734000.0, 1795820400.0), Step.DAY, "Fri 27 Nov 2026"),
        ((1795388400.0, 1795993200.0), Step.WEEK, "23 Nov to 29 Nov 2026"),
        ((1793487600.0, 1796079600.0), Step.MONTH, "November 2026"),
    ],
)
def test_a_bucket_has_a_name(edges: tuple[float, float], step: Step, name: str) -> None:
    """As people say it."""
    assert Period(edges, step, BERLIN).name_bucket(0) == name
