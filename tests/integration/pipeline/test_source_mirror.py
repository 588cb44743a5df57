"""Outputs follow their sources, and never where a source is there, was moved, or its folder is away."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core_scene import core_at, files_below
from markerd.files import hashing
from markerd.journal.deliveries import Lane, Route
from markerd.pipeline import small_steps
from markerd.values import After, Occasion, OnSourceRemoved, State
from mirror_scene import GRACE_S, Scene, scene_at


def test_output_goes_after_the_grace_time(tmp_path: Path) -> None:
    """Said once, in the journal and in the log; the others stay."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "sub/b.pdf", "sub/c.pdf")
        (scene.core.inbox / "sub/b.pdf").unlink()
        scene.look()
        scene.look(GRACE_S - 1)
        assert scene.outputs == {"a", "sub/b", "sub/c"}
        scene.look(2)
        scene.look()
        assert scene.outputs == {"a", "sub/c"}
        assert not (scene.core.root / "outbox/sub/b").exists()
        assert scene.events == ["sub/b.pdf"]
        assert scene.core.find("sub/b.pdf").state is State.SKIPPED
        assert scene.core.find("sub/b.pdf").output is None


def test_hooks_are_told_once(tmp_path: Path) -> None:
    """In the transaction that forgets the output, with the place where it was."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        lane = Lane(str(scene.core.inbox), "index")
        scene.core.journal.outbox.route({lane.folder: [Route(lane.hook, frozenset({Occasion.SOURCE_REMOVED}))]})
        (scene.core.inbox / "b.pdf").unlink()
        scene.wait()
        scene.look()
        told = scene.core.journal.outbox.find_due(lane, time.time())
        assert told is not None
        assert (told.path, told.occasion, told.output) == ("b.pdf", Occasion.SOURCE_REMOVED, tmp_path / "outbox/b")
        assert scene.core.journal.outbox.count_waiting(lane).deliveries == 1


def test_source_that_comes_back_is_converted_again(tmp_path: Path) -> None:
    """The very same file, even; within the grace time nothing happened."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        away = scene.core.root / "away.pdf"
        (scene.core.inbox / "b.pdf").rename(away)
        scene.look()
        away.rename(scene.core.inbox / "b.pdf")
        scene.wait()
        assert scene.outputs == {"a", "b"}
        (scene.core.inbox / "b.pdf").rename(away)
        scene.wait()
        assert scene.outputs == {"a"}
        away.rename(scene.core.inbox / "b.pdf")
        scene.core.queue("b.pdf")
        scene.core.finish_all()
        assert scene.outputs == {"a", "b"}


def test_output_of_a_source_that_was_written_again_goes(tmp_path: Path) -> None:
    """With the same content: it was skipped then, and its output is its output still."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        os.utime(scene.core.inbox / "b.pdf", (1, 1))
        scene.core.queue("b.pdf")
        scene.core.finish_all()
        assert scene.core.find("b.pdf").state is State.SKIPPED
        scene.wait()
        assert scene.outputs == {"a", "b"}
        (scene.core.inbox / "b.pdf").unlink()
        scene.wait()
        assert scene.outputs == {"a"}
        assert scene.events == ["b.pdf"]


def test_output_that_a_new_journal_found_goes(tmp_path: Path) -> None:
    """The journal was lost: all sources were skipped, because their outputs were there."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
    (tmp_path / "state/journal.sqlite").unlink()
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        assert scene.core.find("b.pdf").state is State.SKIPPED
        (scene.core.inbox / "b.pdf").unlink()
        scene.wait()
        assert scene.outputs == {"a"}


def test_output_of_a_replaced_source_that_vanished_stays(tmp_path: Path) -> None:
    """What the source was when it went was never converted, so that nobody can tell whether its content moved."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        source = scene.core.drop("b.pdf", b"%PDF-1.4 another")
        source.unlink()
        scene.core.finish_all()
        scene.wait()
        assert scene.outputs == {"a", "b"}


@pytest.mark.parametrize("place", ["c.pdf", "sub/b.pdf", "b.pdf.bak", ".hidden/b", "deep/er/b.pdf"])
def test_output_of_a_moved_source_stays(tmp_path: Path, place: str) -> None:
    """Wherever in its folder it is, converted there or not; it goes when the content goes."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        target = scene.core.inbox / place
        target.parent.mkdir(parents=True, exist_ok=True)
        (scene.core.inbox / "b.pdf").rename(target)
        scene.wait()
        assert scene.outputs == {"a", "b"}
        target.unlink()
        scene.wait()
        assert scene.outputs == {"a"}


def test_source_that_was_never_seen_in_its_place_is_not_missed(tmp_path: Path) -> None:
    """It was archived, before the folder was told to keep sources."""
    with core_at(tmp_path, after=After.ARCHIVE) as core:
        core.drop("a.pdf")
        core.finish_all()
        core.plans[str(core.inbox)] = replace(core.plan, places=replace(core.plan.places, after=After.KEEP))
        core.backlog.after[str(core.inbox)] = After.KEEP
        core.plan = core.plans[str(core.inbox)]
        scene = Scene(core, OnSourceRemoved.DELETE)
        core.drop("b.pdf", b"%PDF-1.4 two")
        core.finish_all()
        scene.wait()
        assert scene.outputs == {"a", "b"}


def test_grace_time_begins_again_with_the_process(tmp_path: Path) -> None:
    """Nobody looked meanwhile."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf")
        (scene.core.inbox / "b.pdf").unlink()
        scene.look()
        scene.restart()
        scene.look(GRACE_S + 1)
        assert scene.outputs == {"a", "b"}
        scene.look(GRACE_S + 1)
        assert scene.outputs == {"a"}


def test_what_others_put_into_the_output_stays(tmp_path: Path) -> None:
    """And what they edited; only what is as it was published goes."""
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "b.pdf", "c.pdf")
        outbox = scene.core.root / "outbox"
        (outbox / "b/notes.txt").write_text("mine")
        markdown = next((outbox / "c").glob("*.md"))
        markdown.write_text("edited")
        for name in ("b.pdf", "c.pdf"):
            (scene.core.inbox / name).unlink()
        scene.wait()
        assert files_below(outbox / "b") == {"notes.txt"}
        assert files_below(outbox / "c") == {markdown.name}
        assert scene.events == ["b.pdf", "c.pdf"]
        assert "1 file of others" in str(scene.core.log.find("document.source_removed")[0]["reason"])


def test_output_is_archived_whole(tmp_path: Path) -> None:
    """Nothing is overwritten there; what others put into it stays where it is."""
    with scene_at(tmp_path, OnSourceRemoved.ARCHIVE) as scene:
        scene.convert("a.pdf", "sub/b.pdf", "sub/c.pdf")
        outbox, done = scene.core.root / "outbox", scene.core.root / "done"
        before = {name: (outbox / "sub/b" / name).read_bytes() for name in files_below(outbox / "sub/b")}
        (outbox / "sub/b/notes.txt").write_text("mine")
        (done / "sub/b").mkdir(parents=True)
        (scene.core.inbox / "sub/b.pdf").unlink()
        scene.wait()
        assert {name: (done / "sub/b-2" / name).read_bytes() for name in files_below(done / "sub/b-2")} == before
        assert files_below(outbox / "sub/b") == {"notes.txt"}
        assert files_below(done / "sub/b") == set()


def test_large_file_is_looked_at_in_small_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow disk it would hold up the loop otherwise, until the service manager takes the daemon for hung."""
    monkeypatch.setattr(hashing, "_CHUNK_BYTES", 1)
    monkeypatch.setattr(small_steps, "_STEP_S", -1.0)
    with scene_at(tmp_path) as scene:
        scene.convert("a.pdf", "large.pdf")
        (scene.core.inbox / "large.pdf").rename(scene.core.inbox / "moved.pdf")
        scene.look()
        scene.now_s += GRACE_S + 1
        steps = 0
        while scene.mirror.is_under_way or steps == 0:
            scene.mirror.step()
            steps += 1
        assert steps > (scene.core.inbox / "moved.pdf").stat().st_size
        assert scene.outputs == {"a", "large"}
