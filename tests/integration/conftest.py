"""What the tests of the intake, of the journal, of publishing and of the engine share."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intake_scene import Scene
from markerd.convert.engine import Engine
from markerd.convert.protocol import ConverterSpec
from markerd.files import durable, shipped
from markerd.journal import Journal
from publishing import Publisher

# Marker's settings read this when they are imported, which may be while tests are collected: before any engine loads.
os.environ.setdefault("FONT_PATH", str(shipped.FONT))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for intake in scene.intakes:
        assert intake.stop()
        assert intake.failure is None


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def events() -> list[tuple[str, dict[str, Any]]]:
    """What the module's engine said: `level event`, and the fields. A test that asks empties it first."""
    return []


@pytest.fixture(scope="module")
def engine(events: list[tuple[str, dict[str, Any]]]) -> Iterator[Engine]:
    """One with the embedded models, whose environment goes with it."""
    before = dict(os.environ)
    loaded = Engine(
        lambda level, event, **fields: events.append((f"{level} {event}", fields)), ConverterSpec(threads=2)
    )
    loaded.load()
    yield loaded
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


@pytest.fixture(params=["renameat2", "without renameat2"])
def _either_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the kernel's own exchange and no-replace, and on a file system that has neither."""
    if request.param == "without renameat2":

        def refused(*_: object) -> None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

        monkeypatch.setattr(durable, "_rename_with_flags", refused)
