"""The tables of a scan: where they are, and their cells. Pure, except for the table model that is passed in.

A table is where the layout model sees one, and where the table model finds cells that fit the text: between drawn
rules, and in pictures with many lines of text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box, area, overlap, share_inside, union
from markerd.convert.embedded.layout.regions import PICTURES, PlacedRegion, Region, scale_box
from markerd.convert.embedded.readers.table_model import ModelTable
from markerd.convert.embedded.tables.cells import build_cells_html, build_text_grid, place_texts
from markerd.convert.embedded.tables.grid import Piece, are_text_columns, build_grid, group_rows
from markerd.convert.embedded.tables.model_grid import fill_cells, measure_fit
from markerd.convert.embedded.tables.ruling_lines import (
    RuledGrid,
    build_ruled_cells,
    find_grids,
    find_rule_masks,
    is_stacked,
)
from markerd.convert.embedded.tables.table_choice import COLUMNS, DRAWN, MODEL, Candidate, choose_candidate
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

ReadTable = Callable[[Box], ModelTable]
"""Reads the part of the page in a box with the table model; the cells' boxes are in pixels of the page."""


@dataclass(frozen=True)
class ScannedPage:
    """The lines of text of a level page, its pixels in grey, (height, width), and the table model, if there is one."""

    pieces: Sequence[Piece]
    grey: NDArray[np.uint8]
    read_table: ReadTable | None = None

    @cached_property
    def grids(self) -> list[tuple[Box, RuledGrid]]:
        """The grids of drawn rules, each with its box, the largest first."""
        scale = THRESHOLDS.rule_image_scale
        small = cv2.resize(self.grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        masks = find_rule_masks(small, [scale_box(box, scale, scale) for box, _ in self.pieces])
        placed = [(scale_box(grid.box, 1 / scale, 1 / scale), grid) for grid in find_grids(masks)]
        return sorted(placed, key=lambda item: -area(item[0]))


def find_scanned_tables(found: Sequence[Region], page: ScannedPage) -> list[PlacedRegion]:
    """Find the tables between drawn rules, and those that the layout model takes for pictures, each with its lines."""
    free = set(range(len(page.pieces)))
    tables = []
    for box, least in _list_places(found, page):
        held = [i for i in sorted(free) if share_inside(page.pieces[i][0], box) > 0.5]
        html = _build_table_if_any(box, [page.pieces[i] for i in held], page) if len(held) >= least else ""
        if html:
            around = union([box, *(page.pieces[i][0] for i in held)])
            tables.append(PlacedRegion(around, "Table", lines=tuple(held), html=html))
            free -= set(held)
    return tables


def drop_covered(found: Sequence[Region], tables: Sequence[Region]) -> list[Region]:
    """Drop the regions of the layout model that tables cover for the most part."""
    return [
        region
        for region in found
        if sum(overlap(region.box, table.box) for table in tables) <= THRESHOLDS.max_covered * area(region.box)
    ]


def build_scanned_table(box: Box, pieces: Sequence[Piece], page: ScannedPage) -> str:
    """Build a `<table>` of lines of the page that are known to be one; empty where they have no two rows or columns."""
    if not pieces:
        return ""
    return _build_html(_choose_reading(pieces, page, _read_with_model(box, pieces, page) or []))


def _list_places(found: Sequence[Region], page: ScannedPage) -> list[tuple[Box, int]]:
    """List where a table may be, and the fewest lines that it has there."""
    if page.read_table is None:
        return []
    pictures = [(region.box, THRESHOLDS.min_pictured_lines) for region in found if region.label in PICTURES]
    return [*((box, THRESHOLDS.min_ruled_lines) for box, _ in page.grids), *pictures]


def _build_table_if_any(box: Box, pieces: Sequence[Piece], page: ScannedPage) -> str:
    beside = sum(len(row) for row in group_rows(pieces) if len(row) > 1)
    is_beside = beside >= THRESHOLDS.min_beside_text * len(pieces)
    read = _read_with_model(box, pieces, page) if is_beside else None
    chosen = None if read is None else _choose_reading(pieces, page, read)
    return "" if chosen is None or are_text_columns(build_text_grid(chosen.cells)) else _build_html(chosen)


def _build_html(chosen: Candidate | None) -> str:
    return build_cells_html(chosen.cells, chosen.reader) if chosen else ""


def _read_with_model(box: Box, pieces: Sequence[Piece], page: ScannedPage) -> list[Candidate] | None:
    """Read the pieces as the table model sees them; nothing where it did not come to the end of the table.

    None where its cells do not fit the text, since it finds cells in every picture.
    """
    if page.read_table is None:
        return None
    table = page.read_table(union([box, *(place for place, _ in pieces)]))
    cells = fill_cells(table.cells, pieces)
    if (
        table.score < THRESHOLDS.min_model_score
        or measure_fit(table.cells, cells, pieces) < THRESHOLDS.min_model_fit
        or not build_cells_html(cells)
    ):
        return None
    return [Candidate(MODEL, tuple(cells), THRESHOLDS.model_trust)] if table.is_whole else []


def _choose_reading(pieces: Sequence[Piece], page: ScannedPage, read: Sequence[Candidate]) -> Candidate | None:
    columns = Candidate(COLUMNS, tuple(place_texts(build_grid(pieces))))
    return choose_candidate([*read, *_read_between_rules(pieces, page), columns])


def _read_between_rules(pieces: Sequence[Piece], page: ScannedPage) -> list[Candidate]:
    """Read the pieces by the smallest grid of drawn rules that holds them all."""
    scale = THRESHOLDS.rule_image_scale
    words = [(scale_box(place, scale, scale), text) for place, text in pieces]
    around = union(place for place, _ in pieces)
    grids = [grid for place, grid in page.grids if share_inside(around, place) > THRESHOLDS.min_in_grid]
    drawn = [build_ruled_cells(grid, words) for grid in grids[-1:] if not is_stacked(grid, words)]
    return [Candidate(DRAWN, tuple(cells)) for cells in drawn]
