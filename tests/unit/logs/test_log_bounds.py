"""Values are cut to what the journal's readers show, and visibly so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.logs.bounds import VALUE_MAX_BYTES, bound

PRINTABLE = st.characters(blacklist_categories=["Cs", "Cc"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(PRINTABLE),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(PRINTABLE), inner),
)


def size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


@given(value=VALUES)
def test_value_that_fits_is_unchanged(value: Any) -> None:
    """A value of any type that fits is unchanged."""
    if size(value) <= VALUE_MAX_BYTES:
        assert bound(value) == value


@given(value=VALUES, limit=st.integers(200, 1000))
def test_no_value_exceeds_the_limit(value: Any, limit: int) -> None:
    """The limit counts JSON, with its quotes and escapes."""
    assert size(bound(value, limit)) <= limit + 2


@pytest.mark.parametrize("text", ["x" * 200_000, "é" * 200_000, '"' * 200_000, "漢" * 5000, "a\n" * 50_000])
def test_long_text_keeps_its_ends(text: str) -> None:
    """The number of characters that are cut from the middle is shown."""
    short = bound(text)
    assert short.startswith(text[:500])
    assert short.endswith(text[-500:])
    left_out = int(short.split(" … ")[1].removesuffix(" characters"))
    assert left_out == len(text) - len(short) + len(f" … {left_out} characters … ")
    assert size(short) <= VALUE_MAX_BYTES + 2


def test_long_list_keeps_its_last_items() -> None:
    """The newest lines of a converter that died are the ones that say why."""
    lines = [f"line {number}" for number in range(5000)]
    short = bound(lines)
    assert short[-1] == "line 4999"
    assert short[0] == f"… {5000 - len(short) + 1} more …"
    assert size(short) <= VALUE_MAX_BYTES
