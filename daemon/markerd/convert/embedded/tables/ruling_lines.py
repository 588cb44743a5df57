"""Tables whose cells are drawn: the rules of a page image, and the grids that they make. Pure, on pixels.

The rules are found on the image rather than in the PDF's paths. So nested forms, turned pages, rules drawn as thin
boxes and cells that are only shaded all look alike.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

import cv2
import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, height, width
from markerd.convert.embedded.tables.cell_lines import join_cell_lines
from markerd.convert.embedded.tables.cells import Cell
from markerd.convert.embedded.tables.grid import Piece, group_rows
from markerd.convert.embedded.tables.rows import find_tight_gap
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class RuledGrid:
    """The positions of a table's rules, outer ones included, and which inner borders are drawn.

    `right[r][c]` is the border between cell (r, c) and (r, c + 1); `below[r][c]` the one between (r, c) and (r + 1, c).
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    right: tuple[tuple[bool, ...], ...]
    below: tuple[tuple[bool, ...], ...]

    @property
    def box(self) -> Box:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]


@dataclass(frozen=True)
class RuleMasks:
    """Masks of a page: its horizontal rules, its vertical rules, and what else is drawn beside the words."""

    horizontal: Pixels
    vertical: Pixels
    drawn: Pixels


def find_rule_masks(grey: Pixels, words: Sequence[Box] = ()) -> RuleMasks:
    """Find the rules of a page, `grey`, of shape (height, width).

    `words` are in its pixels. The strokes of words are no rules.
    """
    edges = _find_edges(grey)
    drawn = edges.copy()
    for left, top, right, bottom in words:
        inset = THRESHOLDS.word_inset * (bottom - top)  # ink nearer to its edges may be a rule above or below it
        edges[_clip_range(top + inset, bottom - inset), _clip_range(left, right)] = 0
        around = _clip_range(left - THRESHOLDS.word_halo_across_px, right + THRESHOLDS.word_halo_across_px)
        drawn[_clip_range(top - THRESHOLDS.word_halo_down_px, bottom + THRESHOLDS.word_halo_down_px), around] = 0
    across = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, THRESHOLDS.min_across_px), np.uint8))
    down = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((THRESHOLDS.min_down_px, 1), np.uint8))
    drawn[cv2.dilate(across | down, np.ones((THRESHOLDS.rule_halo_px, THRESHOLDS.rule_halo_px), np.uint8)) > 0] = 0
    return RuleMasks(across, down, drawn)


def _clip_range(start: float, end: float) -> slice:
    """Clip a range to the page: a negative place would count from the page's other edge."""
    return slice(max(0, round(start)), max(0, round(end)))


def find_rules(page: RuleMasks) -> tuple[list[Box], list[Box]]:
    """Find each rule as a thin box, in pixels: the horizontal ones and the vertical ones."""
    horizontal = [box for box in _find_parts(page.horizontal) if height(box) <= THRESHOLDS.max_rule_thickness_px]
    return horizontal, [box for box in _find_parts(page.vertical) if width(box) <= THRESHOLDS.max_rule_thickness_px]


def _find_parts(mask: Pixels) -> list[Box]:
    if not mask.any():
        return []
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    return [(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h, _ in stats[1:]]


def find_grids(page: RuleMasks) -> list[RuledGrid]:
    """Find the ruled grids of two rows and two columns or more, in pixels."""
    across, down = page.horizontal, page.vertical
    if not across.any() or not down.any():
        return []
    joined = cv2.dilate(across | down, np.ones((THRESHOLDS.snap_px, THRESHOLDS.snap_px), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    found = []
    for left, top, w, h, _ in stats[1:count]:
        if w > 2 * THRESHOLDS.min_across_px and h > 2 * THRESHOLDS.min_down_px:
            part = (slice(top, top + h), slice(left, left + w))
            grid = _build_grid(across[part], down[part], int(left), int(top))
            if grid is not None:
                found.append(grid)
    return found


def _find_edges(grey: Pixels) -> Pixels:
    """Find what differs from the ground around it: thin rules, and the borders of shaded areas."""
    ground = find_ground(grey)
    edges: NDArray[np.bool_] = cv2.absdiff(grey, ground) > THRESHOLDS.min_rule_contrast
    edges[1:] |= cv2.absdiff(ground[1:], ground[:-1]) > THRESHOLDS.min_shade_contrast
    edges[:, 1:] |= cv2.absdiff(ground[:, 1:], ground[:, :-1]) > THRESHOLDS.min_shade_contrast
    return edges.astype(np.uint8)


def find_ground(grey: Pixels) -> Pixels:
    """Find the median grey around each pixel. The margins of a page, which have one grey, are left out for speed."""
    is_inked = grey != grey[0, 0]
    rows, columns = np.flatnonzero(is_inked.any(axis=1)), np.flatnonzero(is_inked.any(axis=0))
    ground = np.full_like(grey, grey[0, 0])
    if rows.size:
        reach = THRESHOLDS.ground_px
        around = (
            slice(max(0, rows[0] - reach), rows[-1] + reach + 1),
            slice(max(0, columns[0] - reach), columns[-1] + reach + 1),
        )
        ground[around] = cv2.medianBlur(np.ascontiguousarray(grey[around]), THRESHOLDS.ground_px)
    return ground


def _build_grid(across: Pixels, down: Pixels, left: int, top: int) -> RuledGrid | None:
    ys = _add_ends(_find_positions(across.sum(axis=1), THRESHOLDS.min_grid_rule * across.shape[1]), across.shape[0])
    xs = _add_ends(_find_positions(down.sum(axis=0), THRESHOLDS.min_grid_rule * down.shape[0]), across.shape[1])
    ys = _add_partial_rules(ys, [(y0, x0, x1) for x0, y0, x1, _ in _find_parts(across)], xs)
    xs = _add_partial_rules(xs, [(x0, y0, y1) for x0, y0, _, y1 in _find_parts(down)], ys)
    if not 3 <= len(ys) <= THRESHOLDS.max_rules or not 3 <= len(xs) <= THRESHOLDS.max_rules:
        return None
    right = tuple(
        tuple(_is_drawn(down[y0:y1, max(0, x - THRESHOLDS.snap_px) : x + THRESHOLDS.snap_px], axis=1) for x in xs[1:-1])
        for y0, y1 in pairwise(ys)
    )
    below = tuple(
        tuple(
            _is_drawn(across[max(0, y - THRESHOLDS.snap_px) : y + THRESHOLDS.snap_px, x0:x1], axis=0)
            for x0, x1 in pairwise(xs)
        )
        for y in ys[1:-1]
    )
    return RuledGrid(tuple(float(left + x) for x in xs), tuple(float(top + y) for y in ys), right, below)


def _find_positions(lengths: NDArray[np.int64], least: float) -> list[int]:
    """Find where rules lie whose lengths together reach `least`."""
    found: list[int] = []
    for place in np.flatnonzero(lengths >= least):
        if found and place - found[-1] <= THRESHOLDS.snap_px:
            continue
        found.append(int(place))
    return found


def _add_ends(found: list[int], size: int) -> list[int]:
    """Add the ends of the crossing rules, which are borders too: many tables are open at their sides."""
    if not found:
        return found
    start = [0] if found[0] > THRESHOLDS.min_down_px else []
    return [*start, *found, *([size - 1] if size - 1 - found[-1] > THRESHOLDS.min_down_px else [])]


def _add_partial_rules(
    places: list[int], rules: Sequence[tuple[float, float, float]], ends: Sequence[int]
) -> list[int]:
    """Add the places of short rules (place, start, end) that run from one crossing rule to another."""

    def is_near(place: float, others: Sequence[int]) -> bool:
        """Whether one of `others` is near; they are in order, so the nearest stand around its place among them."""
        at = bisect_left(others, place)
        return any(abs(place - other) <= THRESHOLDS.snap_px for other in others[max(0, at - 1) : at + 1])

    found, edges = sorted(places), sorted(ends)
    for place, start, end in rules:
        if is_near(start, edges) and is_near(end, edges) and not is_near(place, found):
            insort(found, round(place))
            if len(found) > THRESHOLDS.max_rules:
                break
    return found


def _is_drawn(border: Pixels, axis: int) -> bool:
    return border.size > 0 and float(border.any(axis=axis).mean()) > THRESHOLDS.min_drawn_border


def build_ruled_cells(grid: RuledGrid, words: Sequence[Piece]) -> list[Cell]:
    """Build the cells of the words in a grid; cells that no rule separates are one.

    There are none where too few of the cells hold text.
    """
    owners = _assign_owners(grid)
    held: dict[tuple[int, int], list[Piece]] = {}
    for piece in words:
        held.setdefault(owners[_locate_cell(grid, piece[0])], []).append(piece)
    sizes = _measure_areas(owners)
    is_spread = all(len({cell[axis] for cell in held}) > 1 for axis in (0, 1))
    if len(sizes) < 4 or len(held) < THRESHOLDS.min_ruled_filled * len(sizes) or not is_spread:
        return []
    return [
        Cell(
            row,
            column,
            join_cell_lines(held.get((row, column), ()), (grid.xs[column], grid.xs[column + sizes[(row, column)][1]])),
            row == 0,
            *sizes[(row, column)],
        )
        for row, column in sorted(sizes)
    ]


def is_stacked(grid: RuledGrid, words: Sequence[Piece]) -> bool:
    """Whether the lines between two rules that cross the grid are several rows.

    They are lines of short cells below each other, or lines in groups with white between them.
    """
    lines = group_rows(words)
    bands = [[line for line in lines if top <= _find_middle(line) < bottom] for top, bottom in pairwise(grid.ys)]
    return any(len(band) >= 0.5 * len(lines) and _holds_rows(grid, band) for band in bands)


def _find_middle(line: Sequence[Piece]) -> float:
    return median((box[1] + box[3]) / 2 for box, _ in line)


def _holds_rows(grid: RuledGrid, lines: Sequence[Sequence[Piece]]) -> bool:
    filled = [Counter(_locate_cell(grid, box)[1] for box, _ in line) for line in lines]
    columns = len(set().union(*filled))
    rows = [
        counts
        for counts in filled
        if len(counts) > 1 and (0 in counts or len(counts) >= THRESHOLDS.min_stacked_columns * columns)
    ]
    if (
        len(rows) >= THRESHOLDS.min_stacked_lines
        and mean(n for counts in rows for n in counts.values()) < THRESHOLDS.max_short_cell_words
    ):
        return True
    size = median([height(box) for line in lines for box, _ in line] or [1.0])
    gaps = [min(box[1] for box, _ in b) - max(box[3] for box, _ in a) for a, b in pairwise(lines)]
    tight = find_tight_gap(gaps, size)
    return (
        tight is not None and columns > 1 and sum(1 for gap in gaps if gap > tight) >= THRESHOLDS.min_stacked_lines - 1
    )


def _assign_owners(grid: RuledGrid) -> dict[tuple[int, int], tuple[int, int]]:
    """Assign each cell to the first cell of its area, within which no rule runs; areas are rectangles."""
    rows, columns = len(grid.ys) - 1, len(grid.xs) - 1
    owners: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(rows):
        for column in range(columns):
            if (row, column) in owners:
                continue
            end = column
            while end < columns - 1 and not grid.right[row][end] and (row, end + 1) not in owners:
                end += 1
            last = row
            while last < rows - 1 and _is_open(grid, last, column, end):
                last += 1
            for r in range(row, last + 1):
                for c in range(column, end + 1):
                    owners[(r, c)] = (row, column)
    return owners


def _is_open(grid: RuledGrid, row: int, first: int, last: int) -> bool:
    """Whether all cells of a row continue in the next row, as one area."""
    return not any(grid.below[row][c] for c in range(first, last + 1)) and not any(
        grid.right[row + 1][c] for c in range(first, last)
    )


def _measure_areas(owners: dict[tuple[int, int], tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    """Count the rows and columns of each area, by its first cell."""
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    for (row, column), owner in owners.items():
        down, across = sizes.get(owner, (0, 0))
        sizes[owner] = max(down, row - owner[0] + 1), max(across, column - owner[1] + 1)
    return sizes


def _locate_cell(grid: RuledGrid, box: Box) -> tuple[int, int]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    column = sum(1 for edge in grid.xs[1:-1] if x >= edge)
    row = sum(1 for edge in grid.ys[1:-1] if y >= edge)
    return row, column
