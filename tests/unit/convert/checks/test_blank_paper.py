"""What a page shows that blank paper does not."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from markerd.convert.checks.blank_paper import find_drawn_box, measure_shown_share
from markerd.convert.checks.thresholds import THRESHOLDS
from sheets import BLANK, PICTURES, write_picture


def _see(levels: Any, kind: str, grain: float) -> float:
    return measure_shown_share(Image.open(io.BytesIO(write_picture(levels, kind, grain))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("grain", [3, 9])
@pytest.mark.parametrize("name", BLANK)
def test_paper_with_grain_is_blank(name: str, grain: int, kind: str) -> None:
    """Whatever light falls on it; holes and dust are less than a picture."""
    assert _see(BLANK[name], kind, grain) < THRESHOLDS.min_drawn


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("name", PICTURES)
def test_soft_picture_is_seen(name: str, kind: str) -> None:
    assert _see(PICTURES[name], kind, 0) == 1.0


@pytest.mark.parametrize("name", [name for name in PICTURES if not name.startswith("pale")])
def test_soft_photograph_with_grain_is_seen(name: str) -> None:
    assert _see(PICTURES[name], "JPEG", 4) == 1.0


@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    mode=st.sampled_from(["L", "RGB", "RGBA"]),
    level=st.integers(0, 255),
)
@settings(max_examples=60, deadline=None)
def test_page_of_one_colour_is_blank_in_every_size(size: tuple[int, int], mode: str, level: int) -> None:
    """Even one of a single pixel; nothing fails."""
    page = Image.new("L", size, level).convert(mode)
    assert measure_shown_share(page) == 0.0


@given(low=st.integers(0, 200), step=st.integers(60, 255), angle=st.floats(0, 6.28))
@settings(max_examples=40, deadline=None)
def test_gradient_is_seen_at_any_angle(low: int, step: int, angle: float) -> None:
    """If its levels differ by more than light on paper does."""
    high = min(255, low + step)
    down, across = np.mgrid[0:300, 0:220] / 300
    along = np.cos(angle) * across + np.sin(angle) * down
    levels = low + (high - low) * (along - along.min()) / np.ptp(along)
    page = Image.fromarray(levels.astype(np.uint8))
    assert measure_shown_share(page) == 1.0
    assert measure_shown_share(page.resize((880, 1200))) == 1.0


@given(
    left=st.integers(100, 900),
    top=st.integers(100, 1500),
    width=st.integers(60, 200),
    height=st.integers(40, 120),
)
@settings(max_examples=25, deadline=None)
def test_what_is_drawn_on_paper_is_found(left: int, top: int, width: int, height: int) -> None:
    """To a few pixels, because of the blur that specks call for."""
    levels = BLANK["light in the middle"].copy()
    levels[top : top + height : 8, left : left + width] = 30
    levels[top : top + height, left : left + 4] = 30
    box = find_drawn_box(Image.fromarray(levels.astype(np.uint8)))
    assert box is not None
    assert max(abs(a - b) for a, b in zip(box, (left, top, left + width, top + height), strict=True)) < 24


@pytest.mark.parametrize("name", ["white", "light in the middle", "shadows of the edges", "dust"])
def test_nothing_is_found_on_blank_paper(name: str) -> None:
    assert find_drawn_box(Image.open(io.BytesIO(write_picture(BLANK[name], "PNG", 5)))) is None
