"""The real daemon, killed at random moments under load; `make kills` does it two hundred times."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import StartDaemon
from killing import Killing

KILLS = 20


@pytest.mark.parametrize(("workers", "kills"), [(1, KILLS), (2, KILLS // 2)])
def test_random_kills_lose_nothing(tmp_path: Path, daemon_at: StartDaemon, workers: int, kills: int) -> None:
    """Each document is published once, is a dead letter with its reason, or was taken back. Nothing is left over."""
    daemon = daemon_at(tmp_path, daemon={"reconcile_s": 1}, folders={"settle_s": 0.1}, converter={"workers": workers})
    killing = Killing(daemon, seed=20)
    for _ in range(kills):
        killing.live_and_die()
    account = killing.finish()
    assert account.published > 0
    assert account.letters > 0
