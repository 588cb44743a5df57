"""Joins lines of text to running text. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markerd.convert.embedded.text.hyphens import OwnWords

# Prefixes of the Unicode names of characters whose scripts have no spaces between words.
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO", "THAI", "LAO", "KHMER")


def join_lines(lines: Sequence[str], own_words: OwnWords | None = None) -> str:
    """Join lines: hyphenated words become whole, and spaces are added only where the script has them.

    `own_words` are those of the document; they help to tell the hyphen of a compound from that of a broken word.
    """
    own_words = own_words or OwnWords()
    text = ""
    for line in (line.strip() for line in lines):
        if not line:
            continue
        if not text:
            text = line
        elif text[-1] in "-\u2010\u00ad" and len(text) > 1 and text[-2].isalpha() and line[0].islower():
            text = (text if own_words.keeps_hyphen(text, line) else text[:-1]) + line
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
