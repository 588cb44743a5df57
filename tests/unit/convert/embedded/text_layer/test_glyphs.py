"""Characters that say something else than they show."""

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
def test_labels_drawn_with_symbol_fonts_are_told(character: str, font: str, shown: str | None) -> None:
    """A letter of a text font and a Greek one of Symbol are themselves."""
    assert read_shown_label(character, font) == shown


def test_lam_alef_is_put_right_where_it_is_one_glyph() -> None:
    """Both letters on one place, or each on a half of it; two glyphs stay as they are."""
    whole, left, right = (0, 0, 8, 10), (0, 0, 4, 10), (4, 0, 8, 10)
    assert order_ligatures([ALEF, LAM], [whole, whole]) == [LAM, ALEF]
    assert order_ligatures([ALEF, LAM], [left, right]) == [LAM, ALEF]
    assert order_ligatures([ALEF, LAM], [right, left]) == [ALEF, LAM]


def test_scripts_are_parted() -> None:
    """A Latin word and an Arabic one that touch."""
    assert separate_scripts("Python\u0645\u0646") == "Python \u0645\u0646"
    assert separate_scripts("Python 3") == "Python 3"
