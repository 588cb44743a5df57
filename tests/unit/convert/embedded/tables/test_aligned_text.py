"""Tables that only the places of their words show."""

from __future__ import annotations

from dataclasses import replace

from markerd.convert.embedded.tables.aligned_text import find_aligned_tables, split_text_columns
from markerd.convert.embedded.text_layer.text_line import TextLine


def make_row(y: float, *cells: tuple[float, str]) -> TextLine:
    """Make a line of the text layer with gaps in it."""
    parts = tuple(((x, y, x + 5.0 * len(text), y + 10), text) for x, text in cells)
    box = (parts[0][0][0], y, parts[-1][0][2], y + 10)
    return TextLine(box, " ".join(text for _, text in cells), 10.0, parts=parts)


PROSE = "the quick brown fox jumps over the lazy dog and goes"


def find_tables(*lines: TextLine) -> list[list[int]]:
    return [sorted(group) for group in find_aligned_tables(lines, range(len(lines)))]


def test_rows_of_cells_are_a_table() -> None:
    """Paragraphs around the table stay out of it."""
    cells = [make_row(140 + 14 * i, (60, f"item {i}"), (200, str(i)), (300, "2.50")) for i in range(4)]
    assert find_tables(make_row(100, (60, PROSE)), *cells, make_row(220, (60, PROSE))) == [[1, 2, 3, 4]]


def test_two_rows_and_prose_in_columns_are_no_table() -> None:
    """Signatures under a letter and a paper in two columns are no tables."""
    assert find_tables(*(make_row(100 + 14 * i, (60, "Name"), (300, "Date")) for i in range(2))) == []
    assert find_tables(*(make_row(100 + 14 * i, (60, PROSE), (360, PROSE)) for i in range(9))) == []


def test_numbered_items_are_no_table() -> None:
    """Their numbers stand in a column, but are no cells."""
    assert find_tables(*(make_row(100 + 14 * i, (60, f"{i}."), (90, f"thing {i}")) for i in range(1, 6))) == []


def test_three_columns_of_running_text_are_found() -> None:
    """The title over all of them is in none."""
    page = [make_row(60, (60, "A title over all columns of the page, " * 3))]
    page += [make_row(100 + 14 * i, (x, PROSE)) for i in range(9) for x in (60.0, 340.0, 620.0)]
    assert split_text_columns(page, range(28)) == [[*range(n, 28, 3)] for n in (1, 2, 3)]


def test_a_listing_is_no_table() -> None:
    """The comments of a listing may stand in a column."""
    assert (
        find_tables(*(replace(make_row(100 + 14 * i, (60, "a = b"), (300, "# why")), is_mono=True) for i in range(5)))
        == []
    )


def test_the_columns_of_an_index_are_columns() -> None:
    """Its entries are short, but no cells."""
    index = [make_row(100 + 14 * i, (60, f"river {i}, 12, 30-31"), (360, f"wheel {i}, 4")) for i in range(9)]
    sides = [make_row(line.box[1], (part[0][0], text)) for line in index for part in line.parts for _, text in [part]]
    assert find_tables(*sides) == []


def test_labels_over_one_row_of_numbers_are_a_table() -> None:
    """Names over names are no table: the authors of a paper, with their institutes."""
    xs = (60.0, 160.0, 260.0)
    head = make_row(100, *zip(xs, ("Start", "Shows", "Amount"), strict=True))
    assert find_tables(head, make_row(114, *zip(xs, ("12/20/24", "48", "$9.00"), strict=True))) == [[0, 1]]
    assert find_tables(head, make_row(114, *zip(xs, ("Leeds", "York", "Hull"), strict=True))) == []


def test_larger_title_separates_two_tables() -> None:
    """A title of the same size belongs to the rows around it."""
    rows = [make_row(100 + 14 * i, (60, f"item {i}"), (200, str(i)), (300, "2.50")) for i in (0, 1, 2, 4, 5, 6)]
    title = make_row(142, (60, "Second"))
    assert find_tables(*rows[:3], title, *rows[3:]) == [[0, 1, 2, 3, 4, 5, 6]]
    assert find_tables(*rows[:3], replace(title, size=13.0), *rows[3:]) == [[0, 1, 2], [4, 5, 6]]


def test_labels_of_many_lines_do_not_end_a_table() -> None:
    """Nor does the last of them; the paragraph below is no part of it."""
    lines = [make_row(100, (60, "Indicator"), (200, "2019"), (300, "2020"))]
    for top in (114, 156, 198):
        lines.append(make_row(top, (60, "Share of homes with a"), (200, "81.2"), (300, "83.9")))
        lines += [make_row(top + 14, (60, "link to the networks")), make_row(top + 28, (60, "of the towns"))]
    assert find_tables(*lines, make_row(240, (60, PROSE))) == [list(range(10))]
