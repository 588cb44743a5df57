"""What a daemon may be killed in: how it comes to it, what it does then, and what must lie there in the end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from fakes import FakeConverter, core_at
from markerd import durable
from markerd.commands.retry import retry
from markerd.errors import DocumentError
from markerd.journal import open_or_replace
from markerd.values import After

GOOD, OLD, BAD = b"%PDF-1.4 the new content", b"%PDF-1.4 old", b"not a document"
OUTPUT = frozenset({"outbox/sub/a/a.md", "outbox/sub/a/a_meta.json", "outbox/sub/a/manifest.json"})
ARCHIVED, HOT = frozenset({"done/sub/a.pdf"}), frozenset({"inbox/sub/a.pdf"})
LETTER = frozenset({"failed/sub/a.pdf", "failed/sub/a.pdf.error.json"})
_PLACES = ("inbox", "outbox", "done", "failed")


def _nothing(_root: Path) -> None: ...


def drop(root: Path, content: bytes = GOOD) -> None:
    """Put the document into the hot folder, while no daemon runs."""
    source = root / "inbox" / "sub" / "a.pdf"
    source.parent.mkdir(parents=True, exist_ok=True)
    beside = root / "dropped"
    beside.write_bytes(content)
    beside.rename(source)


@dataclass(frozen=True)
class Scene:
    """`work` is what is killed; `ends` are the sets of files of which one must be there after the restarts."""

    name: str
    prepare: Callable[[Path], object]
    ends: tuple[frozenset[str], ...]
    after: After = After.ARCHIVE
    work: Callable[[Scene, Path], object] = lambda scene, root: scene.convert(root)
    finish: Callable[[Path], object] = _nothing
    other_disk: tuple[str, ...] = ()
    failures: tuple[Exception, ...] = field(default=())
    """What the converter raises before it converts anything, in every daemon."""

    def convert(self, root: Path) -> None:
        """A daemon that takes the document."""
        with core_at(root, after=self.after, converter=FakeConverter(list(self.failures))) as core:
            core.queue("sub/a.pdf")
            core.finish_all()

    def restart(self, root: Path) -> dict[str, int]:
        """One more start of the daemon; gives the journal's counts."""
        (root / "state").mkdir(exist_ok=True)
        open_or_replace(root / "state" / "journal.sqlite")[0].close()
        with core_at(root, after=self.after, converter=FakeConverter(list(self.failures))) as core:
            core.restart()
            assert core.journal.with_pending_policy() == []
            assert os.listdir(core.spool.root) == []
            return core.journal.counts()


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


def _output_away_for_a_while(scene: Scene, root: Path) -> None:
    """It goes while the document is converted, which is put back, and comes again."""
    converter = FakeConverter(before_result=lambda: shutil.rmtree(root / "outbox", ignore_errors=True))
    with core_at(root, after=scene.after, converter=converter) as core:
        core.queue("sub/a.pdf")
        core.finish_all()
        assert core.processing.storage.paused
        (root / "outbox").mkdir()
        converter.before_result = lambda: None
        core.processing.look_for_room(float("inf"))
        core.finish_all()


def _journal_damaged(root: Path) -> None:
    _earlier(root)
    drop(root)
    (root / "state" / "journal.sqlite").write_bytes(b"no database, but long enough to be looked at" * 200)


def _restart(scene: Scene, root: Path) -> None:
    scene.restart(root)


def configured(root: Path, after: After) -> Path:
    """The configuration file of a daemon in these folders."""
    config = root / "markerd.toml"
    config.write_text(
        f'[daemon]\nstate_dir = "state"\n[[folders]]\npath = "inbox"\noutput = "outbox"\narchive = "done"\n'
        f'failed = "failed"\nafter = "{after.value}"\n'
    )
    return config


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


_ORPHAN = frozenset({"failed/sub/a.pdf.error.json"})
"""A reason without its document is no dead letter: the next one of that name replaces it."""


def _retried(after: After, end: frozenset[str]) -> Scene:
    scene = Scene(
        f"retry, {after.value}", lambda root: _letter(root, after), (end, end | _ORPHAN), after=after, work=_retry
    )
    return replace(scene, finish=_retry_again(scene))


_TRANSIENT = tuple(DocumentError(f"try {n}", kind="timeout") for n in range(1, 4))

DELETED = Scene("published, delete", drop, (OUTPUT,), after=After.DELETE)
PUBLISHED = Scene("published, archive", drop, (OUTPUT | ARCHIVED,))
ON_OTHER_DISK = Scene("archive on another disk", drop, (OUTPUT | ARCHIVED,), other_disk=("done",))
DEAD = Scene("dead", lambda root: drop(root, BAD), (LETTER,))
REPLACED = Scene("replaced", _replaces, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf", "outbox/sub/a/notes.txt"},))
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
    Scene("the same bytes again", _dropped_again, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf"},)),
    Scene("rewritten while queued", drop, (OUTPUT | ARCHIVED,), work=_rewritten_while_queued),
    Scene("the output is away", drop, (OUTPUT | ARCHIVED,), work=_output_away_for_a_while),
    Scene("the journal is replaced", _journal_damaged, (OUTPUT | ARCHIVED | {"done/sub/a-2.pdf"},), work=_restart),
    _retried(After.ARCHIVE, OUTPUT | ARCHIVED),
    _retried(After.KEEP, OUTPUT | HOT),
]


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
            _demand_whole_output((root / name).parent)
        if name.startswith("failed/") and not name.endswith(".error.json") and durable.PREFIX not in name:
            assert json.loads((root / f"{name}.error.json").read_bytes())["message"]


def _demand_whole_output(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for artifact in manifest["artifacts"]:
        assert hashlib.sha256((folder / artifact["file"]).read_bytes()).hexdigest() == artifact["sha256"]
