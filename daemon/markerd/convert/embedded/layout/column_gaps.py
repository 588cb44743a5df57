"""The white between columns of running text on a scanned page, from the places of its lines alone. Pure.

The layout model draws one region over columns that stand close, or none at all, or takes a newspaper for a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from markerd.convert.embedded.geometry import Box, height, union, usual, width
from markerd.convert.embedded.layout.regions import TABLES, Region, paragraphs
from markerd.convert.embedded.layout.thresholds import THRESHOLDS

SPLIT = frozenset({"Text", "Bibliography", "Caption", "Table", "Form", "TableOfContents"})


Gap = tuple[Box, Box]
"""A line and the next one at its height."""


@dataclass(frozen=True)
class Gutter:
    """White at `x` from `top` to `bottom`."""

    x: float
    top: float
    bottom: float

    def side(self, box: Box) -> int | None:
        """-1 for what stands left of it, 1 right of it, None for what is above, below or across."""
        if not self.top < _middle(box) < self.bottom or _is_across(box, self.x):
            return None
        return -1 if box[0] + box[2] < 2 * self.x else 1


def gutters(lines: Sequence[Box]) -> list[Gutter]:
    """Those of the page between columns of running text, the longest first."""
    runs = aligned(lines)
    found = [run for run in runs if all(_is_prose([gap[side] for gap in run]) for side in (0, 1))]
    return [_gutter(run, lines) for run in found]


def aligned(lines: Sequence[Box], into: float = THRESHOLDS.max_gap_reach) -> list[list[Gap]]:
    """Gaps between lines at one height that stand above each other, with no line across; the longest run first.

    A line may reach into the white by so many of its heights.
    """
    gaps, runs = _gaps(lines), []
    while gaps:
        run = _longest_run(gaps, lines, into)
        if len(run) < THRESHOLDS.min_gap_rows:
            break
        runs.append(run)
        gaps = [gap for gap in gaps if gap not in run]
    return runs


def _gaps(lines: Sequence[Box]) -> list[Gap]:
    gaps = []
    boxes = np.array(lines).reshape(-1, 4)
    heights = boxes[:, 3] - boxes[:, 1]
    for left in lines:
        shared = np.minimum(boxes[:, 3], left[3]) - np.maximum(boxes[:, 1], left[1])
        level = np.flatnonzero((boxes[:, 0] > left[0]) & (shared > 0.5 * np.minimum(heights, height(left))))
        if level.size:
            right = lines[int(level[boxes[level, 0].argmin()])]
            if right[0] - left[2] > THRESHOLDS.min_column_gap * min(height(left), height(right)):
                gaps.append((left, right))
    return sorted(gaps, key=_height_of)


def _longest_run(gaps: Sequence[Gap], lines: Sequence[Box], into: float) -> list[Gap]:
    """The most gaps at one x that follow each other without a line across."""
    starts = np.array([left[2] - into * height(left) for left, _ in gaps])
    ends = np.array([right[0] + into * height(right) for _, right in gaps])
    heights = np.array([_height_of(gap) for gap in gaps])
    best = np.array([], dtype=int)
    for x in {round((left[2] + right[0]) / 2) for left, right in gaps}:
        held = np.flatnonzero((starts <= x) & (x <= ends))
        if held.size > best.size:
            between = np.searchsorted(_heights_across(x, lines, into), heights[held])
            run = held[between == np.bincount(between).argmax()]
            best = run if run.size > best.size else best
    return [gaps[i] for i in best]


def _heights_across(x: float, lines: Sequence[Box], into: float = THRESHOLDS.max_gap_reach) -> list[float]:
    return sorted(_middle(box) for box in lines if _is_across(box, x, into))


def _is_across(box: Box, x: float, into: float = THRESHOLDS.max_gap_reach) -> bool:
    return box[0] < x - into * height(box) and box[2] > x + into * height(box)


def _height_of(gap: Gap) -> float:
    return (_middle(gap[0]) + _middle(gap[1])) / 2


def _is_prose(lines: Sequence[Box]) -> bool:
    widest = max((width(line) for line in lines), default=0.0)
    is_wide = widest > THRESHOLDS.min_column_width * usual(height(line) for line in lines)
    return is_wide and usual(width(line) for line in lines) > THRESHOLDS.min_full_line * widest


def _gutter(run: Sequence[Gap], lines: Sequence[Box]) -> Gutter:
    """As far up and down as nothing crosses it: one column may be the longer."""
    x = median((left[2] + right[0]) / 2 for left, right in run)
    across = _heights_across(x, lines)
    top = max((y for y in across if y < _height_of(run[0])), default=min(box[1] for box in lines))
    bottom = min((y for y in across if y > _height_of(run[-1])), default=max(box[3] for box in lines))
    return Gutter(x, top, bottom)


def column_of(box: Box, found: Sequence[Gutter]) -> tuple[int, ...]:
    """The same for lines of one column, and for those that stand over all."""
    return tuple(gutter.side(box) or 0 for gutter in found)


def by_columns(regions: Sequence[Region], lines: Sequence[Box], found: Sequence[Gutter]) -> list[Region]:
    """The regions, those of running text that reach over a gutter with one for each column instead."""
    return [part for region in regions for part in _parts(region, lines, found)]


def _parts(region: Region, lines: Sequence[Box], found: Sequence[Gutter]) -> list[Region]:
    crossed = [gutter for gutter in found if _reaches_over(region, gutter, lines)]
    if region.label not in SPLIT or not crossed:
        return [region]
    label = "Text" if region.label in TABLES else region.label
    columns = _grouped(region.lines, lambda i: column_of(lines[i], crossed))
    return [replace(region, box=union(lines[i] for i in part), label=label, lines=tuple(part)) for part in columns]


def _reaches_over(region: Region, gutter: Gutter, lines: Sequence[Box]) -> bool:
    """Whether it has lines on both sides; a table many, for it may stand below the columns."""
    sides = [gutter.side(lines[i]) for i in region.lines]
    least = THRESHOLDS.min_gap_rows if region.label in TABLES else 1
    return min(sides.count(-1), sides.count(1)) >= least


def orphan_paragraphs(lines: Sequence[Box], indices: Sequence[int], found: Sequence[Gutter]) -> list[list[int]]:
    """As `regions.paragraphs`, none over a gutter."""
    columns = _grouped(indices, lambda i: column_of(lines[i], found))
    return [group for column in columns for group in paragraphs(lines, column)]


def _grouped(indices: Sequence[int], key: Callable[[int], tuple[int, ...]]) -> list[list[int]]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for index in indices:
        groups.setdefault(key(index), []).append(index)
    return list(groups.values())


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2
