"""Sources of finished documents, for the tests of what becomes of them."""

from __future__ import annotations

import json
from pathlib import Path

from markerd.journal import Document, Outcome
from markerd.pipeline.dead_letters import ERROR_ENDING
from markerd.values import Fingerprint, State

LOCKED = Outcome(State.DEAD, "encrypted", "the PDF is protected by a password")


def dropped(root: Path, path: str = "sub/a.pdf", content: str = "x") -> Document:
    """A document in the hot folder `root/inbox`."""
    source = root / "inbox" / path
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(content)
    return Document(
        id=1, folder=str(root / "inbox"), path=path, fingerprint=Fingerprint.of(source.lstat()), state=State.DEAD,
        attempts=2, sha256="aa", published_sha256=None, output=None, kind=None, reason=None, seen_at=1e9,
        retry_at=None, policy_pending=True,
    )  # fmt: skip


def reason(folder: Path, name: str = "sub/a.pdf") -> dict[str, object]:
    """What the reason beside a dead letter says."""
    content: dict[str, object] = json.loads((folder / (name + ERROR_ENDING)).read_text())
    return content
