"""When the converter is to blame, not the documents."""

from __future__ import annotations

import pytest

from markerd.errors import UnavailableError
from markerd.pipeline.circuit_breaker import MOST_DEATHS, CircuitBreaker


def died_on(*documents: int) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for document in documents:
        breaker.record_death(document, "killed by SIGKILL")
    return breaker


def test_five_deaths_in_a_row_open_the_breaker() -> None:
    """The last reason is told with it."""
    with pytest.raises(UnavailableError, match=r"died on 5 different documents.*SIGKILL"):
        died_on(*range(MOST_DEATHS)).demand_closed()


def test_four_deaths_or_one_document_keep_the_breaker_closed() -> None:
    """Nor is one document that kills it every time."""
    died_on(*range(MOST_DEATHS - 1)).demand_closed()
    died_on(*[7] * (2 * MOST_DEATHS)).demand_closed()


def test_success_resets_the_count_of_deaths() -> None:
    """The count begins anew."""
    breaker = died_on(*range(MOST_DEATHS))
    breaker.record_success()
    breaker.demand_closed()
    breaker.record_death(9, "killed by SIGKILL")
    breaker.demand_closed()
