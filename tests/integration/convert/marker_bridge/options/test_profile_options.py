"""The options of Marker that profiles may set are known to Marker, and do something."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.config.profile import MarkerProfile, ProfileError, parse_profile
from markerd.convert.marker_bridge.page_ranges import read_page_range
from markerd.convert.sandbox import environment

environment.apply_environment(1)
pytestmark = [pytest.mark.models, pytest.mark.filterwarnings("ignore")]  # marker's and its libraries' own warnings

_PART = st.tuples(st.integers(0, 10**6), st.none() | st.integers(0, 10**6))


@pytest.mark.parametrize("option", sorted(MarkerProfile.model_fields))
def test_every_safe_option_is_one_of_marker(option: str) -> None:
    """A converter would accept it in `[folders.marker]` as well."""
    from markerd.convert.marker_bridge.options.checks import find_option_problems

    kinds = get_args(MarkerProfile.model_fields[option].annotation)
    value = True if bool in kinds else "lowres" if option == "image_extraction_mode" else "---"
    assert find_option_problems({option: value}) == []


@given(st.lists(_PART, min_size=1, max_size=4))
def test_page_range_that_a_profile_may_set_is_read(parts: list[tuple[int, int | None]]) -> None:
    """What the profile accepts, the converter reads, and the other way round."""
    text = ",".join(f"{first}" if last is None else f"{first}-{last}" for first, last in parts)
    is_accepted = True
    try:
        parse_profile(f'page_range = "{text}"'.encode())
    except ProfileError:
        is_accepted = False
    assert is_accepted is (all(last is None or first <= last for first, last in parts) and "1000000" not in text)
    if is_accepted and sum((last or first) - first for first, last in parts) < 10_000:
        read_page_range(text)
