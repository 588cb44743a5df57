"""Profiles beside documents, in a running daemon."""

from __future__ import annotations

import json
from pathlib import Path

from harness import RunningDaemon
from killing import quick_environ

GOOD = b"%PDF-1.4 good\n%%EOF\n"


def test_daemon_follows_profiles_and_leaves_them_alone(tmp_path: Path) -> None:
    """They decide about the documents that they hold for; no profile is converted, moved or taken for a document."""
    folder = {"path": "inbox", "output": "outbox", "settle_s": 0, "allow_profiles": True}
    daemon = RunningDaemon(tmp_path, folders=folder)
    try:
        daemon.start(is_waiting=True, **quick_environ())
        daemon.drop("a.pdf.markerd.toml", b'formats = ["markdown", "html"]\n')
        daemon.drop("bad/.markerd.toml", b'output = "/"\n')
        for name in ("a.pdf", "bad/b.pdf", "c.pdf"):
            daemon.drop(name, GOOD)
        daemon.wait_for("document.published", document="a.pdf")
        daemon.wait_for("document.published", document="c.pdf")
        dead = daemon.wait_for("document.dead", document="bad/b.pdf")
        assert (dead["kind"], dead["attempts"]) == ("profile", 1)
        assert "bad/.markerd.toml is refused: output: no profile may set this" in dead["reason"]
        daemon.wait_for("reconcile.done", count=3)
        seen = {event["document"] for event in daemon.find("document.seen")}
    finally:
        daemon.kill()
    assert seen == {"a.pdf", "bad/b.pdf", "c.pdf"}
    formats = {name: json.loads((daemon.outbox / name / "manifest.json").read_text())["formats"] for name in ("a", "c")}
    assert formats == {"a": ["markdown", "html"], "c": ["markdown"]}
    left = sorted(str(path.relative_to(daemon.inbox)) for path in daemon.inbox.rglob("*") if path.is_file())
    assert left == ["a.pdf.markerd.toml", "bad/.markerd.toml"]
    assert not list(daemon.done.rglob("*.toml"))
    assert not list(daemon.failed.rglob("*.toml"))
