"""A hot folder as a library: documents with markers, kept, described and cut into chunks; what is taken out goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import described_documents as described
import documents
from harness import RunningDaemon, wait_until

pytestmark = pytest.mark.models

_FOLDER = {
    "after": "keep",
    "on_source_removed": "archive",
    "source_removed_grace_s": 0.5,
    "complete_when": "marker",
    "order": "name",
    "chunk_tokens": 128,
    "front_matter": ["title", "source", "pages"],
}


def test_library_follows_its_documents(tmp_path: Path) -> None:
    """From the marker to the removal, over a kill; the other document and a note of somebody's stay."""
    daemon = RunningDaemon(tmp_path, folders=_FOLDER, converter={"nice": 3}).start()
    try:
        for name in ("a.pdf", "b.pdf"):
            daemon.drop(name, described.pdf(f"Title of {name}"))
        daemon.drop("unmarked.pdf", documents.pdf_bytes(documents.page_of("Unmarked")))
        daemon.wait_for("document.seen", document="unmarked.pdf")
        assert not daemon.find("document.queued")
        for name in ("a.pdf", "b.pdf"):
            (daemon.inbox / f"{name}.done").touch()
            daemon.wait_for("document.published", document=name)
        wait_until(lambda: not list(daemon.inbox.glob("*.done")), what="the removal of the markers")
        _check_output(daemon, "b")
        (daemon.outbox / "b/note.txt").write_text("mine")
        daemon.kill()
        (daemon.inbox / "b.pdf").unlink()
        daemon.start()
        daemon.wait_for("document.source_removed", document="b.pdf")
        assert sorted(path.name for path in (daemon.outbox / "b").iterdir()) == ["note.txt"]
        assert {"b.md", "b.jsonl", "manifest.json"} <= {path.name for path in (daemon.done / "b").iterdir()}
        _check_output(daemon, "a")
        assert not daemon.find("document.queued", document="unmarked.pdf")
        assert (daemon.inbox / "unmarked.pdf").exists()
    finally:
        assert daemon.stop() == 0


def _check_output(daemon: RunningDaemon, name: str) -> None:
    markdown = daemon.markdown(name)
    assert markdown.startswith(f'---\ntitle: "Title of {name}.pdf"\nsource: "{name}.pdf"\npages: 1\n---\n\n')
    chunks = [json.loads(line) for line in (daemon.outbox / name / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert chunks
    assert all(markdown[chunk["start"] : chunk["end"]] == chunk["text"] for chunk in chunks)
    manifest = json.loads((daemon.outbox / name / "manifest.json").read_text("utf-8"))
    assert manifest["metadata"]["title"] == f"Title of {name}.pdf"
    assert manifest["metadata"]["language"] == "de-AT"
    assert {each["role"] for each in manifest["artifacts"]} == {"markdown", "chunk_lines", "meta"}
