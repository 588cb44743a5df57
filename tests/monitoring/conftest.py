"""One real run of the daemon, whose log all examples read."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.scene import LoggedDaemon, play
from monitoring.tools import Records, records_in


@pytest.fixture(scope="session")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> LoggedDaemon:
    """The daemon, which has ended."""
    daemon = LoggedDaemon(tmp_path_factory.mktemp("markerd"))
    try:
        play(daemon)
    finally:
        if daemon.process is not None:
            daemon.kill()
    return daemon


@pytest.fixture(scope="session")
def real_log(real_run: LoggedDaemon) -> Path:
    """JSON lines, as the daemon wrote them."""
    return real_run.log


@pytest.fixture(scope="session")
def records(real_log: Path) -> Records:
    """The same, read."""
    return records_in(real_log)
