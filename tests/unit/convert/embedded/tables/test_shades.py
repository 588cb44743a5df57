"""Shades behind the rows of a table."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.tables.shades import find_shade_edges, paint_over


def draw_bands(edges: list[int], light: int, dark: int) -> np.ndarray:
    page = np.full((300, 200), light, np.uint8)
    for start, end in zip(edges[::2], [*edges[1::2], 300], strict=False):
        page[start:end] = dark
    return page


@given(st.lists(st.integers(1, 14), min_size=1, max_size=10, unique=True), st.integers(60, 240))
def test_each_edge_of_a_shade_is_found(places: list[int], dark: int) -> None:
    """It is found where it is, to a pixel."""
    edges = sorted(20 * place for place in places)
    found = find_shade_edges(draw_bands(edges, 255, dark), (10.0, 0.0, 190.0, 300.0))
    assert len(found) == len(edges)
    assert max(abs(a - b) for a, b in zip(found, edges, strict=True)) <= 1


def test_thin_rules_and_words_are_no_shades() -> None:
    """Words are painted over with the ground at their left."""
    page = draw_bands([100, 200], 255, 220)
    page[50:52] = 0
    page[110:120, 20:180] = 0
    bare = paint_over(page, [(20.0, 110.0, 180.0, 120.0)])
    assert find_shade_edges(bare, (0.0, 0.0, 200.0, 300.0)) == [100.0, 200.0]


def test_a_box_beside_the_page_has_no_shades() -> None:
    """Boxes may reach out of the page, and may be empty."""
    page = draw_bands([100, 200], 255, 220)
    assert find_shade_edges(page, (300.0, 10.0, 400.0, 90.0)) == []
    assert find_shade_edges(page, (-5.0, 10.0, 50.0, 11.0)) == []
