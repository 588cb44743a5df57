"""The white between columns of running text on a scanned page, found from the places of its lines alone. Pure.

The layout model draws one region over columns that stand close, or none at all, or takes a newspaper for a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from markerd.convert.embedded.geometry import Box, height, union, usual, width
from markerd.convert.embedded.layout.regions import TABLES, Region, group_paragraphs
from markerd.convert.embedded.layout.thresholds import THRESHOLDS

SPLIT_LABELS = frozenset({"Text", "Bibliography", "Caption", "Table", "Form", "TableOfContents"})


LinePair = tuple[Box, Box]
"""A line, and the next line at its height."""


@dataclass(frozen=True)
class ColumnGap:
    """A vertical strip of white around `x`, from `top` to `bottom`."""

    x: float
    top: float
    bottom: float

    def find_side(self, box: Box) -> int | None:
        """-1 for a box to its left, 1 for a box to its right, None for one above, below or across it."""
        if not self.top < _find_middle(box) < self.bottom or _is_across(box, self.x):
            return None
        return -1 if box[0] + box[2] < 2 * self.x else 1


def find_column_gaps(lines: Sequence[Box]) -> list[ColumnGap]:
    """Find the gaps between columns of running text on the page, the longest first."""
    runs = find_aligned_gaps(lines)
    found = [run for run in runs if all(_is_prose([gap[side] for gap in run]) for side in (0, 1))]
    return [_build_column_gap(run, lines) for run in found]


def find_aligned_gaps(lines: Sequence[Box], into: float = THRESHOLDS.max_gap_reach) -> list[list[LinePair]]:
    """Find gaps between lines at one height that stand above each other, with no line across; the longest run first.

    `into` is how far a line may reach into the white, in heights of the line.
    """
    gaps, runs = _find_line_pairs(lines), []
    while gaps:
        run = _find_longest_run(gaps, lines, into)
        if len(run) < THRESHOLDS.min_gap_rows:
            break
        runs.append(run)
        gaps = [gap for gap in gaps if gap not in run]
    return runs


def _find_line_pairs(lines: Sequence[Box]) -> list[LinePair]:
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
    return sorted(gaps, key=_measure_height)


def _find_longest_run(gaps: Sequence[LinePair], lines: Sequence[Box], into: float) -> list[LinePair]:
    """Find the most gaps at one x that follow each other without a line across."""
    starts = np.array([left[2] - into * height(left) for left, _ in gaps])
    ends = np.array([right[0] + into * height(right) for _, right in gaps])
    heights = np.array([_measure_height(gap) for gap in gaps])
    best = np.array([], dtype=int)
    for x in {round((left[2] + right[0]) / 2) for left, right in gaps}:
        held = np.flatnonzero((starts <= x) & (x <= ends))
        if held.size > best.size:
            between = np.searchsorted(_find_heights_across(x, lines, into), heights[held])
            run = held[between == np.bincount(between).argmax()]
            best = run if run.size > best.size else best
    return [gaps[i] for i in best]


def _find_heights_across(x: float, lines: Sequence[Box], into: float = THRESHOLDS.max_gap_reach) -> list[float]:
    return sorted(_find_middle(box) for box in lines if _is_across(box, x, into))


def _is_across(box: Box, x: float, into: float = THRESHOLDS.max_gap_reach) -> bool:
    return box[0] < x - into * height(box) and box[2] > x + into * height(box)


def _measure_height(gap: LinePair) -> float:
    return (_find_middle(gap[0]) + _find_middle(gap[1])) / 2


def _is_prose(lines: Sequence[Box]) -> bool:
    widest = max((width(line) for line in lines), default=0.0)
    is_wide = widest > THRESHOLDS.min_column_width * usual(height(line) for line in lines)
    return is_wide and usual(width(line) for line in lines) > THRESHOLDS.min_full_line * widest


def _build_column_gap(run: Sequence[LinePair], lines: Sequence[Box]) -> ColumnGap:
    """Extend the gap up and down as far as no line crosses it: one column may be longer than the other."""
    x = median((left[2] + right[0]) / 2 for left, right in run)
    across = _find_heights_across(x, lines)
    top = max((y for y in across if y < _measure_height(run[0])), default=min(box[1] for box in lines))
    bottom = min((y for y in across if y > _measure_height(run[-1])), default=max(box[3] for box in lines))
    return ColumnGap(x, top, bottom)


def find_column(box: Box, found: Sequence[ColumnGap]) -> tuple[int, ...]:
    """Find the column of a box: equal for boxes of one column, and for those that stand over all columns."""
    return tuple(column_gap.find_side(box) or 0 for column_gap in found)


def split_by_columns(regions: Sequence[Region], lines: Sequence[Box], found: Sequence[ColumnGap]) -> list[Region]:
    """Split regions of running text that reach over a gap into one region for each column."""
    return [part for region in regions for part in _split_region(region, lines, found)]


def _split_region(region: Region, lines: Sequence[Box], found: Sequence[ColumnGap]) -> list[Region]:
    crossed = [column_gap for column_gap in found if _reaches_over(region, column_gap, lines)]
    if region.label not in SPLIT_LABELS or not crossed:
        return [region]
    label = "Text" if region.label in TABLES else region.label
    columns = _group_by(region.lines, lambda i: find_column(lines[i], crossed))
    return [replace(region, box=union(lines[i] for i in part), label=label, lines=tuple(part)) for part in columns]


def _reaches_over(region: Region, column_gap: ColumnGap, lines: Sequence[Box]) -> bool:
    """Whether the region has lines on both sides; a table must have many, as it may stand below the columns."""
    sides = [column_gap.find_side(lines[i]) for i in region.lines]
    least = THRESHOLDS.min_gap_rows if region.label in TABLES else 1
    return min(sides.count(-1), sides.count(1)) >= least


def group_orphan_paragraphs(
    lines: Sequence[Box], indices: Sequence[int], found: Sequence[ColumnGap]
) -> list[list[int]]:
    """Group lines without a region into paragraphs, none of which crosses a column gap."""
    columns = _group_by(indices, lambda i: find_column(lines[i], found))
    return [group for column in columns for group in group_paragraphs(lines, column)]


def _group_by(indices: Sequence[int], key: Callable[[int], tuple[int, ...]]) -> list[list[int]]:
    groups: dict[tuple[int, ...], list[int]] = {}
    for index in indices:
        groups.setdefault(key(index), []).append(index)
    return list(groups.values())


def _find_middle(box: Box) -> float:
    return (box[1] + box[3]) / 2
