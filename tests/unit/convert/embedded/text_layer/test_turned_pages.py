"""The direction in which a page is read, and the matrix that turns it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.text_layer.turned_pages import build_turn, find_turns

SIDES = st.floats(1, 2000)
STARTS = st.floats(-500, 500)


def make_page(*spans: tuple[str, float, tuple[float, float]], shown: int = 0) -> dict[str, Any]:
    """Make a page of pdftext's: texts, the angle of their letters in degrees as PDFium has it, and how the next
    follows."""
    made = []
    for text, angle, (across, down) in spans:
        chars = [
            {"char": c, "bbox": [100 + across * i, 100 + down * i, 110 + across * i, 110 + down * i]}
            for i, c in enumerate(text)
        ]
        made.append({"rotation": math.radians(angle), "chars": chars, "text": text})
    return {"rotation": shown, "blocks": [{"lines": [{"spans": made}]}]}


RIGHT, LEFT, DOWN, UP = (10.0, 0.0), (-10.0, 0.0), (0.0, 10.0), (0.0, -10.0)


@pytest.mark.parametrize(
    ("made", "turn"),
    [
        (make_page(("upright words", 0, RIGHT)), None),
        (make_page(), None),
        (make_page(("   ", 270, UP)), None),
        (make_page(("upwards", 270, UP)), 90),
        (make_page(("downwards", 90, DOWN)), 270),
        (make_page(("on its head", 180, LEFT)), 180),
        (make_page(("a mirrored font", 180, RIGHT)), None),
        (make_page(("turned by its page", 270, RIGHT), shown=90), 90),
        (make_page(("turned by its page", 90, RIGHT), shown=270), 270),
        (make_page(("turned by its page", 180, RIGHT), shown=180), 180),
        (make_page(("upright, on a page that is shown turned", 0, DOWN), shown=90), 0),
        (make_page(("a few words", 90, DOWN), ("most of the words are upright", 0, RIGHT)), None),
        (make_page(("a watermark across the page", 45, RIGHT), ("few", 0, RIGHT)), None),
        (make_page(("わたくしといふ現象は", 0, DOWN)), 270),
        (make_page(("わたくしといふ現象は", 0, RIGHT)), None),
        (make_page(("わたくしといふ現象は", 90, DOWN), shown=270), 180),
        (make_page(("題字が縦", 0, DOWN), ("most of the words are upright", 0, RIGHT)), None),
    ],
)
def test_a_page_is_turned_as_most_of_its_letters_stand(made: dict[str, Any], turn: int | None) -> None:
    """The majority of the letters decides."""
    assert find_turns({7: made}) == ({} if turn is None else {7: turn})


@given(left=STARTS, bottom=STARTS, across=SIDES, up=SIDES, degrees=st.sampled_from([0, 90, 180, 270]))
def test_a_turned_page_begins_at_the_origin(left: float, bottom: float, across: float, up: float, degrees: int) -> None:
    """Its corners are those of the new page, and the upper edge has moved clockwise."""
    (a, b, c, d, e, f), size = build_turn((left, bottom, left + across, bottom + up), degrees)
    corners = [(left, bottom), (left + across, bottom), (left, bottom + up), (left + across, bottom + up)]
    moved = [(a * x + c * y + e, b * x + d * y + f) for x, y in corners]
    assert min(x for x, _ in moved) == pytest.approx(0, abs=1e-6)
    assert min(y for _, y in moved) == pytest.approx(0, abs=1e-6)
    assert (max(x for x, _ in moved), max(y for _, y in moved)) == pytest.approx(size)
    assert (c, d) == {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[degrees]
