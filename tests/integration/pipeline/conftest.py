"""Fixtures for the tests of the pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.pipeline.folder_plan import Places
from markerd.values import After


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "done", tmp_path / "failed", After.ARCHIVE)
