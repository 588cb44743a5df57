"""When a failed document is tried again, decided without a clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.errors import ConversionTimeoutError, ConverterDiedError, DocumentError, MemoryCeilingError
from markerd.journal import Document
from markerd.pipeline.retries import MAX_DELAY_S, Retries, compute_delay_s, is_tried_again
from markerd.values import Fingerprint, State


def document(number: int) -> Document:
    return Document(
        number, "/in", "a.pdf", Fingerprint(1, 1, 1), State.FAILED, 1, None, None, None, None, None, 0.0, None, False
    )


def test_the_delay_doubles() -> None:
    """Base, twice that, four times."""
    assert [compute_delay_s(attempts, 30.0) for attempts in (1, 2, 3)] == [30.0, 60.0, 120.0]


@given(st.integers(1, 1000), st.floats(0, 604_800))
def test_the_delay_stays_below_an_hour(attempts: int, base_s: float) -> None:
    """Whatever the configuration allows."""
    assert 0.0 <= compute_delay_s(attempts, base_s) <= MAX_DELAY_S


def test_nothing_is_due_before_its_time() -> None:
    """A document waits until the clock has reached its time."""
    retries = Retries(document)
    retries.add(1, due_at=10.0)
    assert retries.take_due(9.9) is None
    assert len(retries) == 1


def test_document_due_longest_comes_first() -> None:
    """In order of their times, each once."""
    retries = Retries(document)
    for number, due_at in ((1, 3.0), (2, 1.0), (3, 2.0)):
        retries.add(number, due_at)
    taken = [retries.take_due(5.0) for _ in range(4)]
    assert [found.id if found else None for found in taken] == [2, 3, 1, None]
    assert len(retries) == 0


def test_a_second_failure_replaces_the_time_of_the_first() -> None:
    """One document waits once."""
    retries = Retries(document)
    retries.add(1, due_at=1.0)
    retries.add(1, due_at=5.0)
    assert retries.take_due(2.0) is None
    assert len(retries) == 1


def test_a_document_that_the_journal_lost_is_not_due() -> None:
    """None, and it is not asked for again."""
    retries = Retries(lambda _: None)
    retries.add(1, due_at=1.0)
    assert retries.take_due(2.0) is None
    assert len(retries) == 0


def by_number(number: int) -> Document:
    """Above 10 those that took too long."""
    return replace(document(number), kind="timeout" if number > 10 else "conversion")


def test_costly_documents_wait_behind_all_others() -> None:
    """Also behind one that is not due yet; among each other in order of their times."""
    retries = Retries(by_number)
    for number, due_at in ((11, 1.0), (12, 0.0), (1, 3.0)):
        retries.add(number, due_at)
    assert retries.take_due(2.0) is None
    assert retries.take_due_behind_all(2.0) is None
    assert [found.id if found else None for found in (retries.take_due(3.0), retries.take_due(3.0))] == [1, None]
    taken = [retries.take_due_behind_all(3.0) for _ in range(3)]
    assert [found.id if found else None for found in taken] == [12, 11, None]
    assert len(retries) == 0


def test_the_wait_for_the_next_try_ends_when_one_can_be_taken() -> None:
    """At the time that is named a document is due, and before it none; the costly ones count when they are alone."""
    retries = Retries(by_number)
    assert retries.find_next_due() is None
    retries.add(11, 1.0)
    assert retries.find_next_due() == 1.0
    retries.add(1, 5.0)
    retries.add(2, 3.0)
    assert retries.find_next_due() == 3.0
    assert retries.take_due(2.9) is None
    assert retries.take_due(3.0) is not None
    assert retries.find_next_due() == 5.0


def test_a_document_waits_in_one_place_whatever_its_last_failure() -> None:
    """A costly failure follows another one, or the other way round: it waits once."""
    kinds = iter(["conversion", "timeout", "conversion"])
    retries = Retries(lambda number: replace(document(number), kind=next(kinds)))
    retries.add(1, 0.0)
    retries.add(1, 0.0)
    assert len(retries) == 1
    assert retries.take_due(1.0) is None
    assert retries.take_due_behind_all(1.0) is not None


_EARLIER = st.lists(st.sampled_from(["conversion", "converter_died", "publish", None]), max_size=5)


@pytest.mark.parametrize("error", [ConversionTimeoutError("long"), MemoryCeilingError("big")])
@given(earlier=_EARLIER, position=st.integers(0, 5), configured=st.integers(1, 20))
def test_costly_failure_is_tried_once_more(
    error: DocumentError, earlier: list[str | None], position: int, configured: int
) -> None:
    """Once more after the first time, whatever failed before; never after a second, of either kind."""
    attempts = len(earlier) + 1
    assert is_tried_again(error, attempts, earlier, configured) == (attempts < configured)
    for kind in ("timeout", "memory"):
        costly = [*earlier[:position], kind, *earlier[position:]]
        assert not is_tried_again(error, attempts + 1, costly, configured)


@given(earlier=_EARLIER, configured=st.integers(1, 20))
def test_converter_death_is_tried_as_often_as_configured(earlier: list[str | None], configured: int) -> None:
    """Also after a document that took too long once."""
    attempts = len(earlier) + 2
    assert is_tried_again(ConverterDiedError("x"), attempts, ["timeout", *earlier], configured) == (
        attempts < configured
    )
