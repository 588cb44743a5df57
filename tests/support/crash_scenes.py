"""The scenes in which a daemon is killed at every step, see `crash_scene`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from core_scene import core_at
from crash_scene import ARCHIVED, BAD, GOOD, HOT, LETTER, OLD, ORPHAN, OUTPUT, Scene, configured, drop
from fakes import FakeConverter
from markerd.cli.retry import retry
from markerd.errors import DocumentError
from markerd.files import durable, moves
from markerd.values import After


def _earlier(root: Path, after: After = After.ARCHIVE, content: bytes = OLD) -> None:
    """The same path was published before."""
    with core_at(root, after=after) as core:
        core.drop("sub/a.pdf", content)
        core.finish_all()


def _replaces(root: Path) -> None:
    _earlier(root)
    (root / "outbox" / "sub" / "a" / "notes.txt").write_text("mine")
    drop(root)


def _dropped_again(root: Path) -> None:
    _earlier(root, content=GOOD)
    drop(root)


def _rewritten_while_queued(scene: Scene, root: Path) -> None:
    with core_at(root, after=scene.after) as core:
        core.queue("sub/a.pdf")
        drop(root, GOOD + b", and more")
        core.finish_all()
    scene.restart(root)


def _drop_two(root: Path) -> None:
    drop(root)
    beside = root / "dropped"
    beside.write_bytes(BAD)
    beside.rename(root / "inbox" / "sub" / "b.pdf")


def _two_at_once(scene: Scene, root: Path) -> None:
    """Both are in work when the first one ends, and the second one ends first."""
    with core_at(root, after=scene.after, workers=2) as core:
        core.queue("sub/a.pdf")
        core.queue("sub/b.pdf")
        core.finish_all()


def _output_away_for_a_while(scene: Scene, root: Path) -> None:
    """It goes while the document is converted, which is put back, and comes again."""
    converter = FakeConverter(before_result=lambda: shutil.rmtree(root / "outbox", ignore_errors=True))
    with core_at(root, after=scene.after, converter=converter) as core:
        core.queue("sub/a.pdf")
        core.finish_all()
        assert core.processor.storage.paused
        (root / "outbox").mkdir()
        converter.before_result = lambda: None
        core.processor.look_for_room(float("inf"))
        core.finish_all()


def _unwatched(deed: Callable[[], object]) -> None:
    """What a user does meanwhile: no step of ours that could be killed."""
    watching = sys.getprofile()
    sys.setprofile(None)
    try:
        deed()
    finally:
        sys.setprofile(watching)


def _written(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def _replaces_much(root: Path) -> None:
    _earlier(root)
    output = root / "outbox" / "sub" / "a"
    for name in ("notes.txt", "same.txt", "folder/deep.txt", "a_meta-2.json"):
        _written(output / name, "first")
    (output / "link").symlink_to("notes.txt")
    drop(root)


def _edited_while_replaced(scene: Scene, root: Path) -> None:
    """Somebody still works in the old folder once the new one has its place."""
    exchange = durable.exchange

    def exchanging(first: str, second: str, fd: int) -> None:
        exchange(first, second, fd)
        _unwatched(lambda: _edit(root / "outbox" / "sub" / first))

    with mock.patch.object(durable, "exchange", exchanging):
        scene.convert(root)


def _edit(output: Path) -> None:
    for name in ("notes.txt", "folder/deep.txt"):
        _written(output / "beside", "second")
        (output / "beside").rename(output / name)
    _written(output / "late.txt", "second")
    _written(output / "late" / "file", "second")


def _demand_edited(root: Path) -> None:
    """All of it or nothing: a kill comes before, or after. Recovery keeps an earlier version beside the last."""
    output = root / "outbox" / "sub" / "a"
    is_edited = (output / "late.txt").exists()
    for name in ("notes", "folder/deep"):
        texts = {file.read_text() for file in (output / f"{name}.txt", output / f"{name}-2.txt") if file.exists()}
        assert {"second" if is_edited else "first"} <= texts
    assert (output / "same.txt").read_text() == "first"


def _changed_as_it_goes(
    name: str, owner: object, function: str, old: bytes, new: bytes, *ends: frozenset[str], after: After = After.ARCHIVE
) -> Scene:
    """New bytes take the source's place when `function` is about to take it away."""

    @contextmanager
    def changing(root: Path) -> Iterator[None]:
        own, source = getattr(owner, function), root / "inbox" / "sub" / "a.pdf"

        def call(moved: str, *arguments: object) -> object:
            if moved == source.name and source.exists() and source.read_bytes() != new:
                _unwatched(lambda: drop(root, new))
            return own(moved, *arguments)

        with mock.patch.object(owner, function, call):
            yield

    def work(scene: Scene, root: Path) -> None:
        with changing(root):
            scene.convert(root)
            scene.restart(root)

    def finish(root: Path) -> None:
        with changing(root):
            scene.restart(root)

    other_disk = ("done", "failed") if owner is moves else ()
    scene = Scene(name, lambda root: drop(root, old), ends, after, work, finish, other_disk)
    return scene


def _reason_left(root: Path) -> None:
    """Of an earlier dead letter, whose document somebody took away."""
    _earlier(root, content=BAD)
    (root / "failed" / "sub" / "a.pdf").unlink()
    drop(root, BAD)


def _journal_damaged(root: Path) -> None:
    _earlier(root)
    drop(root)
    (root / "state" / "journal.sqlite").write_bytes(b"no database, but long enough to be looked at" * 200)


def _restart(scene: Scene, root: Path) -> None:
    scene.restart(root)


def _letter(root: Path, after: After) -> None:
    """A dead letter of what could be converted now."""
    refusal = DocumentError("not today", kind="conversion", is_permanent=True)
    with core_at(root, after=after, converter=FakeConverter([refusal])) as core:
        core.drop("sub/a.pdf", GOOD)
        core.finish_all()


def _retry(scene: Scene, root: Path) -> None:
    retry(configured(root, scene.after), None)


def _retry_again(scene: Scene) -> Callable[[Path], object]:
    return lambda root: _retry(scene, root)


def _retried(after: After, end: frozenset[str]) -> Scene:
    scene = Scene(
        f"retry, {after.value}", lambda root: _letter(root, after), (end, end | ORPHAN), after=after, work=_retry
    )
    return replace(scene, finish=_retry_again(scene))


_TRANSIENT = tuple(DocumentError(f"try {n}", kind="timeout") for n in range(1, 4))

DELETED = Scene("published, delete", drop, (OUTPUT,), after=After.DELETE)
PUBLISHED = Scene("published, archive", drop, (OUTPUT | ARCHIVED,))
ON_OTHER_DISK = Scene("archive on another disk", drop, (OUTPUT | ARCHIVED,), other_disk=("done",))
DEAD = Scene("dead", lambda root: drop(root, BAD), (LETTER,))
REPLACED = Scene("replaced", _replaces, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf", "outbox/sub/a/notes.txt"},))
_CARRIED = frozenset(
    f"outbox/sub/a/{name}" for name in ("notes.txt", "same.txt", "folder/deep.txt", "a_meta-2.json", "link")
)
_LATE = frozenset({"outbox/sub/a/late.txt", "outbox/sub/a/late/file"})
_BESIDE = ["outbox/sub/a/notes-2.txt", "outbox/sub/a/folder/deep-2.txt"]
_TWICE_ARCHIVED = OUTPUT | ARCHIVED | {"done/sub/a-2.pdf"}
_EDITED_LATE = _TWICE_ARCHIVED | _CARRIED | _LATE
EDITED = Scene(
    "edited while replaced",
    _replaces_much,
    (
        _TWICE_ARCHIVED | _CARRIED,
        *(_EDITED_LATE | set(beside) for beside in ([], _BESIDE[:1], _BESIDE[1:], _BESIDE)),
    ),
    work=_edited_while_replaced,
    demand=_demand_edited,
)
_RENAME, _COPY = (durable, "rename_to_free_name"), (moves, "copy_to_free_name")
_CHANGED = [
    _changed_as_it_goes("changed as it is archived", *_RENAME, GOOD, BAD, OUTPUT | LETTER),
    _changed_as_it_goes("changed as it is deleted", *_RENAME, GOOD, BAD, OUTPUT | LETTER, after=After.DELETE),
    _changed_as_it_goes("changed as it is buried", *_RENAME, BAD, GOOD, OUTPUT | ARCHIVED, OUTPUT | ARCHIVED | ORPHAN),
    _changed_as_it_goes("changed as it is copied", *_COPY, GOOD, BAD, OUTPUT | LETTER, OUTPUT | LETTER | ARCHIVED),
]
SCENES = [
    PUBLISHED,
    Scene("published, keep", drop, (OUTPUT | HOT,), after=After.KEEP),
    DELETED,
    ON_OTHER_DISK,
    DEAD,
    Scene("dead, keep", lambda root: drop(root, BAD), (LETTER | HOT,), after=After.KEEP),
    Scene("dead, on another disk", lambda root: drop(root, BAD), (LETTER,), other_disk=("failed",)),
    Scene("dead after three failures", drop, (LETTER,), failures=_TRANSIENT),
    REPLACED,
    EDITED,
    *_CHANGED,
    Scene(
        "two at once",
        _drop_two,
        (OUTPUT | ARCHIVED | {"failed/sub/b.pdf", "failed/sub/b.pdf.error.json"},),
        work=_two_at_once,
    ),
    Scene("a reason is left", _reason_left, (LETTER,)),
    Scene("the same bytes again", _dropped_again, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf"},)),
    Scene("rewritten while queued", drop, (OUTPUT | ARCHIVED,), work=_rewritten_while_queued),
    Scene("the output is away", drop, (OUTPUT | ARCHIVED,), work=_output_away_for_a_while),
    Scene("the journal is replaced", _journal_damaged, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf"},), work=_restart),
    _retried(After.ARCHIVE, OUTPUT | ARCHIVED),
    _retried(After.KEEP, OUTPUT | HOT),
]
