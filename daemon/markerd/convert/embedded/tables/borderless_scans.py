"""Tables without rules on a scan, which the layout model takes for a text in each column. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markerd.convert.embedded.geometry import height, union, vertical_overlap
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.tables.grid import Piece, is_grid
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

RUNNING = frozenset({"Text", "Bibliography", "Caption"})


def merge_into_tables(regions: Sequence[Region], pieces: Sequence[Piece]) -> list[Region]:
    """Merge regions whose lines stand in the rows and columns of one table into that table.

    The table takes the place of the first of these regions.
    """
    result = list(regions)
    for group in _group_side_by_side(regions):
        indices = tuple(sorted(i for region in group for i in region.lines))
        if is_grid([pieces[i] for i in indices], THRESHOLDS.min_scanned_gap):
            table = Region(union(region.box for region in group), "Table", lines=indices)
            result[result.index(group[0])] = table
            result = [region for region in result if region not in group]
    return result


def _group_side_by_side(regions: Sequence[Region]) -> list[list[Region]]:
    """Group regions of running text that stand level with each other; a lone one is a group too."""
    groups: list[list[Region]] = []
    for region in (r for r in regions if r.label in RUNNING and r.lines):
        near = [g for g in groups if any(_are_level(region, other) for other in g)]
        groups = [g for g in groups if g not in near]
        groups.append([*(member for group in near for member in group), region])
    return groups


def _are_level(first: Region, second: Region) -> bool:
    shared = vertical_overlap(first.box, second.box)
    return shared > THRESHOLDS.min_level * max(height(first.box), height(second.box))
