"""Regions that lie within each other."""

from __future__ import annotations

from markerd.convert.embedded.layout.nested_regions import merge_nested
from markerd.convert.embedded.layout.regions import Region, assign_all_lines

COLUMN = [(100.0, 40.0 * i, 500.0, 40.0 * i + 20) for i in range(10)]


def held(*regions: Region) -> list[Region]:
    return merge_nested(assign_all_lines(regions, COLUMN), COLUMN)


def test_running_text_in_running_text_is_one() -> None:
    """A column that was drawn twice, in part: its lines come once, in their order."""
    found = held(Region((90, 0, 510, 400), "Bibliography"), Region((90, 75, 510, 190), "Text"))
    assert [region.lines for region in found] == [tuple(range(10))]


def test_a_heading_parts_the_text_around_it() -> None:
    """What stands above it is read before it, what stands below it after."""
    found = held(Region((90, 0, 510, 400), "Text"), Region((90, 115, 510, 145), "SectionHeader"))
    assert sorted(region.lines for region in found) == [(0, 1, 2), (3,), (4, 5, 6, 7, 8, 9)]


def test_neighbours_and_tables_stay_as_they_are() -> None:
    """Nothing is joined that merely touches; a table keeps its cells."""
    apart = (Region((90, 0, 510, 190), "Text"), Region((90, 190, 510, 400), "Text"))
    assert [r.lines for r in held(*apart)] == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
    table = (Region((90, 0, 510, 400), "Text"), Region((90, 75, 510, 190), "Table"))
    assert sorted(r.label for r in held(*table)) == ["Table", "Text"]
