"""Words in cells whose places are known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.tables.cells import build_text_grid
from markerd.convert.embedded.tables.placed_grid import fill_placed_cells

CELLS = [
    PlacedCell(r, c, (100.0 * c, 20.0 * r, 100.0 * c + 90, 20.0 * r + 15), r == 0) for r in range(3) for c in range(3)
]
PLACES = st.tuples(st.floats(0, 270), st.floats(0, 50))


@given(st.lists(PLACES, min_size=1, max_size=40))
def test_every_word_is_in_one_cell_or_the_table_is_none(places: list[tuple[float, float]]) -> None:
    """No word is lost and none is doubled, wherever it stands."""
    words = [((x, y, x + 8.0, y + 8.0), f"w{n}") for n, (x, y) in enumerate(places)]
    cells = fill_placed_cells(CELLS, words)
    shown = sorted(word for cell in cells for word in cell.text.split())
    assert shown == sorted(text for _, text in words) or cells == []


def test_word_goes_to_the_cell_around_its_middle() -> None:
    """It may reach into the next one."""
    words = [((60.0, 2.0, 110.0, 12.0), "wide"), ((105.0, 22.0, 130.0, 32.0), "next")]
    assert build_text_grid(fill_placed_cells(CELLS, words))[:2] == [["wide", "", ""], ["", "next", ""]]


def test_cells_that_leave_out_much_text_are_no_table() -> None:
    """A tenth of the words may lie outside."""
    inside = [((10.0 + n, 2.0, 18.0 + n, 12.0), f"in{n}") for n in range(10)]
    outside = [((10.0, 300.0 + n, 18.0, 310.0 + n), f"out{n}") for n in range(4)]
    assert fill_placed_cells(CELLS, [*inside, *outside]) == []
    assert "out0" in fill_placed_cells(CELLS, [*inside, outside[0]])[6].text


def test_nothing_is_built_of_nothing() -> None:
    """Neither cells without words nor words without cells make a table."""
    assert fill_placed_cells([], [((0.0, 0.0, 5.0, 5.0), "a")]) == fill_placed_cells(CELLS, []) == []
