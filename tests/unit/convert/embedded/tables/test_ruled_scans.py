"""Tables with drawn rules on a scan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.ruled_scans import build_ruled_grid

TABLE = (0.0, 0.0, 640.0, 260.0)
PIECES: list[Piece] = [
    ((30, 20, 90, 44), "Step"), ((130, 20, 250, 44), "Work"), ((530, 20, 590, 44), "Due"),
    ((30, 70, 50, 94), "1"), ((130, 70, 480, 94), "Obtain offers from"), ((130, 100, 400, 124), "three suppliers"),
    ((530, 70, 600, 94), "May 3"),
    ((30, 150, 50, 174), "2"), ((130, 150, 300, 174), "Approve"), ((530, 150, 600, 174), "July"),
    ((530, 180, 600, 204), "1"),
]  # fmt: skip
EXPECTED = [["Step", "Work", "Due"], ["1", "Obtain offers from three suppliers", "May 3"], ["2", "Approve", "July 1"]]


def draw_page(downs: list[int], acrosses: list[int], rise: float = 0.0) -> NDArray[np.uint8]:
    """Draw white paper with rules two pixels thick, and the lines of text as grey as text is."""
    pixels = np.full((280, 660), 250, dtype=np.uint8)
    for down in downs:
        for x in range(10, 630):
            y = down + round(rise * x)
            pixels[y : y + 2, x] = 20
    for across in acrosses:
        pixels[10:240, across : across + 2] = 20
    for (x0, y0, x1, y1), _ in PIECES:
        pixels[int(y0) + 5 : int(y1) - 5, int(x0) : int(x1) : 3] = 20
    return pixels


def test_all_lines_between_two_rules_are_one_cell() -> None:
    """This holds with a frame, without one, and on a page that is not quite level."""
    framed = draw_page([10, 56, 138, 240], [10, 110, 510, 630])
    assert build_ruled_grid(PIECES, framed, TABLE) == EXPECTED
    assert build_ruled_grid(PIECES, draw_page([56, 138], [110, 510]), TABLE) == EXPECTED
    assert build_ruled_grid(PIECES, draw_page([56, 138], [110, 510], rise=0.003), TABLE) == EXPECTED


def test_a_double_rule_makes_no_empty_row() -> None:
    """It makes no empty column either."""
    assert build_ruled_grid(PIECES, draw_page([10, 46, 58, 138, 240], [10, 98, 112, 510, 630]), TABLE) == EXPECTED


def test_rules_that_separate_no_rows_or_no_columns_are_ignored() -> None:
    """The places of the words decide for a frame alone, a head alone, or bare paper."""
    assert build_ruled_grid(PIECES, draw_page([10, 240], [10, 630]), TABLE) == []
    assert build_ruled_grid(PIECES, draw_page([10, 56, 138, 240], []), TABLE) == []
    assert build_ruled_grid(PIECES, draw_page([], []), TABLE) == []
    many: list[Piece] = [((30, 70 + 6 * i, 50, 75 + 6 * i), str(i)) for i in range(25)]
    assert build_ruled_grid([*PIECES[:3], *many], draw_page([56], [110, 510]), TABLE) == []
