"""What stands side by side on a scanned page: the columns of a table are one region, those of running text are two.

Pure. The layout model takes tables without rules for drawings or for a text in each column; and on a noisy page two
columns of running text for one region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markerd.convert.models.embedded.geometry import Box, height, union, vertical_overlap
from markerd.convert.models.embedded.regions import Region
from markerd.convert.models.embedded.tables import Piece, is_grid

RUNNING = frozenset({"Text", "Bibliography", "Caption"})
LEVEL = 0.6  # of the lower region's height beside the other
MIN_COLUMN_LINES = 4
MIN_TABLE_GAP = 0.5  # in heights of a line, as OCR draws them: higher than the type, and each with all that is near
MIN_GUTTER = 0.3  # of a line's height


def tabled(regions: Sequence[Region], pieces: Sequence[Piece]) -> list[Region]:
    """Regions whose lines stand in the rows and columns of one table become that table, in the place of the first."""
    result = list(regions)
    for group in _side_by_side(regions):
        indices = tuple(sorted(i for region in group for i in region.lines))
        if is_grid([pieces[i] for i in indices], MIN_TABLE_GAP):
            table = Region(union(region.box for region in group), "Table", lines=indices)
            result[result.index(group[0])] = table
            result = [region for region in result if region not in group]
    return result


def _side_by_side(regions: Sequence[Region]) -> list[list[Region]]:
    """Regions of running text, each with those that stand level with it; a lone one is a group too."""
    groups: list[list[Region]] = []
    for region in (r for r in regions if r.label in RUNNING and r.lines):
        near = [g for g in groups if any(_are_level(region, other) for other in g)]
        groups = [g for g in groups if g not in near]
        groups.append([*(member for group in near for member in group), region])
    return groups


def _are_level(first: Region, second: Region) -> bool:
    shared = vertical_overlap(first.box, second.box)
    return shared > LEVEL * max(height(first.box), height(second.box))


def parted(regions: Sequence[Region], lines: Sequence[Box]) -> list[Region]:
    """Running text that stands in columns, each with a region of its own, from left to right."""
    return [part for region in regions for part in _columns(region, lines)]


def _columns(region: Region, lines: Sequence[Box]) -> list[Region]:
    if region.label not in RUNNING or len(region.lines) < 2 * MIN_COLUMN_LINES:
        return [region]
    gutter = _gutter([lines[i] for i in region.lines])
    if gutter is None:
        return [region]
    left = tuple(i for i in region.lines if lines[i][2] <= gutter)
    right = tuple(i for i in region.lines if i not in left)
    parts = [replace(region, box=union(lines[i] for i in side), lines=side) for side in (left, right)]
    return [part for side in parts for part in _columns(side, lines)]


def _gutter(boxes: Sequence[Box]) -> float | None:
    """The x up to which the left column reaches, where no line crosses the white between two."""
    ordered = sorted(boxes, key=lambda box: box[0])
    reach = ordered[0][2]
    for count, box in enumerate(ordered):
        is_gap = box[0] - reach > MIN_GUTTER * height(box)
        if is_gap and min(count, len(ordered) - count) >= MIN_COLUMN_LINES and _stand_beside(ordered, count):
            return reach
        reach = max(reach, box[2])
    return None


def _stand_beside(ordered: Sequence[Box], count: int) -> bool:
    left, right = union(ordered[:count]), union(ordered[count:])
    return vertical_overlap(left, right) > 0.5 * min(height(left), height(right))
