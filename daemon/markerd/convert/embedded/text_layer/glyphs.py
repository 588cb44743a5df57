"""Characters of a text layer that say something else than they show, or that no text should have: pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.text.patterns import SYMBOL_FONT, TOUCHING_SCRIPTS

# What stands at the same code in Wingdings and ZapfDingbats as a letter stands in other fonts.
_BOXES = {"o": "☐", "¨": "☐", "q": "☐", "þ": "☑", "ü": "✓", "x": "☒", "ý": "☒", "✓": "✓"}
BULLET = "•"
ALEFS = "\u0622\u0623\u0625\u0627"
LAM = "\u0644"


def label_shown(character: str, font_name: str) -> str | None:
    """What a glyph that opens a line shows where its code does not say it: a box, a tick, a bullet; else None."""
    is_private = unicodedata.category(character) == "Co"
    code = chr(ord(character) - 0xF000) if is_private and 0xF020 <= ord(character) <= 0xF0FF else character
    if SYMBOL_FONT.search(font_name):
        return _BOXES.get(code, BULLET)
    return BULLET if is_private else None


def with_ligatures_in_order(letters: Sequence[str], boxes: Sequence[Box]) -> list[str]:
    """Arabic lam-alef, one glyph of two letters, the right way round.

    A text layer that is turned from visual into logical order letter by letter has the two letters of the one
    glyph exchanged. Both then have its place, or a half of it each, the first one the left.
    """
    ordered = list(letters)
    for i in range(len(ordered) - 1):
        if ordered[i] in ALEFS and ordered[i + 1] == LAM and _is_one_glyph(boxes[i], boxes[i + 1]):
            ordered[i], ordered[i + 1] = ordered[i + 1], ordered[i]
    return ordered


def _is_one_glyph(first: Box, second: Box) -> bool:
    is_left_half = first[2] == second[0] and first[1::2] == second[1::2]
    return first == second or is_left_half


def with_scripts_apart(text: str) -> str:
    """A space where Latin letters touch Arabic or Hebrew ones: no word has both, the gap between them was lost."""
    return TOUCHING_SCRIPTS.sub(" ", text)
