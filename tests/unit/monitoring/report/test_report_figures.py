"""From rows to figures, and the axes that they are shown on."""

from __future__ import annotations

import math
from datetime import timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.journal.history import Measure
from markerd.monitoring.html_templates import format_span
from markerd.monitoring.report.figures import add_up, find_percentiles, tally_buckets
from markerd.monitoring.report.period import build_period
from markerd.monitoring.report.scales import (
    Scale,
    build_count_scale,
    build_duration_scale,
    build_size_scale,
    format_duration,
)

PERIOD = build_period(2, 1_000_000.0, 0.0, timezone.utc)
_durations = st.floats(0, 1e9)
_outcomes = st.sampled_from(["published", "skipped", "dead", "failed"])
_measures = st.builds(Measure, st.floats(0, 1_000_000), _outcomes, st.integers(0, 5000), _durations, _durations)


# --- percentiles ------------------------------------------------------------------------------------------------------


@given(st.lists(_durations, min_size=1), st.lists(st.floats(0.01, 100), min_size=2))
def test_percentiles_are_monotone_and_among_the_values(values: list[float], percents: list[float]) -> None:
    """A higher percentile is no smaller, and each is a duration that some document really had."""
    found = find_percentiles(values, *sorted(percents))
    assert found is not None
    assert list(found) == sorted(found)
    assert set(found) <= set(values)


@given(st.lists(_durations, min_size=1), st.floats(0.01, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(values: list[float], percent: float) -> None:
    """Nearest rank, by its definition."""
    found = find_percentiles(values, percent)
    assert found is not None
    needed = math.ceil(len(values) * percent / 100)
    assert sum(value <= found[0] for value in values) >= needed
    assert sum(value < found[0] for value in values) < needed


def test_percentiles_of_few_values() -> None:
    """None of nothing; one document answers for all."""
    assert find_percentiles([], 50) is None
    assert find_percentiles([7.0], 1, 50, 99) == (7.0, 7.0, 7.0)
    assert find_percentiles([float(n) for n in range(1, 101)], 50, 95, 99, 100) == (50, 95, 99, 100)


# --- counting ---------------------------------------------------------------------------------------------------------


@given(st.lists(_measures))
def test_nothing_is_counted_twice_or_left_out(measures: list[Measure]) -> None:
    """All buckets together are the rows."""
    whole = add_up(tally_buckets(measures, PERIOD))
    assert (whole.published, whole.skipped, whole.dead, whole.failed) == tuple(
        sum(each.outcome == outcome for each in measures) for outcome in ("published", "skipped", "dead", "failed")
    )
    published = [each for each in measures if each.outcome == "published"]
    assert whole.pages == sum(each.pages for each in published)
    assert sorted(whole.waited) == sorted(each.waited_seconds for each in published)
    assert len(whole.per_page) == sum(each.pages > 0 for each in published)


def test_a_page_takes_its_share_of_the_conversion() -> None:
    """A document without pages has no seconds per page; a failed attempt is no document."""
    rows = [("published", 4, 2.0, 9.0), ("published", 0, 5.0, 1.0), ("failed", 0, 60.0, 60.0), ("dead", 9, 9.0, 9.0)]
    whole = add_up(tally_buckets([Measure(1_000_000.0, *row) for row in rows], PERIOD))
    assert (whole.per_page, whole.waited, whole.pages, whole.documents) == ([0.5], [9.0, 1.0], 4, 3)


# --- scales -----------------------------------------------------------------------------------------------------------


def assert_usable(scale: Scale, values: list[float]) -> None:
    heights = [scale.height(value) for value in sorted(values)]
    assert heights == sorted(heights)
    assert all(0.0 <= height <= 1.0 for height in heights)
    assert 2 <= len(scale.ticks) <= 7
    assert len({tick.text for tick in scale.ticks}) == len(scale.ticks)
    at = [scale.height(tick.value) for tick in scale.ticks]
    assert at == sorted(set(at))
    assert (at[0], at[-1]) == (0.0, 1.0)
    assert scale.ticks[-1].value >= max(values, default=0.0) * (1 - 1e-6)


@given(st.lists(st.integers(0, 10**9)))
def test_counts_have_whole_ticks(values: list[int]) -> None:
    """No half documents on the axis, and the highest bar fits below its last tick."""
    scale = build_count_scale(max(values, default=0))
    assert_usable(scale, [float(value) for value in values])
    assert all(tick.value == int(tick.value) for tick in scale.ticks)


@given(st.floats(0, 1e6))
def test_sizes_have_their_unit(highest_mb: float) -> None:
    """Megabytes, from zero."""
    scale = build_size_scale(highest_mb)
    assert_usable(scale, [highest_mb])
    assert all(tick.text.endswith(" MB") for tick in scale.ticks)


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-4, 1e9))))
def test_durations_have_round_ticks(values: list[float]) -> None:
    """From milliseconds to years, zero among them: every value has its place."""
    assert_usable(build_duration_scale(values), values)


def test_durations_far_apart_have_a_logarithmic_scale() -> None:
    """Else the short ones would lie flat."""
    assert not build_duration_scale([1.0, 20.0]).is_logarithmic
    scale = build_duration_scale([2.0, 3.0, 5000.0])
    assert scale.is_logarithmic
    assert [tick.text for tick in scale.ticks] == ["1 s", "10 s", "1 min", "10 min", "1 h", "6 h"]
    assert [tick.text for tick in build_duration_scale([70.0, 100.0]).ticks] == [
        "0",
        "30 s",
        "1 min",
        "1.5 min",
        "2 min",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0"), (0.02, "20 ms"), (1, "1 s"), (60, "1 min"), (90, "1.5 min"), (21600, "6 h"), (86400, "1 d")],
)
def test_duration_on_an_axis_is_short(seconds: float, text: str) -> None:
    """In the unit that suits it."""
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"), (0.34, "340 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (119.94, "119.9 s"), (119.96, "2 min"),
        (7169, "119 min"), (7199.9, "2 h"), (170_000, "47 h"), (172_799.0, "2 d"),
    ],
)  # fmt: skip
def test_duration_in_a_text_has_a_suitable_unit(seconds: float, text: str) -> None:
    """What is rounded up to the next unit is told in that."""
    assert format_span(seconds) == text
