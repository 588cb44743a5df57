"""Fixtures for the tests of files."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from crashing import MEMORY
from deep_trees import MOST_S
from markerd.files import trees


@pytest.fixture
def never_blocks() -> Iterator[None]:
    """Whoever waits for the other end of a pipe is interrupted."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {MOST_S} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(MOST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def place(never_blocks: None) -> Iterator[Path]:
    """Removed without recursion, as pytest's own folders are not; its name is short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="deep-", dir=MEMORY))
    yield path
    trees.remove(path)
