"""Formulas that stand on lines of their own."""

from __future__ import annotations

from dataclasses import replace

from markerd.convert.embedded.blocks.formulas import find_clusters, separate_formulas
from markerd.convert.embedded.geometry import union
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.text_layer.text_line import TextLine


def make_line(x: float, y: float, text: str, math: float = 0.0) -> TextLine:
    return TextLine((x, y, x + 6.0 * len(text), y + 12), text, 12.0, math=math)


ABOVE = make_line(60, 80, "The flow of each of the mills is given by")
FRACTION = [make_line(150, 110, "x =", 1.0), make_line(180, 102, "a + b", 1.0), make_line(190, 118, "2c", 0.5)]
NUMBER = make_line(300, 110, "(3)")
BELOW = make_line(60, 150, "where all the letters are as before")


def test_a_fraction_is_one_formula_with_its_number() -> None:
    """The text around the formula stays in its region, whatever the layout model called it."""
    lines = [ABOVE, *FRACTION, NUMBER, BELOW]
    regions = [Region(union(line.box for line in lines), "Text", lines=tuple(range(6)))]
    left, found = separate_formulas(regions, lines, [range(6)])
    assert [region.lines for region in left] == [(0, 5)]
    assert [(region.label, sorted(region.lines)) for region in found] == [("Equation", [1, 2, 3, 4])]


def test_indices_in_a_sentence_are_no_formula() -> None:
    """An index below and a power above the words that they belong to stay with these words."""
    powers = [make_line(310, 76, "2", 0.0), make_line(310, 86, "i", 1.0), make_line(318, 80, "x", 1.0)]
    assert find_clusters([ABOVE, *powers], range(4)) == []


def test_figures_of_a_table_are_no_formula() -> None:
    """Short numbers of a table are no mathematics."""
    assert find_clusters([make_line(60 + 20 * (i % 3), 100 + 14 * (i // 3), str(i)) for i in range(9)], range(9)) == []


def test_a_formula_does_not_reach_into_the_next_column() -> None:
    """Near lines of another column do not join the formula."""
    lines = [*FRACTION, make_line(214, 112, "7")]
    regions = [Region(union(line.box for line in lines), "Text", lines=(0, 1, 2, 3))]
    left, found = separate_formulas(regions, lines, [[0, 1, 2], [3]])
    assert [region.lines for region in left] == [(3,)]
    assert [sorted(region.lines) for region in found] == [[0, 1, 2]]


def test_listings_have_no_formulas() -> None:
    """Code is full of operators, and is no formula."""
    assert find_clusters([replace(line, is_mono=True) for line in FRACTION], range(3)) == []
