"""Formulas that stand on lines of their own."""

from __future__ import annotations

from dataclasses import replace

from markerd.convert.embedded.blocks.formulas import find_clusters, separate_formulas
from markerd.convert.embedded.geometry import union
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.text_layer.text_line import TextLine


def piece(x: float, y: float, text: str, math: float = 0.0) -> TextLine:
    return TextLine((x, y, x + 6.0 * len(text), y + 12), text, 12.0, math=math)


ABOVE = piece(60, 80, "The flow of each of the mills is given by")
FRACTION = [piece(150, 110, "x =", 1.0), piece(180, 102, "a + b", 1.0), piece(190, 118, "2c", 0.5)]
NUMBER = piece(300, 110, "(3)")
BELOW = piece(60, 150, "where all the letters are as before")


def test_a_fraction_is_one_formula_with_its_number() -> None:
    """And leaves the text around it as it is, in whatever region the model saw it."""
    lines = [ABOVE, *FRACTION, NUMBER, BELOW]
    regions = [Region(union(line.box for line in lines), "Text", lines=tuple(range(6)))]
    left, found = separate_formulas(regions, lines, [range(6)])
    assert [region.lines for region in left] == [(0, 5)]
    assert [(region.label, sorted(region.lines)) for region in found] == [("Equation", [1, 2, 3, 4])]


def test_what_stands_in_a_sentence_is_no_formula() -> None:
    """An index below and a power above the line of words that they belong to."""
    powers = [piece(310, 76, "2", 0.0), piece(310, 86, "i", 1.0), piece(318, 80, "x", 1.0)]
    assert find_clusters([ABOVE, *powers], range(4)) == []


def test_figures_of_a_table_are_no_formula() -> None:
    """Short as they are, they are no mathematics."""
    assert find_clusters([piece(60 + 20 * (i % 3), 100 + 14 * (i // 3), str(i)) for i in range(9)], range(9)) == []


def test_a_formula_does_not_reach_into_the_next_column() -> None:
    """Though what stands there is near."""
    lines = [*FRACTION, piece(214, 112, "7")]
    regions = [Region(union(line.box for line in lines), "Text", lines=(0, 1, 2, 3))]
    left, found = separate_formulas(regions, lines, [[0, 1, 2], [3]])
    assert [region.lines for region in left] == [(3,)]
    assert [sorted(region.lines) for region in found] == [[0, 1, 2]]


def test_listings_have_no_formulas() -> None:
    """Code is full of operators."""
    assert find_clusters([replace(line, is_mono=True) for line in FRACTION], range(3)) == []
