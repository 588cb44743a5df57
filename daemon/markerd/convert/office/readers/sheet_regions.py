"""Where a sheet's tables lie: rows without content divide it, and a column without content between two whole tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(frozen=True)
class Region:
    """The rows and columns of one table that hold something, in order, and the places that do."""

    rows: list[int]
    columns: list[int]
    places: set[Place] = field(default_factory=set, compare=False)


def regions(places: set[Place], spans: Mapping[Place, Place]) -> list[Region]:
    """The tables of a sheet, from top to bottom, then from left to right.

    `places` are the cells that hold something, `spans` the last place of each cell that reaches over others.
    """
    down = {a[0]: b[0] for a, b in sorted(spans.items(), key=_bottom)}
    across = {a[1]: b[1] for a, b in sorted(spans.items(), key=_right)}
    return _regions(places, down, across)


def _regions(places: set[Place], down: Mapping[int, int], across: Mapping[int, int]) -> list[Region]:
    found = []
    for inside in _divided(places, 0, down):
        parts = _divided(inside, 1, across)
        if len(parts) > 1 and all(_is_table(part) for part in parts):
            found += [region for part in parts for region in _regions(part, down, across)]
        else:
            found.append(_region(inside))
    return found


def _divided(places: set[Place], axis: int, reach: Mapping[int, int]) -> list[set[Place]]:
    """In runs of rows (axis 0) or of columns (axis 1), in order."""
    runs = _runs({place[axis] for place in places}, reach)
    run_of = {number: run for run, numbers in enumerate(runs) for number in numbers}
    parts: list[set[Place]] = [set() for _ in runs]
    for place in places:
        parts[run_of[place[axis]]].add(place)
    return parts


def _bottom(span: tuple[Place, Place]) -> int:
    return span[1][0]


def _right(span: tuple[Place, Place]) -> int:
    return span[1][1]


def _region(places: set[Place]) -> Region:
    return Region(sorted({row for row, _ in places}), sorted({column for _, column in places}), places)


def _is_table(places: set[Place]) -> bool:
    """Whether cells make a table of their own: two columns and rows at least, all with a heading in the first row."""
    region = _region(places)
    if len(region.rows) < 2 or len(region.columns) < 2:
        return False
    return all((region.rows[0], column) in places for column in region.columns)


def _runs(numbers: set[int], reach: Mapping[int, int]) -> list[list[int]]:
    """Numbers that follow each other without a gap; `reach` bridges gaps, from a number to the last it covers."""
    runs: list[list[int]] = []
    end = -1
    for number in sorted(numbers):
        if not runs or number > end + 1:
            runs.append([])
        runs[-1].append(number)
        end = max(end, number, reach.get(number, number))
    return runs
