"""What a page shows that blank paper does not."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from markerd.convert.checks.blank_paper import measure_shown_share
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
