"""What the tests of `markerd models` share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_server import HubServer, hub_at
from models_machine import IN_STORE, REPOSITORIES, Machine


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_at(REPOSITORIES, IN_STORE) as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, server: HubServer) -> Machine:
    return Machine(tmp_path, server)
