"""Tables whose cells are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from markerd.convert.embedded.tables.cells import build_cells_html
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.ruling_lines import (
    RuledGrid,
    build_ruled_cells,
    find_ground,
    find_rule_masks,
    find_rules,
    is_stacked,
)
from markerd.convert.embedded.tables.ruling_lines import find_grids as grids_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS

WORDS = [((60.0, 60.0, 90.0, 70.0), "Name"), ((260.0, 60.0, 290.0, 70.0), "Size"), ((60.0, 110.0, 80.0, 120.0), "Box")]
WORDS += [((60.0, 124.0, 80.0, 134.0), "<large>"), ((260.0, 110.0, 280.0, 120.0), "12")]


def find_page_grids(pixels: NDArray[np.uint8]) -> list[RuledGrid]:
    return grids_of(find_rule_masks(pixels))


def make_page() -> NDArray[np.uint8]:
    return np.full((400, 600), 255, dtype=np.uint8)


def build_ruled_html(grid: RuledGrid, words: list[Piece]) -> str:
    """Build the table of the words in the cells of the grid."""
    return build_cells_html(build_ruled_cells(grid, words))


def draw_rules(xs: list[int], ys: list[int]) -> NDArray[np.uint8]:
    """Draw a page with rules at these places, from the first to the last."""
    pixels = make_page()
    for x in xs:
        pixels[ys[0] : ys[-1], x] = 0
    for y in ys:
        pixels[y, xs[0] : xs[-1]] = 0
    return pixels


def test_words_fall_into_the_cells_that_are_drawn() -> None:
    """Several lines between rules are one cell, and text that looks like a tag is text."""
    (grid,) = find_page_grids(draw_rules([50, 250, 450], [50, 100, 150]))
    html = build_ruled_html(grid, WORDS)
    assert html == (
        "<table><thead><tr><th>Name</th><th>Size</th></tr></thead>"
        "<tbody><tr><td>Box<br/>&lt;large&gt;</td><td>12</td></tr></tbody></table>"
    )


def test_cells_without_a_rule_between_them_are_one() -> None:
    """An example is a heading over two columns."""
    pixels = draw_rules([50, 250, 450], [50, 100, 150])
    pixels[51:100, 250] = 255
    pixels = np.vstack([pixels[:150], draw_rules([50, 250, 450], [0, 50, 100])[:250]])
    (grid,) = find_page_grids(pixels)
    assert '<th colspan="2">Name Size</th>' in build_ruled_html(grid, [*WORDS, ((60.0, 210.0, 80.0, 220.0), "Bag")])


def test_table_open_at_its_sides_is_found() -> None:
    """It has only rules between columns and rows; the ends of these rules are borders."""
    pixels = make_page()
    pixels[100, 50:450] = 0
    pixels[50:200, 250] = 0
    pixels[150, 50:450] = 0
    (grid,) = find_page_grids(pixels)
    assert len(grid.xs) == 3
    assert len(grid.ys) == 4


def test_frames_underlines_and_drawings_are_no_tables() -> None:
    """Examples are one box, rules that cross nothing, and a grid with words in one row only."""
    assert find_page_grids(draw_rules([50, 450], [50, 150])) == []
    lines = make_page()
    lines[100, 50:450] = 0
    assert find_page_grids(lines) == []
    (grid,) = find_page_grids(draw_rules([50, 250, 450], [50, 100, 150]))
    assert build_ruled_html(grid, WORDS[:2]) == ""


def test_heading_over_some_columns_has_its_own_row() -> None:
    """The rule below it is short, but runs from one rule to another."""
    pixels = draw_rules([50, 120, 190, 260, 330, 400, 470, 540], [50, 100, 150])
    pixels[51:75, [190, 260]] = 255
    pixels[75, 120:330] = 0
    (grid,) = find_page_grids(pixels)
    assert grid.ys == (50.0, 75.0, 100.0, 150.0)


def test_strokes_of_words_are_no_rules() -> None:
    """The bars of bold letters lie at one height; a rule below the words is a rule."""
    pixels = make_page()
    pixels[55:58, 60:200] = 0
    pixels[75, 60:200] = 0
    acrosses, downs = find_rules(find_rule_masks(pixels, [(60.0, 48.0, 200.0, 64.0)]))
    assert [rule[1] for rule in acrosses] == [75.0]
    assert downs == []


def test_a_band_of_many_short_lines_is_no_row() -> None:
    """With vertical rules and one rule below the head, lines of short cells are rows."""
    (grid,) = find_page_grids(draw_rules([50, 250, 450], [50, 100, 300]))
    rows = [((x, 110.0 + 20 * n, x + 30, 122.0 + 20 * n), f"{n}") for n in range(4) for x in (60.0, 260.0)]
    assert is_stacked(grid, [*WORDS[:2], *rows])
    assert not is_stacked(grid, WORDS)


@pytest.mark.timeout(60)
def test_a_page_full_of_cells_is_one_table() -> None:
    """38,000 cells, each with its word, take time in proportion to their number, not to its square."""
    rows = columns = 195
    pixels = np.full((rows * 20 + 40, columns * 40 + 40), 255, dtype=np.uint8)
    pixels[20 : 21 + rows * 20 : 20, 20 : 21 + columns * 40] = 0
    pixels[20 : 21 + rows * 20, 20 : 21 + columns * 40 : 40] = 0
    words = [
        ((24.0 + 40 * column, 24.0 + 20 * row, 40.0 + 40 * column, 34.0 + 20 * row), f"{row}.{column}")
        for row in range(rows)
        for column in range(columns)
    ]
    (grid,) = grids_of(find_rule_masks(pixels, [box for box, _ in words]))
    html = build_ruled_html(grid, words)
    assert (html.count("<tr>"), html.count("<td>")) == (rows, (rows - 1) * columns)
    assert "<td>194.0</td>" in html


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.lists(st.integers(0, 30), min_size=4, max_size=4),
    st.integers(0, 255),
)
def test_the_ground_is_that_of_the_whole_page(
    seed: int, size: tuple[int, int], margins: list[int], colour: int
) -> None:
    """What is left out for speed changes nothing, wherever the ink stands, up to the page's edges."""
    ink = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    page = np.pad(ink, ((margins[0], margins[1]), (margins[2], margins[3])), constant_values=colour)
    assert (find_ground(page) == cv2.medianBlur(page, THRESHOLDS.ground_px)).all()
    blank = np.full_like(page, colour)
    assert (find_ground(blank) == blank).all()
