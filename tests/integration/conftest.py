"""What the tests of the intake share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake_scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    for intake in scene.intakes:
        assert intake.stop()
        assert intake.failure is None
