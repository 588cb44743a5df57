"""Tables that only the places of their words tell."""

from __future__ import annotations

from dataclasses import replace

from markerd.convert.embedded.tables.aligned_text import find_aligned_tables, split_text_columns
from markerd.convert.embedded.text_layer.text_line import TextLine


def row(y: float, *cells: tuple[float, str]) -> TextLine:
    """A line of the text layer with gaps in it."""
    parts = tuple(((x, y, x + 5.0 * len(text), y + 10), text) for x, text in cells)
    box = (parts[0][0][0], y, parts[-1][0][2], y + 10)
    return TextLine(box, " ".join(text for _, text in cells), 10.0, parts=parts)


PROSE = "the quick brown fox jumps over the lazy dog and goes"


def found(*lines: TextLine) -> list[list[int]]:
    return [sorted(group) for group in find_aligned_tables(lines, range(len(lines)))]


def test_rows_of_cells_are_a_table() -> None:
    """Between paragraphs, which stay out of it."""
    cells = [row(140 + 14 * i, (60, f"item {i}"), (200, str(i)), (300, "2.50")) for i in range(4)]
    assert found(row(100, (60, PROSE)), *cells, row(220, (60, PROSE))) == [[1, 2, 3, 4]]


def test_two_rows_are_too_few_and_prose_in_columns_is_none() -> None:
    """Signatures under a letter; a paper in two columns."""
    assert found(*(row(100 + 14 * i, (60, "Name"), (300, "Date")) for i in range(2))) == []
    assert found(*(row(100 + 14 * i, (60, PROSE), (360, PROSE)) for i in range(9))) == []


def test_numbered_items_are_no_table() -> None:
    """Their numbers stand in a column, but are no cells."""
    assert found(*(row(100 + 14 * i, (60, f"{i}."), (90, f"thing {i}")) for i in range(1, 6))) == []


def test_three_columns_of_running_text_are_three() -> None:
    """Under a title over all of them, which is in none."""
    page = [row(60, (60, "A title over all columns of the page, " * 3))]
    page += [row(100 + 14 * i, (x, PROSE)) for i in range(9) for x in (60.0, 340.0, 620.0)]
    assert split_text_columns(page, range(28)) == [[*range(n, 28, 3)] for n in (1, 2, 3)]


def test_a_listing_is_no_table() -> None:
    """However its comments stand."""
    assert found(*(replace(row(100 + 14 * i, (60, "a = b"), (300, "# why")), is_mono=True) for i in range(5))) == []


def test_the_columns_of_an_index_are_columns() -> None:
    """Its entries are short, but no cells."""
    index = [row(100 + 14 * i, (60, f"river {i}, 12, 30-31"), (360, f"wheel {i}, 4")) for i in range(9)]
    sides = [row(line.box[1], (part[0][0], text)) for line in index for part in line.parts for _, text in [part]]
    assert found(*sides) == []


def test_labels_over_one_row_of_numbers_are_a_table() -> None:
    """Names over names are none: the authors of a paper, with where they work."""
    xs = (60.0, 160.0, 260.0)
    head = row(100, *zip(xs, ("Start", "Shows", "Amount"), strict=True))
    assert found(head, row(114, *zip(xs, ("12/20/24", "48", "$9.00"), strict=True))) == [[0, 1]]
    assert found(head, row(114, *zip(xs, ("Leeds", "York", "Hull"), strict=True))) == []


def test_a_larger_title_parts_two_tables() -> None:
    """A title of the same size goes with the rows around it."""
    rows = [row(100 + 14 * i, (60, f"item {i}"), (200, str(i)), (300, "2.50")) for i in (0, 1, 2, 4, 5, 6)]
    title = row(142, (60, "Second"))
    assert found(*rows[:3], title, *rows[3:]) == [[0, 1, 2, 3, 4, 5, 6]]
    assert found(*rows[:3], replace(title, size=13.0), *rows[3:]) == [[0, 1, 2], [4, 5, 6]]
