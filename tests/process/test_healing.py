"""What a running daemon does by itself about disks that are full or away, converters that die, and a broken journal."""

from __future__ import annotations

from pathlib import Path

import pytest

import documents
from conftest import StartDaemon
from disks import disk_at
from harness import run_markerd, wait_until

pytestmark = pytest.mark.models


def letter(words: str) -> bytes:
    return documents.pdf_bytes(documents.page_of(words))


def test_a_full_output_pauses_its_folder_alone(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Told in log, status and health; the other folder is served; with room, and back on its mount, all goes on."""
    with disk_at(tmp_path / "outbox") as disk:
        daemon = daemon_at(tmp_path)
        more = '[[folders]]\npath = "inbox2"\noutput = "outbox2"\nsettle_s = 0.3\n'
        daemon.config.write_text(daemon.config.read_text() + more)
        disk.fill()
        daemon.start()
        for number in range(2):
            daemon.drop(f"full{number}.pdf", letter(f"Waits for room {number}"))
        reason = daemon.wait_for("folder.paused", folder=str(daemon.inbox))["reason"]
        assert "No space left" in reason
        (tmp_path / "inbox2" / "other.pdf").write_bytes(letter("The other folder"))
        daemon.wait_for("document.published", document="other.pdf")
        shown = run_markerd("status", "--config", str(daemon.config), cwd=tmp_path).stdout
        assert "paused" in shown
        disk.free()
        daemon.wait_for("folder.resumed", folder=str(daemon.inbox))
        for number in range(2):
            assert daemon.wait_for("document.published", document=f"full{number}.pdf")["attempt"] == 1
        assert len(daemon.find("folder.paused")) == 1
        disk.unmount()
        daemon.drop("away.pdf", letter("Nobody to take it"))
        daemon.wait_for("folder.paused", count=2)
        assert list(disk.place.iterdir()) == []
        disk.mount()
        daemon.wait_for("document.published", document="away.pdf")
        assert not daemon.find("document.failed")
        assert daemon.stop() == 0
        wait_until(lambda: (disk.place / "away" / "away.md").exists(), 5)
