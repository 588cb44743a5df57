"""Tables without rules on a scan."""

from __future__ import annotations

from markerd.convert.embedded.geometry import union
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.tables.borderless_scans import merge_into_tables
from markerd.convert.embedded.tables.grid import Piece

PROSE = "a line of running text that goes on"
PRICES = [["Article", "Pieces", "Price"], ["Bolts", "120", "0.35"], ["Wire", "15", "4.20"], ["Paint", "3", "17.45"]]


def make_pieces(grid: list[list[str]], left: float = 100.0, step: float = 200.0, width: float = 90.0) -> list[Piece]:
    """Make lines as OCR finds them, a row each 40 pixels, by columns."""
    return [
        ((left + step * column, 40.0 * row, left + step * column + width, 40.0 * row + 28), grid[row][column])
        for column in range(len(grid[0]))
        for row in range(len(grid))
    ]


def make_column_regions(pieces: list[Piece], count: int, label: str = "Text") -> list[Region]:
    """Make a region for each column, as the layout model draws them where there are no rules."""
    size = len(pieces) // count
    groups = [range(size * column, size * (column + 1)) for column in range(count)]
    return [Region(union(pieces[i][0] for i in group), label, lines=tuple(group)) for group in groups]


def test_columns_of_short_cells_are_one_table() -> None:
    """The layout model may draw a region for each column or one around all; the table keeps its place in order."""
    pieces = make_pieces(PRICES)
    (table,) = merge_into_tables(make_column_regions(pieces, 3), pieces)
    assert (table.label, table.lines) == ("Table", tuple(range(12)))
    (table,) = merge_into_tables([Region((100, 0, 600, 150), "Text", lines=tuple(range(12)))], pieces)
    assert table.label == "Table"


def test_columns_of_running_text_are_no_table() -> None:
    """The columns stay apart."""
    pieces = make_pieces([[PROSE, PROSE] for _ in range(8)], step=420.0, width=400.0)
    regions = make_column_regions(pieces, 2)
    assert merge_into_tables(regions, pieces) == regions


def test_pictures_and_headings_are_left_alone() -> None:
    """Only running text is joined."""
    pieces = make_pieces(PRICES)
    figures = make_column_regions(pieces, 3, "Figure")
    assert merge_into_tables(figures, pieces) == figures


def test_a_numbered_list_is_no_table() -> None:
    """OCR finds the numbers apart from their items."""
    pieces = make_pieces([["1.", "Apples"], ["2.", "Pears"], ["3.", "Bread"], ["4.", "Cheese"]])
    regions = make_column_regions(pieces, 2)
    assert merge_into_tables(regions, pieces) == regions
