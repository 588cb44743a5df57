"""Outputs follow their sources over crashes, and whatever happens to the sources meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core_scene import files_below
from markerd.files import durable
from markerd.values import OnSourceRemoved
from mirror_scene import GRACE_S, scene_at


class Crash(BaseException):
    """The process dies."""


def _list_calls(monkeypatch: pytest.MonkeyPatch, crash_at: int) -> Callable[[], int]:
    """Let the process die at the nth change of the output folder or the journal."""
    count = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal count
            count += 1
            if count == crash_at:
                raise Crash
            return real(*arguments, **options)

        return call

    for name in ("rename", "rmdir", "unlink", "mkdir", "link"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    monkeypatch.setattr(durable, "rename_to_free_name", counted(durable.rename_to_free_name))
    return lambda: count


@pytest.mark.parametrize("deed", [OnSourceRemoved.DELETE, OnSourceRemoved.ARCHIVE])
@pytest.mark.parametrize("crash_at", range(1, 16))
def test_crash_between_any_two_steps_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: OnSourceRemoved, crash_at: int
) -> None:
    """The next process ends what was begun: the output is gone, and archived once if it is to be."""
    with scene_at(tmp_path, deed) as scene:
        scene.convert("a.pdf", "b.pdf")
        size = len(files_below(scene.core.root / "outbox/b"))
        (scene.core.inbox / "b.pdf").unlink()
        scene.look()
        with monkeypatch.context() as patched:
            _list_calls(patched, crash_at)
            try:
                scene.look(GRACE_S + 1)
            except Crash:
                assert scene.events == []
        scene.restart()
        scene.wait()
        assert scene.outputs == {"a"}
        assert scene.events == ["b.pdf"]
        assert files_below(scene.core.root / "outbox") == {f"a/{name}" for name in os.listdir(tmp_path / "outbox/a")}
        archived = files_below(scene.core.root / "done")
        assert len(archived) == (size if deed is OnSourceRemoved.ARCHIVE else 0), archived


_names = st.sampled_from(["a.pdf", "b.pdf", "sub/c.pdf", "sub/d.pdf"])
_deeds = st.sampled_from(["remove", "move", "restore", "look", "wait", "restart", "hide", "show"])


@given(st.lists(st.tuples(_deeds, _names), max_size=14))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_output_of_a_source_that_is_there_is_there(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, str]]
) -> None:
    """Whatever happens to the sources and to their folder."""
    with scene_at(tmp_path_factory.mktemp("mirror")) as scene:
        names = ["a.pdf", "b.pdf", "sub/c.pdf", "sub/d.pdf"]
        scene.convert(*names)
        inbox, away = scene.core.inbox, scene.core.root / "away"
        for deed, name in deeds:
            source, moved = inbox / name, inbox / f"moved-{Path(name).name}"
            if deed == "remove":
                source.unlink(missing_ok=True)
            elif deed == "move" and source.exists():
                source.rename(moved)
            elif deed == "restore" and moved.exists() and source.parent.exists():
                moved.rename(source)
            elif deed == "hide" and inbox.exists():
                inbox.rename(away)
            elif deed == "show" and away.exists():
                away.rename(inbox)
            elif deed == "wait":
                scene.wait()
            elif deed == "look":
                scene.look(GRACE_S / 2)
            elif deed == "restart":
                scene.restart()
            there = away if away.exists() else inbox
            kept = {n for n in names if (there / n).exists() or (there / f"moved-{Path(n).name}").exists()}
            assert {str(Path(n).with_suffix("")) for n in kept} <= scene.outputs
