"""The private folder of a command: it is gone at the end, and what a killed one has left goes with the next."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from markerd.runtime.one_off.private_state import hold_private_state


@pytest.fixture(autouse=True)
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leave(temp: Path, name: str = "markerd-convert-killed") -> Path:
    """What a command that was killed leaves: its lock is nobody's."""
    left = temp / name
    (left / "spool" / "1").mkdir(parents=True)
    (left / "lock").write_text("1\n")
    return left


def interrupt() -> None:
    with hold_private_state():
        raise KeyboardInterrupt


def test_folder_is_private_and_gone_at_the_end(temp: Path) -> None:
    """Nobody else can read it, and an error leaves nothing either."""
    with hold_private_state() as folder:
        assert folder.parent == temp
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "spool").mkdir()
    assert list(temp.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert list(temp.iterdir()) == []


def test_left_over_folder_is_removed_and_one_in_use_is_not(temp: Path) -> None:
    """The kernel tells them apart by the lock."""
    leave(temp)
    with hold_private_state() as used, hold_private_state(young_s=0.0) as mine:
        assert sorted(temp.iterdir()) == sorted([used, mine])


def test_what_may_be_another_thing_is_left_alone(temp: Path) -> None:
    """A folder that is young may not be locked yet, a link leads elsewhere, and another name is another program's."""
    kept = [leave(temp), leave(temp, "other"), temp / "markerd-convert-link"]
    kept[2].symlink_to(kept[1])
    with hold_private_state() as mine:
        assert sorted(temp.iterdir()) == sorted([*kept, mine])
    kept[0].rename(temp / "away")
    with hold_private_state(young_s=0.0):
        assert (temp / "markerd-convert-link").is_symlink()
        assert (temp / "other" / "lock").exists()
