"""Outputs stay while a source may be there: its folder, its disk or what lies in them cannot be seen for certain."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from disks import disk_at
from markerd.pipeline.source_sight import walk_files
from mirror_scene import scene_at


def test_nothing_goes_while_the_folder_is_away(tmp_path: Path) -> None:
    """Renamed, removed, made anew, emptied, or full of other files."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        inbox, away = scene.core.inbox, scene.core.root / "away"
        inbox.rename(away)
        scene.wait()
        inbox.mkdir()
        scene.wait()
        (inbox / "stranger.pdf").write_bytes(b"%PDF-1.4 new")
        scene.wait()
        assert scene.outputs == {"a", "b"}
        assert len(scene.core.log.find("folder.sources_away")) == 1
        shutil.rmtree(inbox)
        away.rename(inbox)
        (inbox / "b.pdf").unlink()
        scene.look()
        assert scene.outputs == {"a", "b"}
        scene.wait()
        assert scene.outputs == {"a"}


def test_source_that_is_moved_during_a_look_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder that is still to be looked through into one that was."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        inbox, real = scene.core.inbox, os.scandir
        (inbox / "one").mkdir()
        (inbox / "b.pdf").rename(inbox / "one/b.pdf")
        scene.wait()

        def move_and_list(path: str | Path) -> object:
            if Path(path) == inbox / "one" and (inbox / "one/b.pdf").exists():
                (inbox / "one/b.pdf").rename(inbox / "moved.pdf")
            return real(path)

        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", move_and_list)
            scene.mirror.run()
        assert scene.outputs == {"a", "b"}
        scene.look()
        assert scene.outputs == {"a", "b"}
        (inbox / "moved.pdf").unlink()
        scene.look()
        assert scene.outputs == {"a"}


def test_file_that_vanishes_hides_no_other(tmp_path: Path) -> None:
    """All that lies beside it is still looked at."""
    for number in range(20):
        (tmp_path / f"{number}.pdf").write_bytes(b"x")
    walk = walk_files(str(tmp_path), {1})
    seen = [next(walk)]
    for number in range(20):
        if str(tmp_path / f"{number}.pdf") != (seen[0] or ("",))[0] and number % 2:
            (tmp_path / f"{number}.pdf").unlink()
    seen += walk
    found = {Path(each[0]).name for each in seen if each is not None}
    assert {f"{number}.pdf" for number in range(0, 20, 2)} <= found


def test_folder_that_is_away_holds_up_no_other(tmp_path: Path) -> None:
    """However long it is away."""
    with scene_at(tmp_path) as scene:
        scene.core.plans[str(tmp_path / "gone")] = scene.core.plan
        scene.restart()
        scene.convert("a.pdf", "b.pdf")
        (scene.core.inbox / "b.pdf").unlink()
        scene.wait()
        assert scene.outputs == {"a"}


def test_nothing_goes_while_a_disk_is_away(tmp_path: Path) -> None:
    """That of the folder, or of a folder in it, for a process that knew them before and for a new one."""
    with disk_at(tmp_path / "inbox") as disk, scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        content = {name: (scene.core.inbox / name).read_bytes() for name in ("a.pdf", "b.pdf")}
        disk.unmount()
        scene.wait()
        scene.restart()
        scene.wait()
        assert scene.outputs == {"a", "b"}
        assert set(content) == {"a.pdf", "b.pdf"}
    with disk_at(tmp_path / "two/inbox/sub") as disk, scene_at(tmp_path / "two") as scene:
        scene.convert("a.pdf", "sub/b.pdf")
        disk.unmount()
        scene.wait()
        scene.restart()
        scene.wait()
        assert scene.outputs == {"a", "sub/b"}


def test_nothing_goes_while_a_folder_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source may be in it."""
    real = os.scandir
    closed = tmp_path / "inbox/closed"

    def refuse(path: str | Path) -> object:
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf", "closed/c.pdf")
        (scene.core.inbox / "b.pdf").unlink()
        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", refuse)  # root may read everything
            scene.wait()
        assert scene.outputs == {"a", "b", "closed/c"}
        assert "closed" in str(scene.core.log.find("output.kept")[0]["reason"])
        scene.look()
        assert scene.outputs == {"a", "closed/c"}
