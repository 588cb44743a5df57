"""How much memory a converter may take, by what is configured and what there is."""

from __future__ import annotations

import pytest

from markerd.convert.process.memory_limits import ConverterLimits, derive_limits, has_room_for_two

GB = 1 << 30
MB = 1 << 20


@pytest.mark.parametrize(
    ("total_gb", "recycle_mb", "most_mb"), [(4, 2048, 3072), (8, 4096, 6144), (16, 8192, 12288), (64, 8192, 49152)]
)
def test_default_limits_are_shares_of_memory(total_gb: int, recycle_mb: int, most_mb: int) -> None:
    """Half of the memory, at most 8 GB, and three quarters of it."""
    assert derive_limits(None, None, total_gb * GB) == ConverterLimits(recycle_mb * MB, most_mb * MB)


@pytest.mark.parametrize(
    ("recycle_mb", "max_mb", "expected"),
    [
        (1000, 3000, (1000, 3000)),  # both as they are given, whatever the machine has
        (99_000, 100_000, (99_000, 100_000)),
        (1000, None, (1000, 6144)),
        (7000, None, (7000, 7700)),  # above the default of the other, which gives way
        (None, 3000, (2000, 3000)),
        (None, 100_000, (4096, 100_000)),
    ],
)
def test_configured_limit_replaces_the_default(
    recycle_mb: int | None, max_mb: int | None, expected: tuple[int, int]
) -> None:
    """On a machine of 8 GB; the default of the other limit gives way."""
    assert derive_limits(recycle_mb, max_mb, 8 * GB) == ConverterLimits(expected[0] * MB, expected[1] * MB)


@pytest.mark.parametrize("total_mb", [256, 1000, 8000, 1_000_000])
@pytest.mark.parametrize(("recycle_mb", "max_mb"), [(None, None), (10, None), (None, 2), (10**9, None), (None, 10**9)])
def test_ceiling_is_always_above_recycling_limit(total_mb: int, recycle_mb: int | None, max_mb: int | None) -> None:
    """Else a converter would be killed in mid-document before it is replaced between two."""
    found = derive_limits(recycle_mb, max_mb, total_mb * MB)
    assert 0 < found.recycle_bytes < found.max_bytes


@pytest.mark.parametrize(
    ("held", "available", "most", "has_room"),
    [
        (3000, 1000, None, True),
        (3000, 999, None, False),
        (3000, 1000, 4000, True),
        (3001, 1000, 4000, False),
        (0, 10**6, 999, False),
    ],
)
def test_second_converter_loads_only_where_it_fits(held: int, available: int, most: int | None, has_room: bool) -> None:
    """One with its models takes 500 here: as much again stays free, on the machine and below the ceiling."""
    assert has_room_for_two(held, 500, most, available) is has_room
