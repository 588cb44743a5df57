"""A temp folder goes with its owner, or with the next one of its kind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from markerd.convert.ray.owned_folder import OwnedFolder, sweep_abandoned

_OWNER = """
import sys, time
from pathlib import Path
from markerd.convert.ray.owned_folder import OwnedFolder
folder = OwnedFolder(Path(sys.argv[1]), "test-")
(folder.path / "below").mkdir()
print(folder.path, flush=True)
time.sleep(600)
"""


def test_folder_of_a_killed_owner_is_removed_by_the_next(tmp_path: Path) -> None:
    """Not before its death, and with all that is in it."""
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert owner.stdout is not None
        abandoned = Path(owner.stdout.readline().strip())
        sweep_abandoned(tmp_path, "test-")
        assert (abandoned / "below").is_dir()
    finally:
        owner.send_signal(signal.SIGKILL)
        owner.communicate()
    folder = OwnedFolder(tmp_path, "test-")
    assert not abandoned.exists()
    folder.remove()
    folder.remove()
    assert os.listdir(tmp_path) == []


def test_folders_of_others_stay(tmp_path: Path) -> None:
    """Those with another prefix, and those that have no owner yet."""
    (tmp_path / "test-new").mkdir()
    other = OwnedFolder(tmp_path, "other-")
    sweep_abandoned(tmp_path, "test-")
    assert sorted(os.listdir(tmp_path)) == sorted([other.path.name, "test-new"])
    other.remove()
