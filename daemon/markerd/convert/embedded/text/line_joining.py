"""Joins lines of text to running text. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# Prefixes of the Unicode names of characters whose scripts have no spaces between words.
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO", "THAI", "LAO", "KHMER")


def join_lines(lines: Sequence[str]) -> str:
    """Join lines: hyphenated words become whole, and spaces are added only where the script has them."""
    text = ""
    for line in (line.strip() for line in lines):
        if not line:
            continue
        if not text:
            text = line
        elif text[-1] in "-\u2010\u00ad" and len(text) > 1 and text[-2].isalpha() and line[0].islower():
            text = text[:-1] + line
        elif text[-1] in "-\u2010" and len(text) > 1 and text[-2].isalpha() and line[0].isupper():
            text += line  # Saint-Denis, Document-Layout
        elif is_spaceless(text[-1]) and is_spaceless(line[0]):
            text += line
        else:
            text += f" {line}"
    return text


def is_spaceless(character: str) -> bool:
    """Whether the character belongs to a script without spaces between words."""
    return unicodedata.name(character, "").startswith(SPACELESS)
