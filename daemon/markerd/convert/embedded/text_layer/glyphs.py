"""Characters of a text layer that differ from what they show, or that no text should have. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text.patterns import SYMBOL_FONT, TOUCHING_SCRIPTS

# The box or tick that Wingdings and ZapfDingbats have at the code of a letter.
_TICK_BOXES = {"o": "☐", "¨": "☐", "q": "☐", "þ": "☑", "ü": "✓", "x": "☒", "ý": "☒", "✓": "✓"}
BULLET = "•"
ALEFS = "\u0622\u0623\u0625\u0627"
LAM = "\u0644"


def read_shown_label(character: str, font_name: str) -> str | None:
    """The box, tick or bullet that a glyph at the start of a line shows where its code does not say so, or None."""
    is_private = unicodedata.category(character) == "Co"
    code = chr(ord(character) - 0xF000) if is_private and 0xF020 <= ord(character) <= 0xF0FF else character
    if SYMBOL_FONT.search(font_name):
        return _TICK_BOXES.get(code, BULLET)
    return BULLET if is_private else None


def order_ligatures(letters: Sequence[str], boxes: Sequence[Box]) -> list[str]:
    """Put the letters of the Arabic ligature lam-alef, which is one glyph, into the right order.

    A text layer that is turned from visual into logical order letter by letter has the two letters of this glyph
    exchanged. Both letters then have the place of the glyph, or half of it each, the first letter the left half.
    """
    ordered = list(letters)
    for i in range(len(ordered) - 1):
        if ordered[i] in ALEFS and ordered[i + 1] == LAM and _is_one_glyph(boxes[i], boxes[i + 1]):
            ordered[i], ordered[i + 1] = ordered[i + 1], ordered[i]
    return ordered


def _is_one_glyph(first: Box, second: Box) -> bool:
    is_left_half = first[2] == second[0] and first[1::2] == second[1::2]
    return first == second or is_left_half


def separate_scripts(text: str) -> str:
    """Put a space where Latin letters touch Arabic or Hebrew ones: no word has both, so the gap was lost."""
    return TOUCHING_SCRIPTS.sub(" ", text)
