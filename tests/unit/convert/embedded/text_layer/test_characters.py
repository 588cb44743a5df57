"""Characters whose boxes are unusable are placed where they are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pdftext")

import numpy as np
import pypdfium2
from pdftext.pdf.chars import PageChars, get_chars

from markerd.convert.embedded.text_layer.characters import complete_reader
from turned_documents import Line, Turn, turned_pdf

TEXT = "Mills"
NO_BOXES: dict[str, Callable[[Any], tuple[float, ...]]] = {
    "no height": lambda b: (b[0], b[3], b[2], b[3]),
    "no width": lambda b: (b[0], b[1], b[0], b[3]),
    "a point": lambda b: (b[0], b[1], b[0], b[1]),
    "inverted": lambda b: (b[2], b[3], b[0], b[1]),
    "no number": lambda b: (math.nan,) * 4,
    "no end": lambda b: (b[0], b[1], math.inf, b[3]),
}


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("how", NO_BOXES)
def test_a_character_without_a_box_is_placed_where_it_is_drawn(tmp_path: Path, how: str, degrees: int) -> None:
    """This holds also on pages that are shown turned, and where the page does not begin at the origin."""
    path = turned_pdf(tmp_path / "page.pdf", [Line(100, 500, TEXT, 20.0)], degrees, Turn.SHOWN, offset=(20, 35))

    def broken(*arguments: object) -> PageChars:
        chars = get_chars(*arguments)
        chars.boxes[:] = [NO_BOXES[how](box) for box in chars.boxes]
        return chars

    document = pypdfium2.PdfDocument(path)
    page = document[0]
    text = page.get_textpage()
    arguments = (text, page.get_bbox(), page.get_rotation())
    right, mended = get_chars(*arguments).boxes, complete_reader(broken)(*arguments).boxes
    text.close()
    page.close()
    document.close()
    assert np.all(mended[:, 2] > mended[:, 0])
    assert np.all(mended[:, 3] > mended[:, 1])
    middles = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (right, mended)]
    assert np.abs(middles[0] - middles[1]).max() < 10  # half of the type's size
