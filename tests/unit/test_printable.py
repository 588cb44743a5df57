"""Names as text that cannot forge a line."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.values import make_printable

_names = st.binary(min_size=1).map(os.fsdecode)


@given(_names, _names)
def test_two_names_never_look_alike(first: str, second: str) -> None:
    """The mapping is one to one."""
    assert (make_printable(first) == make_printable(second)) is (first == second)


@given(st.text())
def test_result_is_printable(name: str) -> None:
    """It has no control character, no escape sequence and no lone surrogate, whatever went in."""
    shown = make_printable(name)
    assert shown.isprintable()
    shown.encode("utf-8")


@given(st.binary())
def test_bytes_and_their_decoded_form_look_the_same(name: bytes) -> None:
    """A name may come from either kind of call of the operating system."""
    assert make_printable(name) == make_printable(os.fsdecode(name))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain name.pdf", "plain name.pdf"),
        ("Grüße 📄.pdf", "Grüße 📄.pdf"),
        ("a\nb\x1b[31m", "a\\x0ab\\x1b[31m"),
        ("back\\slash", "back\\\\slash"),
        (b"\xff.pdf", "\\xff.pdf"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\x85", "\\u0085"),
        ("\U000e0001", "\\U000e0001"),
    ],
)
def test_letters_stay_and_dangerous_characters_are_escaped(name: str | bytes, shown: str) -> None:
    """Characters that move the cursor, turn the text or are invalid are escaped."""
    assert make_printable(name) == shown
