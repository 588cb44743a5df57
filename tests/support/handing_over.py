"""What tests of handing over share: outputs with a manifest, deliveries of them, and a journal with hooks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from markerd.handover.thresholds import Thresholds
from markerd.journal import Document, Journal, Outcome
from markerd.journal.deliveries import Delivery, Lane, Route
from markerd.values import Fingerprint, Occasion, State

QUICK = Thresholds(finish_s=0.5, kill_grace_s=0.3)
"""The limits, with shorter waits for programs that are to end."""
KEY = "msg_0123456789abcdef0123456789abcdef"


def write_output(folder: Path, markdown: str = "# One\n", **also: Any) -> Path:
    """An output folder as markerd publishes it; its content was made from bytes with the hash `aa`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / f"{folder.name}.md"
    text.write_text(markdown)
    content = text.read_bytes()
    artifact = {
        "file": text.name, "role": "markdown", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    manifest = {"source": {"sha256": "aa"}, "pages": 1, "artifacts": [artifact], **also}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def make_delivery(
    root: Path,
    path: str = "sub/a.pdf",
    output: Path | None = None,
    occasion: Occasion = Occasion.PUBLISHED,
    **facts: Any,
) -> Delivery:
    told = {
        "size": 10, "sha256": "aa", "attempts": 1, "pages": 1, "kind": None, "reason": None, "model_set": "embedded",
        "seconds": {"convert": 0.5}, "waited_seconds": 1.5, **facts,
    }  # fmt: skip
    return Delivery(1, KEY, Lane(str(root / "inbox"), "index"), path, occasion, 1.0, output, told, 0, None)


class Told:
    """A journal at `root` with hooks of one hot folder; `publish` records what they are told of."""

    def __init__(self, root: Path, *hooks: str, occasions: frozenset[Occasion] = frozenset(Occasion)) -> None:
        (root / "state").mkdir(parents=True, exist_ok=True)
        self.journal = Journal(root / "state" / "journal.sqlite")
        self.folder = str(root / "inbox")
        self.lanes = [Lane(self.folder, hook) for hook in hooks]
        self.output = root / "outbox" / "a"
        self.journal.outbox.route({self.folder: [Route(hook, occasions) for hook in hooks]})

    def publish(self, path: str = "a.pdf", sha256: str = "aa") -> None:
        document = self._see(path)
        attempt = self.journal.writer.begin_attempt(document.id, sha256)
        document = replace(document, attempts=attempt, sha256=sha256)
        outcome = Outcome(State.PUBLISHED, pages=1, model_set="embedded", seconds={"convert": 0.5})
        self.journal.outcomes.record_published(document, self.output, outcome, sha256)

    def bury(self, path: str = "a.pdf") -> None:
        outcome = Outcome(State.DEAD, "damaged", "no trailer")
        self.journal.outcomes.record_dead(self._see(path), outcome)

    def _see(self, path: str) -> Document:
        self.journal.writer.record_seen(self.folder, path, Fingerprint(10, 1, 1))
        document = self.journal.reader.find(self.folder, path)
        assert document is not None
        return document

    def list_states(self) -> list[tuple[str, str]]:
        """Path and state of each delivery, in their order."""
        rows = self.journal._connection.fetch_all("SELECT path, state FROM deliveries ORDER BY id")
        return [(row["path"].decode("utf-8", "surrogateescape"), row["state"]) for row in rows]
