"""Lines that were found as one across the white between columns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from markerd.convert.embedded.ocr.line_splitting import find_wide_whites, split_lines
from markerd.convert.embedded.ocr.orientation import Quad, turn_point

ROW, HIGH = 32.0, 30.0


def make_line(left: float, right: float, row: int, skew: float = 0.0) -> Quad:
    """Make a line on a page that lies askew by so many degrees."""
    top = 100.0 + ROW * row
    corners = ((left, top), (right, top), (right, top + HIGH), (left, top + HIGH))
    a, b, c, d = (turn_point(point, -skew, (0, 0), (0, 0)) for point in corners)
    return a, b, c, d


def draw_line(*words: tuple[int, int], size: int = 800) -> NDArray[np.uint8]:
    """Draw a line 30 pixels high with words from and to these places: upright strokes."""
    crop = np.full((30, size), 250, dtype=np.uint8)
    for start, end in words:
        crop[5:25, start:end:3] = 10
    return crop


def test_wide_white_within_a_line_is_found() -> None:
    """White between words or at the ends does not count, and grain is no ink."""
    crop = draw_line((5, 200), (208, 390), (410, 790))
    crop[12, 395:405] = 100
    ((start, end),) = find_wide_whites(crop)
    assert (390 < start < 395, 405 < end < 410) == (True, True)
    assert find_wide_whites(draw_line((5, 790))) == []
    assert find_wide_whites(crop[:, :0]) == []


def test_faint_writing_is_ink() -> None:
    """On a washed-out copy, the white is at the same places as on a good copy."""
    crop = draw_line((5, 200), (208, 390), (410, 790))
    faint = (250 - (250 - crop.astype(int)) // 6).astype(np.uint8)
    assert find_wide_whites(faint) == find_wide_whites(crop) != []


@pytest.mark.parametrize("skew", [0.0, 2.0])
def test_lines_are_split_where_many_have_white_at_one_place(skew: float) -> None:
    """Lines that were found apart count too, and each part keeps its own corners."""
    merged = [make_line(50, 850, row, skew) for row in range(5)]
    apart = [part for row in (5, 6) for part in (make_line(50, 440, row, skew), make_line(460, 850, row, skew))]
    found = split_lines([*merged, *apart], [*[[(392.0, 408.0)]] * 5, *[[]] * 4], skew)
    assert found[10:] == apart
    first, second = found[:2]
    assert first[1] == pytest.approx(turn_point((442.0, 100.0), -skew, (0, 0), (0, 0)))
    assert second[0] == pytest.approx(turn_point((458.0, 100.0), -skew, (0, 0), (0, 0)))


def test_words_far_apart_stay_one_line() -> None:
    """White at other places in each line splits nothing, nor does white after a number before its text."""
    lines = [make_line(50, 850, row) for row in range(8)]
    assert split_lines(lines, [[(100.0 + 70 * row, 116.0 + 70 * row)] for row in range(8)], 0.0) == lines
    assert split_lines(lines, [[(20.0, 40.0)]] * 8, 0.0) == lines
