"""How far a converter is confined, by what the kernel gave."""

from __future__ import annotations

import pytest

from markerd.convert.sandbox.confinement import Level, describe_achieved


@pytest.mark.parametrize(
    ("abi", "why_no_filter", "has_sockets", "level", "missing"),
    [
        (7, "", False, Level.FULL, set()),
        (1, "", False, Level.FULL, set()),
        (4, "", True, Level.FULL, set()),
        (3, "", True, Level.PARTIAL, {"TCP is open"}),
        (7, "libseccomp is missing", False, Level.PARTIAL, {"sockets other than TCP"}),
        (3, "libseccomp is missing", False, Level.PARTIAL, {"sockets other than TCP", "TCP is open"}),
        (0, "", False, Level.PARTIAL, {"files are open"}),
        (
            0,
            "libseccomp is missing",
            False,
            Level.NONE,
            {"files are open", "sockets other than TCP", "TCP is open"},
        ),
    ],
)
def test_reason_names_each_gap_of_the_confinement(
    abi: int, why_no_filter: str, has_sockets: bool, level: Level, missing: set[str]
) -> None:
    """Full means that no file and no network is open; else the reason has each gap, and no other."""
    confinement = describe_achieved(abi, why_no_filter, has_sockets=has_sockets)
    assert (confinement.level, confinement.landlock_abi) == (level, abi)
    gaps = {"files are open", "TCP is open", "sockets other than TCP"}
    assert {gap for gap in gaps if gap in confinement.reason} == missing
    assert ("libseccomp is missing" in confinement.reason) is bool(why_no_filter)


def test_kept_capability_makes_confinement_partial() -> None:
    """The reason names it besides the other gaps."""
    confinement = describe_achieved(7, "", "CAP_DAC_READ_SEARCH is kept")
    assert (confinement.level, confinement.reason) == (Level.PARTIAL, "CAP_DAC_READ_SEARCH is kept")
