"""Names that fit a file system and stay apart."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.values import number_names, shorten_name

_bytes = st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name)
_names = _bytes.map(os.fsdecode) | st.text(st.sampled_from("aé漢📄. "), min_size=1, max_size=255).filter(
    lambda name: len(name.encode()) <= 255
)
_endings = st.sampled_from(["", "-2.pdf", ".error.json", "_chunks.json", "-0123abcd_chunks.json"])


@given(_names, _endings)
def test_shortened_name_fits(stem: str, ending: str) -> None:
    """It has at most 255 bytes, and its ending is whole."""
    name = shorten_name(stem, ending)
    assert len(os.fsencode(name)) <= 255
    assert name.endswith(ending)


@given(_names, _endings)
def test_name_that_fits_is_unchanged(stem: str, ending: str) -> None:
    """Only a name that is too long is cut."""
    if len(os.fsencode(stem + ending)) <= 255:
        assert shorten_name(stem, ending) == stem + ending


@given(st.text("aé漢", min_size=240, max_size=255), st.text("aé漢", min_size=240, max_size=255), _endings)
def test_different_stems_give_different_names(first: str, second: str, ending: str) -> None:
    """Two stems never give one name, cut or not."""
    assert (shorten_name(first, ending) == shorten_name(second, ending)) is (first == second)


@given(_names)
def test_numbered_names_fit_and_differ(name: str) -> None:
    """The first is the name itself, and each is a name that a file system takes."""
    found = list(itertools.islice(number_names(name), 12))
    assert found[0] == name
    assert len(set(found)) == 12
    assert all(len(os.fsencode(each)) <= 255 for each in found)


@pytest.mark.timeout(5)
def test_name_that_is_nearly_all_suffix_is_numbered() -> None:
    """A suffix that leaves no room for the number is not kept."""
    second = next(itertools.islice(number_names("a." + "x" * 253), 1, None))
    assert len(second) <= 255


@pytest.mark.parametrize(
    ("name", "second"),
    [("a.pdf", "a-2.pdf"), ("a", "a-2"), ("a.tar.gz", "a.tar-2.gz"), ("a.", "a-2."), (".hidden", ".hidden-2")],
)
def test_number_stands_before_the_suffix(name: str, second: str) -> None:
    """The name still shows the kind of the file."""
    assert next(itertools.islice(number_names(name), 1, None)) == second
