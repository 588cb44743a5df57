"""How soon a daemon begins, and that it rests in between. The bounds are wide of what the benchmarks measure."""

from __future__ import annotations

import sys

import pytest

from benchmarks import idle, latency
from measured_daemon import find_quantile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read leases and /proc are Linux's")

PROMPT_S = 0.5
"""Ten times what a rename takes on a machine that is busy; the wait and the polls of before took 1.4 s."""
WAKES_A_SECOND = 4.0
"""More than twice what is measured. A thread that polls five times a second shows."""


def test_conversion_starts_soon_after_the_drop() -> None:
    """After a rename, and after a write in place whose end is known; else `settle_s` and little more."""
    delays = latency.measure(7, is_quick=True)
    medians = {way: find_quantile(delays_s, 0.5) for way, delays_s in delays.items()}
    waiting = medians.pop("written there, HTML (settle_s = 1)")
    assert max(medians.values()) < PROMPT_S, medians
    assert 1.0 <= waiting < 1.0 + PROMPT_S


def test_idle_daemon_rests() -> None:
    """No thread of the daemon or of its converter asks again and again whether there is something to do."""
    done = idle.measure(10.0, is_quick=True)
    assert done.parent.wakes / done.seconds < WAKES_A_SECOND
    assert done.converter.wakes / done.seconds < 1.0
