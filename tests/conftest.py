"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from harness import RunningDaemon
from needs import missing
from tiny_surya import TinySurya, made_weights

# How long an example takes depends on what else the machine does; how long a test may take, pytest-timeout says.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real documents beside the checkout."""
    if not CORPUS.is_dir():
        missing("no ../shared/corpus beside this checkout")
    return CORPUS


@pytest.fixture(scope="session")
def tiny_surya(tmp_path_factory: pytest.TempPathFactory) -> TinySurya:
    """Stand-in weights of Surya's models, made once for all processes of a test session."""
    base = tmp_path_factory.getbasetemp()
    return made_weights(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


class StartDaemon(Protocol):
    """Makes a daemon below a folder; it is ended with the test, whatever happens."""

    def __call__(
        self, root: Path, arguments: tuple[str, ...] = ..., **settings: dict[str, object]
    ) -> RunningDaemon: ...


@pytest.fixture
def daemon_at() -> Iterator[StartDaemon]:
    made: list[RunningDaemon] = []

    def make(root: Path, arguments: tuple[str, ...] = (), **settings: dict[str, object]) -> RunningDaemon:
        root.mkdir(parents=True, exist_ok=True)
        made.append(RunningDaemon(root, arguments, **settings))
        return made[-1]

    yield make
    for daemon in made:
        if daemon.process is not None:
            daemon.kill()
