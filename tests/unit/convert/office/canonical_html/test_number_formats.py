"""Numbers as Word writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.convert.office.canonical_html.number_formats import FORMATS, write_number


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (4, "decimal", "4"),
        (4, "decimalZero", "04"),
        (26, "lowerLetter", "z"),
        (28, "upperLetter", "BB"),
        (0, "lowerLetter", "0"),
        (1994, "upperRoman", "MCMXCIV"),
        (9, "lowerRoman", "ix"),
        (4000, "upperRoman", "4000"),
        (3, "none", ""),
        (3, "chineseCounting", "三"),
        (10, "chineseCounting", "十"),
        (105, "chineseCountingThousand", "一百零五"),
        (21, "japaneseCounting", "二十一"),
        (10, "japaneseLegal", "壱拾"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (45, "koreanCounting", "사십오"),
        (20_030, "taiwaneseCountingThousand", "二萬零三十"),
        (2, "ideographTraditional", "乙"),
        (13, "ideographZodiacTraditional", "丙子"),
        (12, "decimalEnclosedCircle", "⑫"),
        (21, "decimalEnclosedCircle", "21"),
        (107, "decimalFullWidth", "１０７"),
        (5, "chicago", "**"),
        (3, "aiueoFullWidth", "ウ"),
        (15, "hebrew1", "טו"),
        (29, "russianLower", "я"),
        (12, "ordinal", "12th"),
        (23, "ordinal", "23rd"),
        (121, "cardinalText", "One hundred twenty-one"),
        (30, "ordinalText", "Thirtieth"),
        (7, "custom 001, 002, 003, ...", "007"),
        (26, "hex", "1A"),
        (4, "numberInDash", "- 4 -"),
        (3, "of-a-later-version", "3"),
    ],
)
def test_number_is_written_in_its_format(number: int, kind: str, text: str) -> None:
    """After z comes aa, then bb; a number that the format cannot write is in digits."""
    assert write_number(number, kind) == text


@given(number=st.integers(-5, 2_000_000), kind=st.sampled_from(FORMATS))
def test_every_number_has_a_text_in_every_format(number: int, kind: str) -> None:
    """A number outside a format's range comes in digits, as it does in Word, and two neighbours differ."""
    text = write_number(number, kind)
    assert text
    assert text != write_number(number + 1, kind)
