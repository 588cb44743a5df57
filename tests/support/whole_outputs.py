"""What readers may see after a crash: whole outputs and dead letters with their reason, and nothing half."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from markerd.files import durable

_PLACES = ("inbox", "outbox", "done", "failed")


def files_in(root: Path) -> frozenset[str]:
    """All that is in the document's places, on whichever disk."""
    return frozenset(
        str(Path(place) / Path(folder, name).relative_to((root / place).resolve()))
        for place in _PLACES
        for folder, _, names in os.walk((root / place).resolve())
        for name in names
    )


def left_over(root: Path) -> list[str]:
    """What has a name of ours that no reader is to see."""
    return [name for name in files_in(root) if durable.PREFIX in name]


def demand_whole(root: Path) -> None:
    """What readers see at any moment: outputs with all that their manifests name, dead letters with their reason."""
    for name in files_in(root):
        if name.startswith("outbox/") and durable.PREFIX not in name:
            _demand_whole_output(_output_around(root / name))
        if name.startswith("failed/") and not name.endswith(".error.json") and durable.PREFIX not in name:
            assert json.loads((root / f"{name}.error.json").read_bytes())["message"]


def _output_around(file: Path) -> Path:
    """The folder with a manifest that the file lies in, in a folder of others within it perhaps."""
    found = [folder for folder in file.parents if (folder / "manifest.json").exists()]
    assert found, f"{file} lies in no output"
    return found[0]


def _demand_whole_output(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for artifact in manifest["artifacts"]:
        assert hashlib.sha256((folder / artifact["file"]).read_bytes()).hexdigest() == artifact["sha256"]
