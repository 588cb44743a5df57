"""The state directory that a confined process lies in."""

from __future__ import annotations

from pathlib import Path

import pytest

from markerd.convert.sandbox import confinement
from needs import missing


@pytest.fixture
def full_confinement() -> None:
    """Tests that want the whole confinement run where the system offers it."""
    if confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A state directory's spool: the folder of a converter, a job of somebody else, and the journal beside them."""
    folder = tmp_path / "state" / "spool"
    for path in (folder / "converter-1" / "tmp", folder / "converter-1" / "job", folder / "7"):
        path.mkdir(parents=True)
    (folder / "7" / "document.pdf").write_bytes(b"another's")
    (folder / "converter-1" / "job" / "document.pdf").write_bytes(b"its own")
    (folder.parent / "journal.sqlite").write_bytes(b"the journal")
    return folder
