"""Numbers as Word writes them."""

from __future__ import annotations

import pytest

from markerd.convert.office.readers.docx_numbering import write_number


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
        (3, "chineseCounting", "3"),
    ],
)
def test_number_is_written_in_its_format(number: int, kind: str, text: str) -> None:
    """After z comes aa, then bb; a number that the format cannot write is in digits."""
    assert write_number(number, kind) == text
