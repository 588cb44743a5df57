"""Puts words into cells whose places are known. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.tables.cells import Cell
from markerd.convert.embedded.tables.grid import Piece, join_text
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def fill_placed_cells(found: Sequence[PlacedCell], words: Sequence[Piece]) -> list[Cell]:
    """Build the cells with the words whose middles lie in them; both have their boxes in points.

    There are none where the cells leave too many of the words out. Those few that are left out go to the nearest cell.
    """
    if not found or not words:
        return []
    distances = _measure_distances([box for box, _ in words], [cell.box for cell in found])
    outside = int((distances.min(axis=1) > THRESHOLDS.rule_slack_pt).sum())
    if outside > THRESHOLDS.max_words_outside * len(words):
        return []
    held: dict[int, list[Piece]] = {}
    for word, nearest in zip(words, distances.argmin(axis=1), strict=True):
        held.setdefault(int(nearest), []).append(word)
    return [
        Cell(cell.row, cell.column, join_text(held.get(n, ())), cell.is_head, cell.row_span, cell.column_span)
        for n, cell in enumerate(found)
    ]


def _measure_distances(words: Sequence[Box], cells: Sequence[Box]) -> NDArray[np.float64]:
    """Measure how far the middle of each word lies outside of each cell, 0 inside: points, of shape (words, cells)."""
    word, cell = np.asarray(words)[:, None], np.asarray(cells)[None]
    x, y = (word[..., 0] + word[..., 2]) / 2, (word[..., 1] + word[..., 3]) / 2
    sides = (cell[..., 0] - x, x - cell[..., 2], cell[..., 1] - y, y - cell[..., 3])
    outside: NDArray[np.float64] = np.maximum.reduce(sides).clip(min=0.0)
    return outside
