"""The trend tells growth from noise, and keeps its own size."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.monitoring.leak_trend import WARM_UP_DOCUMENTS, LeakTrend, estimate_slope
from markerd.monitoring.resource_usage import describe_in_words, describe_trend

MB = 1 << 20
BASE = 500_000_000


def after(documents: int, rss: list[int] | None = None, growth: float = 0.0) -> LeakTrend:
    trend = LeakTrend()
    for number in range(documents):
        bytes_ = rss[number % len(rss)] if rss else BASE
        trend.add({"rss_bytes": bytes_ + round(growth * number), "threads": 9})
    return trend


@pytest.mark.parametrize("documents", [WARM_UP_DOCUMENTS + 16, 400, 777, 5000])
def test_steady_growth_is_measured(documents: int) -> None:
    """20 kB a document are 20 kB a document, however many there were."""
    growth = after(documents, growth=20_000).measure_growth()
    assert growth is not None
    assert growth["rss_bytes"] == pytest.approx(20_000)
    assert growth["threads"] == 0


def test_no_growth_is_given_during_the_warm_up() -> None:
    """Neither a growth nor a first value before the warm-up is over."""
    trend = after(WARM_UP_DOCUMENTS)
    assert trend.measure_growth() is None
    assert trend.first is None
    assert trend.now == {"rss_bytes": BASE, "threads": 9}
    assert after(WARM_UP_DOCUMENTS + 15).measure_growth() is None
    assert after(WARM_UP_DOCUMENTS + 16).measure_growth() is not None


def test_growth_during_the_warm_up_does_not_count() -> None:
    """200 MB more while the caches fill, then nothing: no growth, and the first value is that of the warm one."""
    trend = LeakTrend()
    for number in range(400):
        trend.add({"rss_bytes": BASE + 4_000_000 * min(number, WARM_UP_DOCUMENTS)})
    assert trend.measure_growth() == {"rss_bytes": 0}
    assert trend.first == {"rss_bytes": BASE + 4_000_000 * WARM_UP_DOCUMENTS}


@pytest.mark.parametrize("leak", [0, 30_000])
def test_large_documents_do_not_change_the_growth(leak: int) -> None:
    """Every tenth document leaves up to 300 MB for a while: a leak is told within 5 kB a document, none likewise."""
    chance = random.Random(3)
    trend = LeakTrend()
    for number in range(600):
        spike = chance.randrange(300_000_000) if chance.random() < 0.1 else chance.randrange(2_000_000)
        trend.add({"rss_bytes": BASE + leak * number + spike})
    growth = trend.measure_growth()
    assert growth is not None
    assert abs(growth["rss_bytes"] - leak) < 5_000


def test_one_descriptor_in_ten_documents_is_measured() -> None:
    """What leaks now and then leaks."""
    trend = LeakTrend()
    for number in range(500):
        trend.add({"file_descriptors": 9 + number // 10})
    growth = trend.measure_growth()
    assert growth is not None
    assert growth["file_descriptors"] == pytest.approx(0.1, abs=0.01)


def test_trend_itself_has_a_constant_size() -> None:
    """What it keeps after 20,000 documents is no more than after a thousand."""

    def size(trend: LeakTrend) -> int:
        kept = [value for value in vars(trend).values() if isinstance(value, list)]
        return sum(sys.getsizeof(each) for stretches in kept for each in stretches) + len(kept[0])

    assert size(after(20_000)) <= 2 * size(after(1000))


def test_unknown_counts_are_left_out() -> None:
    """A -1 of the platform is no value, and no growth is made of it."""
    trend = LeakTrend()
    for _ in range(300):
        trend.add({"semaphores": -1, "threads": 4})
    assert describe_trend(trend) == {"documents": 300, "held": {"threads": {"now": 4, "first": 4, "growth": 0.0}}}


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12), st.integers(-50, 50))
def test_added_slope_is_found(values: list[int], added: int) -> None:
    """The slope of a tilted series is the slope of the series and the tilt."""
    tilted = [value + added * place for place, value in enumerate(values)]
    assert estimate_slope(tilted) == pytest.approx(estimate_slope(values) + added)


def test_unchanged_values_have_no_explanation() -> None:
    """A reader sees at once what is not as it was."""
    trend = LeakTrend()
    for number in range(400):
        trend.add({"threads": 9, "file_descriptors": 9 + number // 10, "rss_bytes": 100 * MB + 2048 * number})
    assert list(describe_in_words(describe_trend(trend))) == [
        "9 threads",
        "48 file descriptors (29 at first, 0.1 more a document)",
        "101 MB of memory (100 at first, 2 kB more a document)",
    ]
    assert list(describe_in_words(describe_trend(after(1)))) == ["477 MB of memory", "9 threads"]
