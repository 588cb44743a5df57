"""The number of actors: one number, or the least and the most."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from markerd.config.ray_section import RayConfig


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [(1, 1, 1), (4096, 4096, 4096), ({"min": 2, "max": 8}, 2, 8), ({"max": 8}, 1, 8), ({"max": 3, "min": 3}, 3, 3)],
)
def test_number_and_range_are_read(written: Any, least: int, most: int) -> None:
    section = RayConfig(actors=written)
    assert (section.least_actors, section.most_actors) == (least, most)


@pytest.mark.parametrize(
    "written",
    [
        0,
        4097,
        -1,
        1.0,
        True,
        "2",
        "auto",
        {},
        {"min": 1},
        {"min": 3, "max": 2},
        {"max": 2, "mx": 3},
        {"max": True},
        [2],
    ],
)
def test_all_else_is_refused_with_what_to_write(written: Any) -> None:
    with pytest.raises(ValidationError, match="write a number from 1 to 4096, or a table like"):
        RayConfig(actors=written)
