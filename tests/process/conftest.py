"""One daemon for the tests that only look at what it makes of documents: loading the models takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import RunningDaemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDaemon]:
    running = RunningDaemon(tmp_path_factory.mktemp("markerd")).start()
    yield running
    running.kill()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A machine of its own takes minutes, mostly of waiting: begun last, it would be waited for alone."""
    items.sort(key=lambda item: "test_systemd" not in item.nodeid)
