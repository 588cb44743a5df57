"""How far a converter is confined, by what the kernel gave."""

from __future__ import annotations

import pytest

from markerd.convert.confinement import Level, achieved


@pytest.mark.parametrize(
    ("abi", "has_filter", "model_set", "level", "missing"),
    [
        (7, True, "embedded", Level.FULL, set()),
        (1, True, "embedded", Level.FULL, set()),
        (4, True, "surya", Level.FULL, set()),
        (3, True, "surya", Level.PARTIAL, {"TCP is open"}),
        (7, False, "embedded", Level.PARTIAL, {"sockets other than TCP"}),
        (3, False, "embedded", Level.PARTIAL, {"sockets other than TCP", "TCP is open"}),
        (0, True, "embedded", Level.PARTIAL, {"files are open"}),
        (0, False, "embedded", Level.NONE, {"files are open", "sockets other than TCP", "TCP is open"}),
    ],
)
def test_what_is_missing_is_named(abi: int, has_filter: bool, model_set: str, level: Level, missing: set[str]) -> None:
    """Full is what leaves no file and no network open; else the reason has each gap, and no other."""
    confinement = achieved(abi, has_filter, model_set)
    assert (confinement.level, confinement.landlock_abi) == (level, abi)
    gaps = {"files are open", "TCP is open", "sockets other than TCP"}
    assert {gap for gap in gaps if gap in confinement.reason} == missing
