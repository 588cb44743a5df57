"""Fonts without a mapping to Unicode: their text is what the font calls its glyphs, such as `7KH TXLFN` for "The
quick"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markerd.convert.embedded.text.patterns import MATH_FONT, SYMBOL_FONT
from markerd.convert.embedded.text_layer.characters import UNMAPPED
from markerd.convert.embedded.text_layer.quality import find_latin_words, measure_common_pairs
from markerd.convert.embedded.text_layer.thresholds import THRESHOLDS

UNREADABLE = "is_unreadable"
"""Key in pdftext's fonts: whether only the page's picture shows what its text says."""


def mark_unreadable(pdftext_page: Any) -> None:
    """Mark for each font on the page whether it is unreadable.

    A font may call its glyphs by what they show without saying so: where words result, they are taken.
    """
    fonts: dict[int, Any] = {}
    texts: dict[int, list[str]] = {}
    for span in _find_spans(pdftext_page):
        if span["font"].get(UNMAPPED):
            fonts[id(span["font"])] = span["font"]
            texts.setdefault(id(span["font"]), []).append(span["text"])
    for key, font in fonts.items():
        font[UNREADABLE] = not _is_of_signs(font["name"] or "") and is_code(" ".join(texts[key]))


def _find_spans(pdftext_page: Any) -> Iterator[Any]:
    for block in (pdftext_page or {}).get("blocks", ()):
        for line in block["lines"]:
            yield from line["spans"]


def _is_of_signs(name: str) -> bool:
    return bool(MATH_FONT.search(name) or SYMBOL_FONT.search(name))


def is_code(text: str) -> bool:
    """Whether the text of a font without a mapping differs from the words that it shows."""
    characters = [c for c in text if not c.isspace()]
    if len(characters) < THRESHOLDS.min_unmapped_letters:
        return False
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in characters):
        return True
    words = find_latin_words(text)
    is_wordy = sum(map(len, words)) >= THRESHOLDS.min_wordy * len(characters)
    return not (is_wordy and measure_common_pairs(words) >= THRESHOLDS.min_common_pairs)
