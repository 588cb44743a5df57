"""When the converter is to blame, not the documents."""

from __future__ import annotations

import pytest

from markerd.errors import UnavailableError
from markerd.pipeline.circuit_breaker import MOST_DEATHS, Deaths


def died_on(*documents: int) -> Deaths:
    deaths = Deaths()
    for document in documents:
        deaths.died(document, "killed by SIGKILL")
    return deaths


def test_five_documents_in_a_row_are_no_accident() -> None:
    """The last reason is told with it."""
    with pytest.raises(UnavailableError, match=r"died on 5 different documents.*SIGKILL"):
        died_on(*range(MOST_DEATHS)).demand_converter()


def test_four_are_not_enough() -> None:
    """Nor is one document that kills it every time."""
    died_on(*range(MOST_DEATHS - 1)).demand_converter()
    died_on(*[7] * (2 * MOST_DEATHS)).demand_converter()


def test_one_success_forgives() -> None:
    """The count begins anew."""
    deaths = died_on(*range(MOST_DEATHS))
    deaths.converted()
    deaths.demand_converter()
    deaths.died(9, "killed by SIGKILL")
    deaths.demand_converter()
