"""From a page's own space to the page as pdftext shows it: from the top left, turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markerd.convert.embedded.geometry import Box


def bound_shown(corners: Sequence[tuple[float, float]], page_bbox: Any, rotation: int) -> Box:
    """Return the box around points of the page's own space, on the page as it is shown. `rotation` is in degrees."""
    left, bottom, right, top = page_bbox
    width, height = math.ceil(abs(right - left)), math.ceil(abs(top - bottom))
    down = [(x - left, height - (y - bottom)) for x, y in corners]
    turned = {
        90: [(height - y, x) for x, y in down],
        180: [(width - x, height - y) for x, y in down],
        270: [(y, width - x) for x, y in down],
    }.get(rotation % 360, down)
    xs, ys = zip(*turned, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
