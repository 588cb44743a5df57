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

from documents import assembled
from markerd.convert.embedded.text_layer.characters import complete_reader
from markerd.convert.embedded.text_layer.drawn_type import COLOUR
from markerd.convert.embedded.text_layer.placed_glyphs import FORCE_BOLD
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


def _draw(content: bytes) -> bytes:
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 5 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        ]
    )


def _read_types(content: bytes) -> dict[str, tuple[int, bool]]:
    """The colour of each word of the page, and whether it is bold."""
    document = pypdfium2.PdfDocument(_draw(content))
    page = document[0]
    text = page.get_textpage()
    chars = complete_reader(get_chars)(text, page.get_bbox(), page.get_rotation())
    of_word: dict[str, tuple[int, bool]] = {}
    for word in "".join(chars.text).split():
        font = chars.fonts[chars.font_ids["".join(chars.text).index(word)]]
        of_word[word] = font[COLOUR], bool(font["flags"] & FORCE_BOLD)
    text.close()
    page.close()
    document.close()
    return of_word


def test_colours_and_strokes_are_types_of_their_own() -> None:
    """A stroke around letters makes them bold, as word processors do it where a font has no bold face."""
    content = (
        b"BT /F1 12 Tf 20 250 Td (Plain) Tj 0 -30 Td 0 0.4 0.8 rg (Blue) Tj 0 -30 Td 0 g 2 Tr (Stroked) Tj "
        b"0 -30 Td 0 Tr (Again) Tj 0 -30 Td (Last) Tj ET"
    )
    assert _read_types(content) == {
        "Plain": (0, False),
        "Blue": (0x0066CC, False),
        "Stroked": (0, True),
        "Again": (0, False),
        "Last": (0, False),
    }


def test_strokes_around_all_letters_make_none_bold() -> None:
    assert _read_types(b"BT /F1 12 Tf 20 250 Td 2 Tr (All) Tj 0 -30 Td (stroked) Tj ET") == {
        "All": (0, False),
        "stroked": (0, False),
    }
