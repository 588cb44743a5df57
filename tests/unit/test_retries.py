"""When a failed document is tried again, decided without a clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.journal import Document
from markerd.retries import MAX_DELAY_S, Retries, delay_s
from markerd.values import Fingerprint, State


def document(number: int) -> Document:
    return Document(
        number, "/in", "a.pdf", Fingerprint(1, 1, 1), State.FAILED, 1, None, None, None, None, None, 0.0, None, False
    )


def test_the_delay_doubles() -> None:
    """Base, twice that, four times."""
    assert [delay_s(attempts, 30.0) for attempts in (1, 2, 3)] == [30.0, 60.0, 120.0]


@given(st.integers(1, 1000), st.floats(0, 604_800))
def test_the_delay_stays_below_an_hour(attempts: int, base_s: float) -> None:
    """Whatever the configuration allows."""
    assert 0.0 <= delay_s(attempts, base_s) <= MAX_DELAY_S


def test_nothing_is_due_before_its_time() -> None:
    """A document waits until the clock has reached its time."""
    retries = Retries(document)
    retries.add(1, due_at=10.0)
    assert retries.due(9.9) is None
    assert len(retries) == 1


def test_the_one_due_longest_comes_first() -> None:
    """In order of their times, each once."""
    retries = Retries(document)
    for number, due_at in ((1, 3.0), (2, 1.0), (3, 2.0)):
        retries.add(number, due_at)
    taken = [retries.due(5.0) for _ in range(4)]
    assert [found.id if found else None for found in taken] == [2, 3, 1, None]
    assert len(retries) == 0


def test_a_second_failure_replaces_the_time_of_the_first() -> None:
    """One document waits once."""
    retries = Retries(document)
    retries.add(1, due_at=1.0)
    retries.add(1, due_at=5.0)
    assert retries.due(2.0) is None
    assert len(retries) == 1


def test_a_document_that_the_journal_lost_is_not_due() -> None:
    """None, and it is not asked for again."""
    retries = Retries(lambda _: None)
    retries.add(1, due_at=1.0)
    assert retries.due(2.0) is None
    assert len(retries) == 0
