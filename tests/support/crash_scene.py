"""A scene in which a daemon may be killed: what comes before, what it does then, and which files are there at last."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core_scene import core_at
from fakes import FakeConverter
from markerd.journal import open_or_replace
from markerd.values import After

GOOD, OLD, BAD = b"%PDF-1.4 the new content", b"%PDF-1.4 old", b"not a document"
OUTPUT = frozenset({"outbox/sub/a/a.md", "outbox/sub/a/a_meta.json", "outbox/sub/a/manifest.json"})
ARCHIVED, HOT = frozenset({"done/sub/a.pdf"}), frozenset({"inbox/sub/a.pdf"})
LETTER = frozenset({"failed/sub/a.pdf", "failed/sub/a.pdf.error.json"})
ORPHAN = frozenset({"failed/sub/a.pdf.error.json"})
"""A reason without its document is no dead letter: the next one of that name replaces it."""


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
    demand: Callable[[Path], object] = _nothing
    """What must hold of the files' contents in the end, by AssertionError."""

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
            assert core.journal.reader.list_with_pending_policy() == []
            assert os.listdir(core.spool.root) == []
            return core.journal.reader.count_documents()


def configured(root: Path, after: After) -> Path:
    """The configuration file of a daemon in these folders."""
    config = root / "markerd.toml"
    config.write_text(
        f'[daemon]\nstate_dir = "state"\n[[folders]]\npath = "inbox"\noutput = "outbox"\narchive = "done"\n'
        f'failed = "failed"\nafter = "{after.value}"\n'
    )
    return config
