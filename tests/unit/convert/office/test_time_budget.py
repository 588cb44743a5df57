"""The time for the attachments of a mail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.time_budget import SHARE_OF_LIMIT, TimeBudget

_SECONDS = st.floats(0, 1e6)


@given(began_s=_SECONDS, limit_s=_SECONDS, attachments=st.lists(st.tuples(st.integers(1, 500), _SECONDS)))
def test_attachment_is_begun_that_would_end_in_time(
    began_s: float, limit_s: float, attachments: list[tuple[int, float]]
) -> None:
    """If it takes as long a page as the mean of those before it."""
    budget, now_s, pages, spent_s = TimeBudget(began_s, limit_s), began_s, 0, 0.0
    for more, took_s in attachments:
        expected_s = more * (spent_s / pages) if pages else 0.0
        assert budget.suffices(more, now_s) == (now_s + expected_s <= began_s + SHARE_OF_LIMIT * limit_s)
        budget.spend(more, took_s)
        now_s, pages, spent_s = now_s + took_s, pages + more, spent_s + took_s


def test_first_attachment_is_begun_while_there_is_time() -> None:
    """Nothing is known of how long it takes."""
    assert TimeBudget(0.0, 10.0).suffices(10_000, 7.9)
    assert not TimeBudget(0.0, 10.0).suffices(1, 8.1)
