"""Tables with drawn rules on scans: the text between the same rules is one cell, of however many lines. Pure."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.grid import Piece, group_rows, join_text
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def build_ruled_grid(pieces: Sequence[Piece], pixels: NDArray[np.uint8], box: Box) -> list[list[str]]:
    """Build text by row and column, as a full rectangle; empty where rules do not separate both rows and columns.

    `pixels` is the level page in grey, of shape (height, width); `box` is the table with its rules, in its pixels.
    """
    left, top, right, bottom = (max(0, round(value)) for value in box)
    crop = pixels[top:bottom, left:right]
    if crop.size == 0:
        return []
    ink = int(np.bincount(crop.ravel(), minlength=256).argmax()) - crop.astype(np.int16) > THRESHOLDS.min_ink_contrast
    downs = _keep_rules_between_text(
        [top + at for at in _find_rules(ink)], [(box[1] + box[3]) / 2 for box, _ in pieces]
    )
    acrosses = _keep_rules_between_text(
        [left + at for at in _find_rules(ink.T)], [(box[0] + box[2]) / 2 for box, _ in pieces]
    )
    if not downs or not acrosses or len(downs) + 1 < THRESHOLDS.min_ruled_rows * len(group_rows(pieces)):
        return []
    return _remove_empty(_fill_cells(pieces, downs, acrosses))


def _keep_rules_between_text(rules: Sequence[int], middles: Sequence[float]) -> list[int]:
    """Keep the rules that have text on both sides: a table may have a frame, or none."""
    return [rule for rule in rules if any(m < rule for m in middles) and any(rule < m for m in middles)]


def _find_rules(ink: NDArray[np.bool_]) -> list[int]:
    """Find the rows of pixels along which ink runs without a break."""
    length = int(THRESHOLDS.min_scanned_rule * ink.shape[1])
    if length < 2 * THRESHOLDS.same_scanned_rule_px or ink.shape[0] < 3:
        return []
    thick = ink.copy()
    thick[1:] |= ink[:-1]  # a rule that is not quite level moves from row to row
    thick[:-1] |= ink[1:]
    summed = np.cumsum(np.pad(thick, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    rows = np.flatnonzero((summed[:, length:] - summed[:, :-length]).max(axis=1) >= THRESHOLDS.min_rule_ink * length)
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > THRESHOLDS.same_scanned_rule_px) + 1)
    return [int(group.mean()) for group in groups if group.size]


def _fill_cells(pieces: Sequence[Piece], downs: Sequence[int], acrosses: Sequence[int]) -> list[list[str]]:
    """Put each piece into the cell where its middle lies."""
    cells: list[list[list[Piece]]] = [[[] for _ in range(len(acrosses) + 1)] for _ in range(len(downs) + 1)]
    for box, text in pieces:
        row = bisect(downs, (box[1] + box[3]) / 2)
        column = bisect(acrosses, (box[0] + box[2]) / 2)
        cells[row][column].append((box, text))
    return [[join_text(cell) for cell in line] for line in cells]


def _remove_empty(grid: list[list[str]]) -> list[list[str]]:
    """Remove rows and columns that hold nothing, as between the two edges of a thick rule."""
    rows = [row for row in grid if any(row)]
    columns = [index for index in range(len(grid[0])) if any(row[index] for row in rows)]
    return [[row[index] for index in columns] for row in rows] if len(rows) > 1 and len(columns) > 1 else []
