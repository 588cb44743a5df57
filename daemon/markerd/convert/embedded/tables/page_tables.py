"""The tables of one page that has a text layer: its words, its rules, and the cells made of both.

The page is Marker's. Only modules that run with Marker import this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, area, height, share_inside, union
from markerd.convert.embedded.layout.regions import scale_box
from markerd.convert.embedded.tables.cells import Cell, DrawnRules, build_cells, build_text_grid
from markerd.convert.embedded.tables.columns import join_phrases
from markerd.convert.embedded.tables.frames import find_frames
from markerd.convert.embedded.tables.grid import Piece, is_prose
from markerd.convert.embedded.tables.ruling_lines import (
    RuledGrid,
    build_ruled_cells,
    find_grids,
    find_rule_masks,
    find_rules,
    is_stacked,
)
from markerd.convert.embedded.tables.shades import find_shade_edges, paint_over
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.placed_glyphs import read_layer_words


@dataclass(frozen=True)
class PageTables:
    """Words and rules in points, y downwards; grids in pixels of the image.

    A pixel is `x_scale` points wide and `y_scale` points high. `drawn` marks what is drawn on the image beside words
    and rules; `bare` is the image without the words.
    """

    words: tuple[Piece, ...]
    rules: DrawnRules
    grids: tuple[RuledGrid, ...]
    x_scale: float
    y_scale: float
    drawn: NDArray[np.uint8]
    bare: NDArray[np.uint8]

    def is_table(self, lines: Sequence[Box], box: Box, least_filled: float = THRESHOLDS.min_table_filled) -> bool:
        """Whether these lines are a table, and nothing else than rules and shades is drawn in the box.

        `least_filled` is the smallest share of cells that hold text.
        """
        found = build_cells(self.find_words_on(lines), self.find_rules_around(union(lines))) if lines else []
        grid = build_text_grid(found)
        filled = sum(bool(text) for row in grid for text in row) / max(1, sum(len(row) for row in grid))
        rows = sum(1 for row in grid if sum(map(bool, row)) > 1)
        is_grid = (
            rows > max(1, THRESHOLDS.min_table_filled * len(grid)) and filled > least_filled and not is_prose(grid)
        )
        return is_grid and self._measure_drawn_share(box) < THRESHOLDS.max_drawn

    def split_phrases(self, lines: Sequence[Box]) -> list[list[Piece]]:
        """Split the words of each line at gaps that are wider than a space."""
        if not self.words:
            return [[] for _ in lines]
        found: list[list[Piece]] = [[] for _ in lines]
        for word in self.words:
            home = _find_home(word[0], lines)
            if home is not None:
                found[home].append(word)
        return [join_phrases(sorted(line), height(box), ()) for line, box in zip(found, lines, strict=True)]

    def find_frames(self) -> list[Box]:
        """Find where rules of one length lie above each other with columns of words between them."""
        return find_frames(self.rules.horizontal, self.words)

    def _measure_drawn_share(self, box: Box) -> float:
        left, top, right, bottom = (round(v) for v in scale_box(box, 1 / self.x_scale, 1 / self.y_scale))
        crop = self.drawn[max(0, top) : bottom, max(0, left) : right]
        return float(crop.mean()) if crop.size else 0.0

    def locate_grid(self, grid: RuledGrid) -> Box:
        """Convert the place of one of the grids to points."""
        return scale_box(grid.box, self.x_scale, self.y_scale)

    def separates_words(self, grid: RuledGrid, lines: Sequence[Box]) -> bool:
        """Whether the words on these lines stand in the cells of the grid, or in rows between its rules."""
        words = self._place_on_image(self.find_words_on(lines))
        return is_stacked(grid, words) or bool(build_ruled_cells(grid, words))

    def find_grids_around(self, words: Sequence[Piece]) -> list[Box]:
        """Find the drawn grids around these words, the smallest first."""
        around = union(box for box, _ in words)
        places = [self.locate_grid(grid) for grid in self._find_grids_with(around)]
        return sorted(places, key=area)

    def build_drawn_cells(self, words: Sequence[Piece]) -> tuple[list[Cell], bool]:
        """Build the cells of the words in the smallest grid around them, and say whether they seem to be rows in one.

        Cells of several short lines look the same as rows between which no rule is drawn.
        """
        grids = self._find_grids_with(union(box for box, _ in words))
        if not grids:
            return [], False
        placed = self._place_on_image(words)
        return build_ruled_cells(grids[0], placed), is_stacked(grids[0], placed)

    def _place_on_image(self, words: Sequence[Piece]) -> list[Piece]:
        return [(scale_box(box, 1 / self.x_scale, 1 / self.y_scale), text) for box, text in words]

    def _find_grids_with(self, box: Box) -> list[RuledGrid]:
        held = [g for g in self.grids if share_inside(box, self.locate_grid(g)) > THRESHOLDS.min_in_grid]
        return sorted(held, key=lambda grid: area(grid.box))

    def find_words_on(self, lines: Sequence[Box]) -> list[Piece]:
        """Find the words that lie on these lines."""
        if not lines:
            return []
        around = [union(lines)]
        near = [word for word in self.words if _find_home(word[0], around) is not None]
        return [word for word in near if _find_home(word[0], lines) is not None]

    def find_rules_around(self, box: Box) -> DrawnRules:
        """Find the rules that cross the box or run along its sides, and the shades in it."""
        left, top, right, bottom = box
        around = (
            left - THRESHOLDS.rule_margin_pt,
            top - THRESHOLDS.rule_margin_pt,
            right + THRESHOLDS.rule_margin_pt,
            bottom + THRESHOLDS.rule_margin_pt,
        )
        on_image = scale_box((left, around[1], right, around[3]), 1 / self.x_scale, 1 / self.y_scale)
        horizontal = (rule for rule in self.rules.horizontal if around[1] < rule[1] < around[3])
        vertical = (rule for rule in self.rules.vertical if around[0] < rule[0] < around[2])
        return DrawnRules(
            tuple(rule for rule in horizontal if rule[0] < right and rule[2] > left),
            tuple(rule for rule in vertical if rule[1] < bottom and rule[3] > top),
            tuple((left, y * self.y_scale, right, y * self.y_scale) for y in find_shade_edges(self.bare, on_image)),
        )


def read_page_tables(page: Any) -> PageTables | None:
    """Read the words and rules of a page; None for a page without a text layer."""
    if not page.pdftext_page:
        return None
    image = page.get_image(highres=False)
    across, down = page.polygon.width / image.width, page.polygon.height / image.height
    grey = np.asarray(image.convert("L"))
    words = tuple(read_layer_words(page.pdftext_page))
    on_image = [scale_box(box, 1 / across, 1 / down) for box, _ in words]
    masks = find_rule_masks(grey, on_image)
    horizontal, vertical = find_rules(masks)
    rules = DrawnRules(
        tuple(scale_box(rule, across, down) for rule in horizontal),
        tuple(scale_box(rule, across, down) for rule in vertical),
    )
    return PageTables(words, rules, tuple(find_grids(masks)), across, down, masks.drawn, paint_over(grey, on_image))


def _find_home(box: Box, lines: Sequence[Box]) -> int | None:
    """Find the first of the lines in which the middle of the box lies."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for number, (left, top, right, bottom) in enumerate(lines):
        if left <= x <= right and top <= y <= bottom:
            return number
    return None
