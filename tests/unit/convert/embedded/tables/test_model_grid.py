"""Lines of text in the cells that the table model found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.tables.cells import build_text_grid
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.model_grid import fill_cells, measure_fit

WIDTH, PITCH, LINE = 100, 30, 20


def make_cells(rows: int, columns: int, drift: float = 0.0) -> list[PlacedCell]:
    """Make cells of one line each, which lie lower by `drift` pixels from row to row than the text."""
    return [
        PlacedCell(r, c, (c * WIDTH + 5, r * (PITCH + drift), c * WIDTH + 60, r * (PITCH + drift) + LINE), r == 0)
        for r in range(rows)
        for c in range(columns)
    ]


def make_piece(row: float, column: int, text: str, width: int = 50) -> Piece:
    return (column * WIDTH + 10.0, row * PITCH, column * WIDTH + 10.0 + width, row * PITCH + LINE), text


def fill(found: list[PlacedCell], pieces: list[Piece]) -> list[list[str]]:
    return build_text_grid(fill_cells(found, pieces))


@given(st.integers(2, 12), st.integers(2, 5), st.floats(-1.0, 1.0))
def test_boxes_that_stray_down_a_table_do_not_shift_its_rows(rows: int, columns: int, drift: float) -> None:
    """The last row's boxes may lie by a third of a row away from its text."""
    drift = drift * PITCH / 3 / rows
    pieces = [make_piece(r, c, f"{r}.{c}") for r in range(rows) for c in range(columns)]
    assert fill(make_cells(rows, columns, drift), pieces) == [[f"{r}.{c}" for c in range(columns)] for r in range(rows)]


@given(st.data())
def test_every_piece_is_in_one_cell(data: st.DataObject) -> None:
    """This holds whatever the model found."""
    number = st.integers(0, 300)
    boxes = st.tuples(number, number, number, number).map(
        lambda n: (float(min(n[0], n[2])), float(min(n[1], n[3])), float(max(n[0], n[2])), float(max(n[1], n[3])))
    )
    places = data.draw(st.lists(boxes, min_size=1, max_size=8))
    found = [
        PlacedCell(r, c, data.draw(boxes), False, data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2)))
        for r, c in data.draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, unique=True))
    ]
    pieces = [(box, f"w{n}x") for n, box in enumerate(places)]
    words = [word for cell in fill_cells(found, pieces) for word in cell.text.split()]
    assert sorted(words) == sorted(f"w{n}x" for n in range(len(places)))


def test_lines_of_one_cell_stay_together() -> None:
    """The label has two lines, and the number beside it stands in the middle."""
    found = [
        PlacedCell(0, 0, (5, 0, 90, 20), True), PlacedCell(0, 1, (105, 0, 160, 20), True),
        PlacedCell(1, 0, (5, 30, 90, 75)), PlacedCell(1, 1, (105, 42, 160, 62)),
        PlacedCell(2, 0, (5, 85, 90, 105)), PlacedCell(2, 1, (105, 85, 160, 105)),
    ]  # fmt: skip
    pieces: list[Piece] = [
        ((10, 0, 60, 20), "Kind"), ((110, 0, 150, 20), "Tons"),
        ((10, 30, 80, 50), "Iron and"), ((110, 42, 150, 62), "12"), ((10, 54, 60, 74), "steel"),
        ((10, 85, 60, 105), "Zinc"), ((110, 85, 150, 105), "3"),
    ]  # fmt: skip
    assert fill(found, pieces) == [["Kind", "Tons"], ["Iron and steel", "12"], ["Zinc", "3"]]


def test_spanning_cells_keep_their_spans_and_empty_rows_go() -> None:
    found = [
        PlacedCell(0, 0, (10, 0, 150, 20), True, 1, 2),
        PlacedCell(1, 0, (0, 0, 0, 0)), PlacedCell(1, 1, (0, 0, 0, 0)),
        PlacedCell(2, 0, (5, 60, 60, 80)), PlacedCell(2, 1, (105, 60, 160, 80)),
    ]  # fmt: skip
    cells = fill_cells(found, [make_piece(0, 0, "Both", 130), make_piece(2, 0, "1"), make_piece(2, 1, "2")])
    assert [(c.row, c.column, c.text, c.column_span) for c in cells] == [
        (0, 0, "Both", 2), (1, 0, "1", 1), (1, 1, "2", 1),
    ]  # fmt: skip


def test_fit_tells_a_table_from_a_drawing() -> None:
    """Labels of a drawing lie outside of most cells, and most cells hold none."""
    pieces = [make_piece(r, c, "1") for r in range(3) for c in range(2)]
    labels = [make_piece(0.5, 0, "a"), make_piece(6.4, 3, "b")]
    assert measure(make_cells(3, 2), pieces) == 1.0
    assert measure(make_cells(9, 5), labels) < 0.1
    assert measure([], pieces) == measure(make_cells(1, 1), []) == 0.0


def measure(found: list[PlacedCell], pieces: list[Piece]) -> float:
    return measure_fit(found, fill_cells(found, pieces), pieces)
