"""The numbers of sections are read in the numerals that they are written in."""

from __future__ import annotations

import pytest

from markerd.convert.embedded.text.section_numbers import read_section_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3. Methods", (3,)),
        ("3.2 Methods", (3, 2)),
        ("10) Methods", (10,)),
        ("IV. Methods", (4,)),
        ("XIX. Methods", (19,)),
        ("第三章 方法", (3,)),
        ("十二、方法", (12,)),
        ("第二十一节 方法", (21,)),
        ("IIV. Methods", ()),
        ("Methods", ()),
        ("3.5", ()),
        ("1999 was a year", ()),
    ],
)
def test_number_is_read(text: str, number: tuple[int, ...]) -> None:
    assert read_section_number(text) == number
