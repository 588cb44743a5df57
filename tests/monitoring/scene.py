"""One run of the real daemon in which about everything happens that its log can tell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import documents
from harness import RunningDaemon, run_markerd

HOSTILE_NAME = 'fake", "event": "document.dead", "kind": "x.pdf'
"""A name that would forge a record for a reader that looks for patterns anywhere in the line."""

SETTINGS: dict[str, dict[str, object]] = {
    "daemon": {"state_dir": "state", "reconcile_s": 1},
    "log": {"format": "json", "level": "debug", "heartbeat_s": 1},
    "converter": {"models": "embedded", "retry_delay_s": 0.2, "max_file_mb": 1},
    "folders": {
        "path": "inbox",
        "output": "outbox",
        "settle_s": 0.2,
        "hooks": [{"name": "note", "on": ["source_removed"], "run": ["true"]}],
    },
}


class LoggedDaemon(RunningDaemon):
    """Its log is kept byte by byte in a file, as a service manager or a redirection would.

    `content` is its status while it ran; `textfile` its metrics at that moment, `stopped_textfile` after its end.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, (), **SETTINGS)
        self.log = root / "markerd.log"
        self.content: dict[str, Any] = {}
        self.textfile = self.stopped_textfile = ""

    def status(self, form: str) -> str:
        return run_markerd("status", form, "--config", str(self.config), cwd=self.root).stdout

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr as stream, self.log.open("ab") as log:
            for line in stream:
                log.write(line)
                log.flush()
                self.events.append(json.loads(line))


def play(daemon: LoggedDaemon) -> None:
    """From start to stop; every step waits until the log tells of it."""
    daemon.start()
    _publish_and_skip(daemon)
    _fail(daemon)
    _lose_the_folder(daemon)
    _restart_without_the_folder(daemon)
    _lose_the_converter(daemon)
    _reload(daemon)
    beats = len(daemon.find("daemon.heartbeat"))
    daemon.wait_for("daemon.heartbeat", count=beats + 2)
    daemon.drop("half.pdf", b"%PDF-1.4\nthe writer is not done")
    daemon.wait_for("document.seen", document="half.pdf")
    daemon.content, daemon.textfile = json.loads(daemon.status("--json")), daemon.status("--prometheus")
    assert daemon.stop() == 0
    daemon.stopped_textfile = daemon.status("--prometheus")


def _letter(words: str, pages: int = 1) -> bytes:
    return documents.pdf_bytes(*[documents.page_of(f"{words} {number}") for number in range(pages)])


def _publish_and_skip(daemon: LoggedDaemon) -> None:
    names = [*(f"letter {number}.pdf" for number in range(1, 12)), HOSTILE_NAME]
    for pages, name in enumerate(names, start=1):
        daemon.drop(name, _letter(name.removesuffix(".pdf"), 1 + pages % 3))
    for name in names:
        daemon.wait_for("document.published", document=name)
    daemon.drop("letter 1.pdf", _letter("letter 1", 2))
    daemon.wait_for("document.skipped", document="letter 1.pdf")


def _fail(daemon: LoggedDaemon) -> None:
    for name in ("garbage 1.pdf", "garbage 2.pdf"):
        daemon.drop(name, b"%PDF-1.4\n" + name.encode() + b" and no objects\n%%EOF\n")
    daemon.drop("huge.html", b"<p>" + b"x" * (2 << 20))
    for name in ("garbage 1.pdf", "garbage 2.pdf", "huge.html"):
        daemon.wait_for("document.dead", document=name)
    (daemon.inbox / "link.pdf").symlink_to("/etc/hostname")
    daemon.wait_for("document.refused", document="link.pdf")


def _lose_the_folder(daemon: LoggedDaemon) -> None:
    away = daemon.root / "away"
    daemon.inbox.rename(away)
    daemon.wait_for("folder.paused")
    away.rename(daemon.inbox)
    daemon.wait_for("folder.resumed")


def _restart_without_the_folder(daemon: LoggedDaemon) -> None:
    """It is back before the daemon is: that it was away nobody remembers, and no `folder.resumed` comes."""
    away = daemon.root / "away"
    before = len(daemon.find("folder.paused"))
    daemon.inbox.rename(away)
    daemon.wait_for("folder.paused", count=before + 1)
    assert daemon.stop() == 0
    away.rename(daemon.inbox)
    daemon.start()
    daemon.wait_for("daemon.ready")


def _lose_the_converter(daemon: LoggedDaemon) -> None:
    daemon.drop("long.pdf", _letter("long", 20))
    daemon.wait_for("document.progress", document="long.pdf")
    os.kill(daemon.find("converter.started")[-1]["converter_pid"], signal.SIGKILL)
    daemon.wait_for("document.failed", document="long.pdf")
    daemon.wait_for("document.published", document="long.pdf")


def _reload(daemon: LoggedDaemon) -> None:
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded")
    good = daemon.config.read_text()
    daemon.config.write_text("[[folders]]\npath = 3\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.rejected")
    daemon.config.write_text(good)
