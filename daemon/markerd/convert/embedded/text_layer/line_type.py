"""The type of a line, from its glyphs: size, weight, slant, family, and the cells that gaps make."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import Any

from markerd.convert.embedded.geometry import Box, height, union
from markerd.convert.embedded.text.patterns import BOLD_FONT, FONT_STYLE, ITALIC_FONT, MATH_FONT
from markerd.convert.embedded.text_layer.drawn_type import COLOUR
from markerd.convert.embedded.text_layer.placed_glyphs import FORCE_BOLD, PlacedGlyph, cut_at_gaps
from markerd.convert.embedded.text_layer.struck_text import UNDERLINED
from markerd.convert.embedded.text_layer.tagged_headings import TAGGED
from markerd.convert.embedded.text_layer.text_line import TextLine
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

_MOST_REMEMBERED = 4096  # letters of fonts, of which one page has a few hundred different ones


def describe_type(
    spans: Sequence[Any], glyphs: Sequence[PlacedGlyph], seen: Sequence[PlacedGlyph], box: Box
) -> TextLine:
    """Describe a line by its glyphs, of which `seen` can be seen; `spans` have its text."""
    names = [glyph.font["name"] or "" for glyph in seen]
    mono = sum(glyph.is_mono for glyph in seen)
    in_text = [glyph for glyph in seen if not glyph.is_mono] or seen
    half = len(seen) / 2
    return TextLine(
        box,
        "".join(span.text for span in spans),
        median(height(glyph.box) for glyph in in_text),
        median(glyph.font["weight"] or 0 for glyph in seen),
        _is_bold(in_text),
        sum(map(_is_italic_font, names)) > half,
        mono > THRESHOLDS.min_mono_share * len(seen) or (mono == 0 and _has_one_width(seen)),
        sum(_is_math(glyph) for glyph in seen) / len(seen),
        tuple(_build_cell(part) for part in cut_at_gaps(glyphs, THRESHOLDS.min_cell_gap)),
        FONT_STYLE.sub("", Counter(names).most_common(1)[0][0]).lower(),
        Counter(glyph.font.get(COLOUR, 0) for glyph in seen).most_common(1)[0][0],
        sum(bool(glyph.font.get(UNDERLINED)) for glyph in seen) > THRESHOLDS.min_underlined * len(seen),
        sum(bool(glyph.font.get(TAGGED)) for glyph in seen) > half,
    )


def _is_bold(glyphs: Sequence[PlacedGlyph]) -> bool:
    """Whether all but a note's mark is bold: a line that begins in bold type and continues without is running text."""
    plain = [g for g in glyphs if not _is_bold_font(g.font["name"] or "", g.font["flags"] or 0)]
    letters = [g for g in plain if g.character.isalnum() and not _is_math(g)]
    return len(plain) < len(glyphs) and len(letters) <= max(
        THRESHOLDS.max_plain_letters, THRESHOLDS.max_plain_share * len(glyphs)
    )


@lru_cache
def _is_bold_font(name: str, flags: int) -> bool:
    return bool(BOLD_FONT.search(name)) or bool(flags & FORCE_BOLD)


@lru_cache
def _is_italic_font(name: str) -> bool:
    return bool(ITALIC_FONT.search(name))


def _is_math(glyph: PlacedGlyph) -> bool:
    return _is_mathematics(glyph.character[:1], glyph.font["name"] or "")


@lru_cache(_MOST_REMEMBERED)
def _is_mathematics(letter: str, font: str) -> bool:
    """Whether a glyph is of a mathematical font, an operator, or a letter that Unicode has for mathematics alone."""
    is_letter = "\U0001d400" <= letter <= "\U0001d7ff"
    is_sign = is_letter or unicodedata.category(letter or " ") == "Sm"
    return is_sign or bool(MATH_FONT.search(font))


def _has_one_width(seen: Sequence[PlacedGlyph]) -> bool:
    """Whether narrow letters are as wide as broad ones, whatever the font is called."""
    widths = {g.character: g.box[2] - g.box[0] for g in seen if g.character.isascii() and g.character.isalpha()}
    has_both = bool(widths.keys() & set("iljtfr")) and bool(widths.keys() & set("mwMWGOQ"))
    return (
        has_both
        and len(widths) > THRESHOLDS.min_compared_letters
        and max(widths.values()) - min(widths.values()) < THRESHOLDS.max_width_spread * max(widths.values())
    )


def _build_cell(glyphs: Sequence[PlacedGlyph]) -> tuple[Box, str]:
    return union(g.box for g in glyphs if g.is_seen), "".join(g.character for g in glyphs).strip()
