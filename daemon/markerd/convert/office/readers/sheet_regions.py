"""Where a sheet's tables lie: empty rows divide it, and so does an empty column between two whole tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(frozen=True)
class SheetRegion:
    """The filled rows and columns of one table, in order, and its filled places."""

    rows: list[int]
    columns: list[int]
    places: set[Place] = field(default_factory=set, compare=False)


def find_regions(places: set[Place], spans: Mapping[Place, Place]) -> list[SheetRegion]:
    """Return the tables of a sheet, from top to bottom, then from left to right.

    `places` are the filled cells, `spans` the last place of each cell that reaches over others.
    """
    down = {a[0]: b[0] for a, b in sorted(spans.items(), key=_get_bottom)}
    across = {a[1]: b[1] for a, b in sorted(spans.items(), key=_get_right)}
    return _split_into_regions(places, down, across)


def _split_into_regions(places: set[Place], down: Mapping[int, int], across: Mapping[int, int]) -> list[SheetRegion]:
    found = []
    for inside in _divide(places, 0, down):
        parts = _divide(inside, 1, across)
        if len(parts) > 1 and all(_is_table(part) for part in parts):
            found += [region for part in parts for region in _split_into_regions(part, down, across)]
        else:
            found.append(_build_region(inside))
    return found


def _divide(places: set[Place], axis: int, reach: Mapping[int, int]) -> list[set[Place]]:
    """Divide places into runs of rows (axis 0) or of columns (axis 1), in order."""
    runs = _find_runs({place[axis] for place in places}, reach)
    run_of = {number: run for run, numbers in enumerate(runs) for number in numbers}
    parts: list[set[Place]] = [set() for _ in runs]
    for place in places:
        parts[run_of[place[axis]]].add(place)
    return parts


def _get_bottom(span: tuple[Place, Place]) -> int:
    return span[1][0]


def _get_right(span: tuple[Place, Place]) -> int:
    return span[1][1]


def _build_region(places: set[Place]) -> SheetRegion:
    return SheetRegion(sorted({row for row, _ in places}), sorted({column for _, column in places}), places)


def _is_table(places: set[Place]) -> bool:
    """Whether cells make a table of their own: at least two columns and rows, and a first row with all headings."""
    region = _build_region(places)
    if len(region.rows) < 2 or len(region.columns) < 2:
        return False
    return all((region.rows[0], column) in places for column in region.columns)


def _find_runs(numbers: set[int], reach: Mapping[int, int]) -> list[list[int]]:
    """Group numbers that follow each other without a gap; `reach` bridges gaps, from a number to the last that it
    covers.
    """
    runs: list[list[int]] = []
    end = -1
    for number in sorted(numbers):
        if not runs or number > end + 1:
            runs.append([])
        runs[-1].append(number)
        end = max(end, number, reach.get(number, number))
    return runs
