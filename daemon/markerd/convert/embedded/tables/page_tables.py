"""The tables of one page that has a text layer: its words, what is drawn on it, and cells made of both.

The page is Marker's. Imported only where Marker is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, height, union
from markerd.convert.embedded.layout.regions import scaled
from markerd.convert.embedded.tables.cells import Rules, cells_html, grid_of, table_cells
from markerd.convert.embedded.tables.columns import phrases_of
from markerd.convert.embedded.tables.frames import frames_of
from markerd.convert.embedded.tables.grid import Piece, is_prose
from markerd.convert.embedded.tables.ruling_lines import Grid, grids, is_stacked, ruled_page, ruled_table_html, rules_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text_layer.lines import layer_words


@dataclass(frozen=True)
class PageTables:
    """Words and rules in points, y downwards; grids in pixels of the image, which is `across` by `down` points each."""

    words: tuple[Piece, ...]
    rules: Rules
    grids: tuple[Grid, ...]
    across: float
    down: float
    drawn: NDArray[np.uint8]

    def html(self, lines: Sequence[Box]) -> str:
        """`<table>` with all words on these lines of the text layer; empty where they are no table."""
        if not lines:
            return ""
        found = table_cells(self._on(lines), self._rules(union(lines)))
        return "" if is_prose(grid_of(found)) else cells_html(found)

    def is_table(self, lines: Sequence[Box], box: Box, least_filled: float = THRESHOLDS.min_table_filled) -> bool:
        """Whether these lines, and nothing else that is drawn in the box but rules and shades, are a table.

        `least_filled` is the share of its cells that hold text, at least.
        """
        found = table_cells(self._on(lines), self._rules(union(lines))) if lines else []
        grid = grid_of(found)
        filled = sum(bool(text) for row in grid for text in row) / max(1, sum(len(row) for row in grid))
        rows = sum(1 for row in grid if sum(map(bool, row)) > 1)
        is_grid = (
            rows > max(1, THRESHOLDS.min_table_filled * len(grid)) and filled > least_filled and not is_prose(grid)
        )
        return is_grid and self._drawn_share(box) < THRESHOLDS.max_drawn

    def phrases(self, lines: Sequence[Box]) -> list[list[Piece]]:
        """What stands on each of the lines, parted by gaps that are wider than a space."""
        if not self.words:
            return [[] for _ in lines]
        found: list[list[Piece]] = [[] for _ in lines]
        for word in self.words:
            home = next((i for i, line in enumerate(lines) if _is_inside(word[0], line)), None)
            if home is not None:
                found[home].append(word)
        return [phrases_of(sorted(line), height(box), ()) for line, box in zip(found, lines, strict=True)]

    def framed(self) -> list[Box]:
        """Where rules of one length lie over each other with columns of words between them."""
        return frames_of(self.rules.acrosses, self.words)

    def _drawn_share(self, box: Box) -> float:
        left, top, right, bottom = (round(v) for v in scaled(box, 1 / self.across, 1 / self.down))
        crop = self.drawn[max(0, top) : bottom, max(0, left) : right]
        return float(crop.mean()) if crop.size else 0.0

    def place_of(self, grid: Grid) -> Box:
        """Where one of the grids is, in points."""
        return scaled(grid.box, self.across, self.down)

    def ruled_html(self, grid: Grid, lines: Sequence[Box]) -> str:
        """`<table>` of the words on these lines, whose cells are the grid's; empty where they are no table."""
        within = self._on(lines)
        words = [(scaled(box, 1 / self.across, 1 / self.down), text) for box, text in within]
        return self.html([box for box, _ in within]) if is_stacked(grid, words) else ruled_table_html(grid, words)

    def _on(self, lines: Sequence[Box]) -> list[Piece]:
        if not lines:
            return []
        return [word for word in self._words(union(lines)) if any(_is_inside(word[0], line) for line in lines)]

    def _words(self, box: Box) -> list[Piece]:
        return [word for word in self.words if _is_inside(word[0], box)]

    def _rules(self, box: Box) -> Rules:
        left, top, right, bottom = box
        around = (
            left - THRESHOLDS.rule_margin_pt,
            top - THRESHOLDS.rule_margin_pt,
            right + THRESHOLDS.rule_margin_pt,
            bottom + THRESHOLDS.rule_margin_pt,
        )
        acrosses = (rule for rule in self.rules.acrosses if around[1] < rule[1] < around[3])
        downs = (rule for rule in self.rules.downs if around[0] < rule[0] < around[2])
        return Rules(
            tuple(rule for rule in acrosses if rule[0] < right and rule[2] > left),
            tuple(rule for rule in downs if rule[1] < bottom and rule[3] > top),
        )


def tables_of(page: Any) -> PageTables | None:
    """None for a page without a text layer."""
    if not page.pdftext_page:
        return None
    image = page.get_image(highres=False)
    across, down = page.polygon.width / image.width, page.polygon.height / image.height
    grey = np.asarray(image.convert("L"))
    words = tuple(layer_words(page.pdftext_page))
    masks = ruled_page(grey, [scaled(box, 1 / across, 1 / down) for box, _ in words])
    acrosses, downs = rules_of(masks)
    rules = Rules(
        tuple(scaled(rule, across, down) for rule in acrosses), tuple(scaled(rule, across, down) for rule in downs)
    )
    return PageTables(words, rules, tuple(grids(masks)), across, down, masks.drawn)


def _is_inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]
