"""When a delivery is tried again, and when a receiver counts as away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handing_over import KEY
from markerd.handover.backoff import Receiver, compute_delay_s, must_give_up
from markerd.handover.results import Failed
from markerd.handover.thresholds import THRESHOLDS

DOWN = Failed("refused")
_keys = st.integers(0, 16**32 - 1).map(lambda number: f"msg_{number:032x}")


@given(st.integers(1, 10_000), _keys, st.none() | st.floats(allow_nan=False))
def test_delays_grow_to_an_hour(failures: int, key: str, asked_s: float | None) -> None:
    """Whatever the receiver asks for, and however often it failed: from seconds to an hour and a tenth."""
    result = Failed("refused", retry_after_s=asked_s)
    delay_s = compute_delay_s(failures, key, result)
    assert THRESHOLDS.first_delay_s * 0.9 <= delay_s <= THRESHOLDS.most_delay_s * 1.1
    assert delay_s >= min(asked_s or 0.0, THRESHOLDS.most_delay_s)
    assert compute_delay_s(failures + 1, key, result) >= delay_s


def test_first_delays() -> None:
    """As the documentation has them."""
    delays = [round(compute_delay_s(failures, "msg_7fffffff", DOWN)) for failures in range(1, 9)]
    assert delays == [5, 15, 45, 135, 405, 1215, 3600, 3600]


def test_deliveries_are_spread() -> None:
    """Those of one outage do not all come back in one second."""
    delays = {round(compute_delay_s(7, f"msg_{number * 0x01010101:08x}", DOWN)) for number in range(200)}
    assert len(delays) > 100


def test_given_up_by_the_time_since_the_first_failure() -> None:
    """At once where that is wanted."""
    assert not must_give_up(None, 100.0, 60.0)
    assert not must_give_up(50.0, 100.0, 60.0)
    assert must_give_up(40.0, 100.0, 60.0)
    assert must_give_up(None, 100.0, 0.0)


def test_receiver_is_away_after_three_failures() -> None:
    """Then it is looked at now and then, up to a minute apart, until it is back."""
    receiver = Receiver()
    assert [receiver.note_failure(DOWN, 0.0) for _ in range(4)] == [False, False, True, False]
    rests = []
    for _ in range(6):
        rests.append(receiver.measure_rest_s(0.0))
        receiver.note_failure(DOWN, 0.0)
    assert rests == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0]
    assert receiver.reason == "refused"
    assert receiver.note_success()
    assert (receiver.is_away, receiver.measure_rest_s(0.0)) == (False, 0.0)
    assert not receiver.note_success()


def test_events_that_are_refused_say_nothing_of_the_receiver() -> None:
    """A hundred of them may be wrong, and the others still pass."""
    receiver = Receiver()
    for _ in range(100):
        assert not receiver.note_failure(Failed("422", is_receivers=False), 0.0)
    assert not receiver.is_away


def test_time_that_a_receiver_asks_for_is_given_to_it() -> None:
    """From the first time on, up to an hour."""
    receiver = Receiver()
    receiver.note_failure(Failed("429", retry_after_s=120.0), 0.0)
    assert receiver.measure_rest_s(20.0) == 100.0
    receiver.note_failure(Failed("429", retry_after_s=1e9), 0.0)
    assert receiver.measure_rest_s(0.0) == THRESHOLDS.most_delay_s


@given(st.floats(0, 1e10), st.floats(0, 1e10))
def test_clock_that_is_set_keeps_nobody_waiting(before: float, after: float) -> None:
    """Put back by years, it makes the rest no longer."""
    receiver = Receiver()
    for _ in range(20):
        receiver.note_failure(DOWN, before)
    assert receiver.measure_rest_s(after) <= THRESHOLDS.most_away_s + 1e-3


def test_key_spreads_by_its_digits() -> None:
    """The key of the tests is one that fits."""
    assert compute_delay_s(1, KEY, DOWN) != compute_delay_s(1, KEY.replace("_01", "_f1"), DOWN)
