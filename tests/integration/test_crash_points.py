"""`kill -9` at every step of a document's way: it comes out once, or is a dead letter once, and nothing is left over.

A child process runs the core and kills itself; this one then does what the daemon does at its next start.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import core_at, files_below
from markerd import durable
from markerd.recovery import recover
from markerd.values import After

TESTS = Path(__file__).resolve().parent.parent
OUTPUT = {"outbox/sub/a/a.md", "outbox/sub/a/a_meta.json", "outbox/sub/a/manifest.json"}
LETTER = {"failed/sub/a.pdf", "failed/sub/a.pdf.error.json"}
SOURCE = {After.ARCHIVE: {"done/sub/a.pdf"}, After.KEEP: {"inbox/sub/a.pdf"}, After.DELETE: set[str]()}
GOOD, BAD = b"%PDF-1.4 the new content", b"not a document"

ON_THE_WAY = [
    ("markerd.journal:Journal.attempt_begins", 1),
    ("markerd.staging:Spool.stage", 1),
    ("markerd.staging.copy_hashing", 1),
    ("markerd.journal:Journal.staged", 1),
]
TO_PUBLISHED = [
    *ON_THE_WAY,
    ("fakes:FakeConverter.convert", 1),
    ("markerd.publish._fill", 1),
    ("markerd.publish._copy_artifact", 2),
    ("markerd.publish._put_in_place", 1),
    ("markerd.journal:Journal.published", 1),
    ("markerd.sources.settle_published", 1),
    ("markerd.journal:Journal.policy_done", 1),
    ("markerd.staging:Spool.remove", 1),
]
TO_DEAD = [
    *ON_THE_WAY,
    ("fakes:FakeConverter.convert", 1),
    ("markerd.journal:Journal.dead", 1),
    ("markerd.durable.write_file", 1),
    ("markerd.durable.create_file", 1),
    ("markerd.sources._move_or_copy", 1),
    ("markerd.journal:Journal.policy_done", 1),
    ("markerd.staging:Spool.leave", 1),
    ("markerd.staging:Spool.discard", 1),
]
# What cannot be passed twice: a converter's refusal raises, so it never comes to the moment after it.
NEVER_AFTER = {"fakes:FakeConverter.convert"}


def moments(steps: list[tuple[str, int]], *, can_fail: bool = False) -> list[tuple[str, str, int]]:
    """Before and after each step."""
    return [
        (step, when, call)
        for step, call in steps
        for when in ("before", "after")
        if not (when == "after" and can_fail and step in NEVER_AFTER)
    ]


def crash(root: Path, step: str, when: str, call: int, after: After) -> None:
    """Run the core in a child until it kills itself there."""
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "crashing", str(root), step, when, str(call), after.value]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def drop(root: Path, content: bytes) -> None:
    source = root / "inbox" / "sub" / "a.pdf"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(content)


def restarted(root: Path, after: After) -> dict[str, int]:
    """Two more starts of the daemon: the second finds nothing to do. Gives the journal's counts."""
    for _ in range(2):
        with core_at(root, after=after) as core:
            core.restart()
            counts = core.journal.counts()
            assert core.journal.with_pending_policy() == []
            assert os.listdir(core.spool.root) == []
    names = (name for _, folders, files in os.walk(root) for name in (*folders, *files))
    assert [name for name in names if name.startswith(durable.PREFIX)] == []
    return counts


def documents_below(root: Path) -> set[str]:
    return {name for name in files_below(root) if not name.startswith("state/")}


@pytest.mark.parametrize(("step", "when", "call"), moments(TO_PUBLISHED))
def test_a_document_is_published_once(tmp_path: Path, step: str, when: str, call: int) -> None:
    """Wherever the kill fell: one output, its source in the archive, once."""
    drop(tmp_path, GOOD)
    crash(tmp_path, step, when, call, After.ARCHIVE)
    assert restarted(tmp_path, After.ARCHIVE) == {"published": 1, "skipped": 0, "dead": 0, "waiting": 0}
    assert documents_below(tmp_path) == OUTPUT | {"done/sub/a.pdf"}
    assert (tmp_path / "outbox" / "sub" / "a" / "a.md").read_bytes() == GOOD


@pytest.mark.parametrize("after", [After.KEEP, After.DELETE])
@pytest.mark.parametrize(
    ("step", "when", "call"), moments([("markerd.publish._put_in_place", 1), *TO_PUBLISHED[-4:-1]])
)
def test_the_other_policies(tmp_path: Path, step: str, when: str, call: int, after: After) -> None:
    """Kept or deleted: the steps at which they differ from the archive."""
    drop(tmp_path, GOOD)
    crash(tmp_path, step, when, call, after)
    assert restarted(tmp_path, after)["published"] == 1
    assert documents_below(tmp_path) == OUTPUT | SOURCE[after]


@pytest.mark.parametrize(
    ("step", "when", "call"),
    moments(
        [("markerd.publish._carry_over", 1), ("markerd.durable.exchange", 1), ("markerd.journal:Journal.published", 1)]
    ),
)
def test_a_replaced_output_is_the_old_or_the_new_one(tmp_path: Path, step: str, when: str, call: int) -> None:
    """At the kill already; after the next start the new one, with what others had put into the old."""
    markdown = tmp_path / "outbox" / "sub" / "a" / "a.md"
    with core_at(tmp_path) as core:
        core.drop("sub/a.pdf", b"%PDF-1.4 old")
        core.finish_all()
    (markdown.parent / "notes.txt").write_text("mine")
    drop(tmp_path, GOOD)
    crash(tmp_path, step, when, call, After.ARCHIVE)
    assert markdown.read_bytes() in (GOOD, b"%PDF-1.4 old")
    assert restarted(tmp_path, After.ARCHIVE)["published"] == 2
    archived = {"done/sub/a.pdf", "done/sub/a-2.pdf"}
    assert documents_below(tmp_path) == OUTPUT | archived | {"outbox/sub/a/notes.txt"}
    assert markdown.read_bytes() == GOOD


@pytest.mark.parametrize(("step", "when", "call"), moments(TO_DEAD, can_fail=True))
def test_a_document_that_fails_is_a_dead_letter_once(tmp_path: Path, step: str, when: str, call: int) -> None:
    """Its file and its reason, nothing beside them, nothing in the output."""
    drop(tmp_path, BAD)
    crash(tmp_path, step, when, call, After.ARCHIVE)
    assert restarted(tmp_path, After.ARCHIVE) == {"published": 0, "skipped": 0, "dead": 1, "waiting": 0}
    assert documents_below(tmp_path) == LETTER


@pytest.mark.parametrize(("step", "when", "call"), moments(TO_DEAD[-6:-1], can_fail=True))
def test_a_kept_source_is_one_dead_letter_too(tmp_path: Path, step: str, when: str, call: int) -> None:
    """Copied once, though it stays where it is."""
    drop(tmp_path, BAD)
    crash(tmp_path, step, when, call, After.KEEP)
    assert restarted(tmp_path, After.KEEP)["dead"] == 1
    assert documents_below(tmp_path) == LETTER | {"inbox/sub/a.pdf"}


def test_a_document_that_kills_it_every_time_becomes_a_dead_letter(tmp_path: Path) -> None:
    """After three attempts; the fourth start does not try it again."""
    drop(tmp_path, GOOD)
    for _ in range(3):
        crash(tmp_path, "fakes:FakeConverter.convert", "before", 1, After.ARCHIVE)
        with core_at(tmp_path) as core:
            recover(core.journal, {str(core.inbox): core.plan}, 3, core.log)
    assert restarted(tmp_path, After.ARCHIVE) == {"published": 0, "skipped": 0, "dead": 1, "waiting": 0}
    assert documents_below(tmp_path) == LETTER
