"""Reads the number of a section, whatever numerals it is written in. Pure."""

from __future__ import annotations

import unicodedata

from markerd.convert.embedded.text.patterns import (
    CHINESE_SECTION_NUMBER,
    ROMAN_SECTION_NUMBER,
    SECTION_NUMBER,
)

_TEN = "\u5341"
_ROMAN = {"I": 1, "V": 5, "X": 10}


def read_section_number(text: str) -> tuple[int, ...]:
    """Read the number before a heading's words, one number for each level; empty where there is none.

    A roman number that nobody writes, such as `IIV`, is none.
    """
    if found := SECTION_NUMBER.match(text):
        return tuple(map(int, found[1].split(".")))
    if found := ROMAN_SECTION_NUMBER.match(text):
        number = _read_roman(found[1])
        return (number,) if _write_roman(number) == found[1] else ()
    if found := CHINESE_SECTION_NUMBER.match(text):
        return (_read_chinese(found[1] or found[2]),)
    return ()


def _read_roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _write_roman(number: int) -> str:
    tens, ones = divmod(number, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def _read_chinese(text: str) -> int:
    tens, ten, ones = text.rpartition(_TEN)
    known = (int(unicodedata.numeric(tens[-1])) if tens else 1) * 10 if ten else 0
    return known + (int(unicodedata.numeric(ones[-1])) if ones else 0)
