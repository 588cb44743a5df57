"""Regions inside each other."""

from __future__ import annotations

from markerd.convert.embedded.layout.nested_regions import merge_nested
from markerd.convert.embedded.layout.regions import Region, assign_all_lines

COLUMN = [(100.0, 40.0 * i, 500.0, 40.0 * i + 20) for i in range(10)]


def hold_lines(*regions: Region) -> list[Region]:
    return merge_nested(assign_all_lines(regions, COLUMN), COLUMN)


def test_text_inside_text_is_merged() -> None:
    """The lines of a column that was drawn twice, in part, come once and in their order."""
    found = hold_lines(Region((90, 0, 510, 400), "Bibliography"), Region((90, 75, 510, 190), "Text"))
    assert [region.lines for region in found] == [tuple(range(10))]


def test_heading_splits_the_text_around_it() -> None:
    """Text above the heading is read before it, text below the heading after it."""
    found = hold_lines(Region((90, 0, 510, 400), "Text"), Region((90, 115, 510, 145), "SectionHeader"))
    assert sorted(region.lines for region in found) == [(0, 1, 2), (3,), (4, 5, 6, 7, 8, 9)]


def test_neighbours_and_tables_stay_as_they_are() -> None:
    """Regions that only touch are not joined, and a table keeps its cells."""
    apart = (Region((90, 0, 510, 190), "Text"), Region((90, 190, 510, 400), "Text"))
    assert [r.lines for r in hold_lines(*apart)] == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
    table = (Region((90, 0, 510, 400), "Text"), Region((90, 75, 510, 190), "Table"))
    assert sorted(r.label for r in hold_lines(*table)) == ["Table", "Text"]
