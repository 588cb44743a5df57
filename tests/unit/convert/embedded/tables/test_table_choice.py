"""The choice between several readings of one table."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.tables.cells import Cell, place_texts
from markerd.convert.embedded.tables.table_choice import Candidate, choose_candidate, count_pairs, measure_agreement

GRID = [["Year", "North", "South"], ["2001", "12", "7"], ["2002", "15", "9"]]
MERGED = [["Year", "North South"], ["2001", "12 7"], ["2002", "15 9"]]

GRIDS = st.integers(2, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.text("ab1 ", max_size=3), min_size=width, max_size=width), min_size=2, max_size=5
    )
)


def make_candidate(reader: str, grid: list[list[str]], trust: float = 0.0) -> Candidate:
    return Candidate(reader, tuple(place_texts(grid)), trust)


def test_two_that_agree_outvote_a_third() -> None:
    """The order of the readers does not matter, nor does how they space words."""
    good, bad = make_candidate("a", GRID), make_candidate("b", MERGED)
    spaced = make_candidate("c", [[f" {text} " for text in row] for row in GRID])
    for candidates in ([good, bad, spaced], [bad, spaced, good], [bad, good, spaced]):
        chosen = choose_candidate(candidates)
        assert chosen is not None
        assert chosen.reader in {"a", "c"}


def test_trust_decides_where_readers_agree_with_nobody() -> None:
    candidates = [make_candidate("a", MERGED), make_candidate("b", GRID, 0.1)]
    chosen = choose_candidate(candidates)
    assert chosen is not None
    assert chosen.reader == "b"


def test_nothing_is_chosen_from_nothing() -> None:
    assert choose_candidate([]) is None
    assert choose_candidate([Candidate("a", ())]) is None


def test_a_spanning_cell_is_beside_all_that_it_stands_beside() -> None:
    """It makes no pair with itself."""
    cells = [Cell(0, 0, "Both", True, column_span=2), Cell(1, 0, "1"), Cell(1, 1, "2")]
    assert count_pairs(cells) == {("row", "1", "2"): 1, ("column", "Both", "1"): 1, ("column", "Both", "2"): 1}


@given(st.lists(GRIDS, min_size=1, max_size=4))
def test_the_chosen_reading_is_one_of_the_candidates(grids: list[list[list[str]]]) -> None:
    candidates = [make_candidate(str(number), grid) for number, grid in enumerate(grids)]
    assert choose_candidate(candidates) in candidates


@given(GRIDS, GRIDS)
def test_agreement_is_mutual_and_a_share(first: list[list[str]], second: list[list[str]]) -> None:
    one, other = count_pairs(place_texts(first)), count_pairs(place_texts(second))
    assert measure_agreement(one, other) == measure_agreement(other, one)
    assert 0.0 <= measure_agreement(one, other) <= 1.0
    assert measure_agreement(one, one) == (1.0 if one else 0.0)
