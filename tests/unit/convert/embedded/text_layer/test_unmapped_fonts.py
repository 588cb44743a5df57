"""Whether the text of a font without a mapping is words or codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.embedded.text_layer.characters import UNMAPPED
from markerd.convert.embedded.text_layer.unmapped_fonts import UNREADABLE, is_code, mark_unreadable

SENTENCES = (
    "The quick brown fox jumps over the lazy dog and runs home before the evening comes.",
    "Der Ausschuss trat am Dienstag zusammen und beriet den Bericht.",
    "Le rapport de la commission fut adopté sans débat par les membres.",
    "El informe de la comisión fue aprobado por unanimidad.",
    "Het verslag van de commissie werd zonder debat aangenomen.",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_words_are_no_codes(sentence: str) -> None:
    """Sentences of five languages are words."""
    assert not is_code(sentence)


@given(sentence=st.sampled_from(SENTENCES), shift=st.sampled_from([-29, -31, -28, 3, 7, 29]))
def test_shifted_letters_are_codes(sentence: str, shift: int) -> None:
    """The shift may be any; three words suffice."""
    for text in (sentence, " ".join(sentence.split()[:3])):
        assert is_code("".join(chr(ord(c) + shift) for c in text))


@pytest.mark.parametrize("text", ["", "+", "3 4", "\x01"])
def test_a_few_signs_are_left_alone(text: str) -> None:
    """Too few characters are no evidence."""
    assert not is_code(text)


def test_only_fonts_without_a_mapping_are_judged() -> None:
    """All text that the page has in a font counts; a font of signs never holds codes."""
    fonts: list[dict[str, object]] = [
        {"name": "A+Arial", UNMAPPED: True},
        {"name": "B+Arial", UNMAPPED: False},
        {"name": "CMSY10", UNMAPPED: True},
        {"name": "Arial"},
    ]
    spans = [{"font": font, "text": text} for font in fonts for text in ("7KH", "TXLFN")]
    mark_unreadable({"blocks": [{"lines": [{"spans": spans}]}]})
    assert [font.get(UNREADABLE, False) for font in fonts] == [True, False, False, False]
