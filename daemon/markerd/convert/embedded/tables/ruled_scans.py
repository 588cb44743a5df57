"""Tables with drawn rules, on scans: what stands between the same rules is one cell, of however many lines. Pure."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.grid import Piece, rows_of, text_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def ruled_cells(pieces: Sequence[Piece], pixels: NDArray[np.uint8], box: Box) -> list[list[str]]:
    """Text by row and column, as a full rectangle; empty where rules do not part both rows and columns.

    `pixels` is the page in grey, (height, width), level; `box` is the table with its rules, in its pixels.
    """
    left, top, right, bottom = (max(0, round(value)) for value in box)
    crop = pixels[top:bottom, left:right]
    if crop.size == 0:
        return []
    ink = int(np.bincount(crop.ravel(), minlength=256).argmax()) - crop.astype(np.int16) > THRESHOLDS.min_ink_contrast
    downs = _between([top + at for at in _rules(ink)], [(box[1] + box[3]) / 2 for box, _ in pieces])
    acrosses = _between([left + at for at in _rules(ink.T)], [(box[0] + box[2]) / 2 for box, _ in pieces])
    if not downs or not acrosses or len(downs) + 1 < THRESHOLDS.min_ruled_rows * len(rows_of(pieces)):
        return []
    return _without_empty(_filled(pieces, downs, acrosses))


def _between(rules: Sequence[int], middles: Sequence[float]) -> list[int]:
    """The rules that have text on both sides: a table may have a frame, or none."""
    return [rule for rule in rules if any(m < rule for m in middles) and any(rule < m for m in middles)]


def _rules(ink: NDArray[np.bool_]) -> list[int]:
    """Where rows of pixels lie in which ink runs on."""
    length = int(THRESHOLDS.min_scanned_rule * ink.shape[1])
    if length < 2 * THRESHOLDS.same_scanned_rule_px or ink.shape[0] < 3:
        return []
    thick = ink.copy()
    thick[1:] |= ink[:-1]  # a rule that is not quite level steps from row to row
    thick[:-1] |= ink[1:]
    summed = np.cumsum(np.pad(thick, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    rows = np.flatnonzero((summed[:, length:] - summed[:, :-length]).max(axis=1) >= THRESHOLDS.min_rule_ink * length)
    groups = np.split(rows, np.flatnonzero(np.diff(rows) > THRESHOLDS.same_scanned_rule_px) + 1)
    return [int(group.mean()) for group in groups if group.size]


def _filled(pieces: Sequence[Piece], downs: Sequence[int], acrosses: Sequence[int]) -> list[list[str]]:
    """A piece goes where its middle is."""
    cells: list[list[list[Piece]]] = [[[] for _ in range(len(acrosses) + 1)] for _ in range(len(downs) + 1)]
    for box, text in pieces:
        row = bisect(downs, (box[1] + box[3]) / 2)
        column = bisect(acrosses, (box[0] + box[2]) / 2)
        cells[row][column].append((box, text))
    return [[text_of(cell) for cell in line] for line in cells]


def _without_empty(grid: list[list[str]]) -> list[list[str]]:
    """Without rows and columns that hold nothing: between two rules drawn as one thick one."""
    rows = [row for row in grid if any(row)]
    columns = [index for index in range(len(grid[0])) if any(row[index] for row in rows)]
    return [[row[index] for index in columns] for row in rows] if len(rows) > 1 and len(columns) > 1 else []
