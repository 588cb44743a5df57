"""Characters that differ from what they show."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.text_layer.glyphs import order_ligatures, read_shown_label, separate_scripts

LAM, ALEF = "\u0644", "\u0627"


@pytest.mark.parametrize(
    ("character", "font", "shown"),
    [
        ("y", "ABCDEF+Wingdings", "•"),
        ("\uf0b7", "Symbol", "•"),
        ("\uf06f", "Wingdings-Regular", "☐"),
        ("ü", "Wingdings", "✓"),
        ("y", "Helvetica", None),
        ("\u03b1", "Symbol", None),
    ],
)
def test_labels_of_symbol_fonts_are_read(character: str, font: str, shown: str | None) -> None:
    """A letter of a text font and a Greek letter of Symbol stay themselves."""
    assert read_shown_label(character, font) == shown


def test_lam_alef_of_one_glyph_is_put_in_order() -> None:
    """Both letters have one place, or half of it each; two glyphs stay in their order."""
    whole, left, right = (0, 0, 8, 10), (0, 0, 4, 10), (4, 0, 8, 10)
    assert order_ligatures([ALEF, LAM], [whole, whole]) == [LAM, ALEF]
    assert order_ligatures([ALEF, LAM], [left, right]) == [LAM, ALEF]
    assert order_ligatures([ALEF, LAM], [right, left]) == [ALEF, LAM]


def test_touching_scripts_are_separated() -> None:
    """A Latin word and an Arabic one that touch get a space."""
    assert separate_scripts("Python\u0645\u0646") == "Python \u0645\u0646"
    assert separate_scripts("Python 3") == "Python 3"
