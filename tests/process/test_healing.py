"""What a running daemon does by itself about disks that are full or away, converters that die, and a broken journal."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

import documents
from conftest import StartDaemon
from disks import disk_at
from harness import RunningDaemon, run_markerd
from killing import quick_environ

pytestmark = pytest.mark.models


def test_full_output_pauses_only_its_folder(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Log, status and health say so, and the other folder is served.

    With room, and back on its mount, everything goes on. A reload in between does not take the bare mount point for the
    output.
    """
    with disk_at(tmp_path / "outbox") as disk:
        daemon = daemon_at(tmp_path)
        more = '[[folders]]\npath = "inbox2"\noutput = "outbox2"\nsettle_s = 0.3\n'
        daemon.config.write_text(daemon.config.read_text() + more)
        disk.fill()
        daemon.start()
        for number in range(2):
            daemon.drop(f"full{number}.pdf", documents.letter_pdf(f"Waits for room {number}"))
        reason = daemon.wait_for("folder.paused", folder=str(daemon.inbox))["reason"]
        assert "No space left" in reason
        (tmp_path / "inbox2" / "other.pdf").write_bytes(documents.letter_pdf("The other folder"))
        daemon.wait_for("document.published", document="other.pdf")
        shown = run_markerd("status", "--config", str(daemon.config), cwd=tmp_path).stdout
        assert "paused" in shown
        disk.free()
        daemon.wait_for("folder.resumed", folder=str(daemon.inbox))
        for number in range(2):
            assert daemon.wait_for("document.published", document=f"full{number}.pdf")["attempt"] == 1
        assert len(daemon.find("folder.paused")) == 1
        disk.unmount()
        daemon.drop("away.pdf", documents.letter_pdf("Nobody to take it"))
        daemon.wait_for("folder.paused", count=2)
        assert list(disk.place.iterdir()) == []
        daemon.signal(signal.SIGHUP)
        daemon.wait_for("config.reloaded")
        daemon.wait_for("folder.paused", count=3)
        assert list(disk.place.iterdir()) == []
        disk.mount()
        daemon.wait_for("document.published", document="away.pdf")
        assert not daemon.find("document.failed")
        assert daemon.stop() == 0
        assert (disk.place / "away" / "away.md").exists()


def test_converter_that_dies_on_every_document_ends_the_daemon(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Five deaths in a row end with 75 and the reason.

    The documents wait for their second attempt, and the next start converts.
    """
    daemon = daemon_at(tmp_path, converter={"retry_delay_s": 600}).start()
    pages = [documents.page_of(f"Deadly page {number}", lines=30) for number in range(12)]
    for number in range(6):
        daemon.drop(f"{number}.pdf", documents.pdf_bytes(*pages, documents.page_of(f"Document {number}")))
    for number in range(1, 6):
        daemon.wait_for("document.progress", count=number)
        psutil.Process(daemon.find("converter.started")[-1]["converter_pid"]).kill()
    assert daemon.wait() == 75
    assert "died on 5 different documents" in daemon.find("daemon.failed")[0]["reason"]
    assert {event["attempt"] for event in daemon.find("document.failed", kind="converter_died")} == {1}
    assert len(daemon.find("document.failed")) == 5
    daemon.start()
    assert daemon.wait_for("document.published")["document"] == "5.pdf"
    counts = json.loads(run_markerd("status", "--json", "--config", str(daemon.config), cwd=tmp_path).stdout)["counts"]
    assert (counts["published"], counts["waiting"], counts["dead"]) == (1, 5, 0)
    assert sorted(path.name for path in daemon.inbox.iterdir()) == [f"{number}.pdf" for number in range(5)]


def test_damaged_journal_is_replaced(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """This is logged as an error.

    Published documents are recognised, waiting ones are converted, and the damaged journal is kept.
    """
    daemon = daemon_at(tmp_path, folders={"after": "keep"}).start()
    daemon.drop("kept.pdf", documents.letter_pdf("Converted before"))
    daemon.wait_for("document.published")
    assert daemon.stop() == 0  # else all of it would still be whole in the WAL
    (daemon.state_dir / "journal.sqlite").write_bytes(b"what a bad disk made of it " * 400)
    daemon.drop("fresh.pdf", documents.letter_pdf("Came in the meantime"))
    daemon.start()
    said = daemon.wait_for("journal.replaced")
    assert said["level"] == "error"
    assert Path(said["moved_to"]).read_bytes().startswith(b"what a bad disk")
    daemon.wait_for("document.published", document="fresh.pdf")
    daemon.wait_for("document.skipped", document="kept.pdf")
    assert [event["document"] for event in daemon.find("document.converting")] == ["fresh.pdf"]
    assert daemon.stop() == 0


def test_once_does_not_wait_for_room(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A document that cannot be stored waits for the next start, and the exit code is 75."""
    with disk_at(tmp_path / "outbox") as disk:
        daemon = daemon_at(tmp_path, ("--once",))
        daemon.inbox.mkdir()
        daemon.drop("full.pdf", documents.letter_pdf("Waits for another day"))
        disk.fill()
        assert daemon.start(is_waiting=False).wait(90) == 75
        assert "1 document waits: no room in" in daemon.find("daemon.failed")[0]["reason"]
        assert (daemon.inbox / "full.pdf").exists()


@pytest.mark.parametrize("what", ["the spool", "all in it"])
def test_spool_removed_when_idle_is_made_anew(tmp_path: Path, daemon_at: StartDaemon, what: str) -> None:
    """The converter is replaced too, because its folder lay in the spool. The next document comes out at once."""
    daemon = daemon_at(tmp_path, daemon={"reconcile_s": 0.5})
    daemon.start(is_waiting=True, **quick_environ())
    daemon.drop("before.pdf", documents.letter_pdf("Before"))
    daemon.wait_for("document.published", document="before.pdf")
    spool = daemon.state_dir / "spool"
    daemon.wait_for("cleanup.done", point="batch_end")
    subprocess.run(["rm", "-rf", *([spool] if what == "the spool" else spool.iterdir())], check=True)
    daemon.wait_for("reconcile.done", count=len(daemon.find("reconcile.done")) + 2)
    daemon.drop("after.pdf", documents.letter_pdf("After"))
    assert daemon.wait_for("document.published", document="after.pdf")["attempt"] == 1
    assert len(daemon.find("spool.renewed")) == 1
    assert spool.stat().st_mode & 0o777 == 0o700
    assert daemon.stop() == 0


def test_spool_removed_during_loading_starts_another_converter(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The converter cannot load without its folder, and another one is started."""
    daemon = daemon_at(tmp_path)
    daemon.start(is_waiting=False, **quick_environ())
    daemon.wait_for("converter.started")
    subprocess.run(["rm", "-rf", daemon.state_dir / "spool"], check=True)
    daemon.wait_for("models.ready")
    assert len(daemon.find("converter.started")) == 2
    daemon.drop("after.pdf", documents.letter_pdf("After"))
    assert daemon.wait_for("document.published", document="after.pdf")["attempt"] == 1
    assert daemon.stop() == 0


def remove_journal(daemon: RunningDaemon) -> None:
    for file in daemon.state_dir.glob("journal.sqlite*"):
        file.unlink()


def test_journal_removed_when_idle_is_written_anew(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The next daemon knows of what came before and after."""
    daemon = daemon_at(tmp_path).start(is_waiting=True, **quick_environ())
    daemon.drop("before.pdf", documents.letter_pdf("Before"))
    daemon.wait_for("document.published", document="before.pdf")
    remove_journal(daemon)
    daemon.wait_for("journal.restored")
    daemon.drop("after.pdf", documents.letter_pdf("After"))
    daemon.wait_for("document.published", document="after.pdf")
    assert len(daemon.find("journal.restored")) == 1
    assert daemon.stop() == 0
    daemon.start(is_waiting=True, **quick_environ())
    assert daemon.stop() == 0
    assert daemon.find("daemon.stopped")[0]["published"] == 2


def test_journal_removed_while_documents_wait_keeps_attempts(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """An earlier attempt still counts after a restart, and no document is converted twice."""
    daemon = daemon_at(tmp_path, converter={"retry_delay_s": 3600}).start(is_waiting=True, **quick_environ())
    daemon.drop("flaky.pdf", b"%PDF-1.4 flaky\n%%EOF\n")
    daemon.wait_for("document.failed", document="flaky.pdf", attempt=1)
    for number in range(30):
        daemon.drop(f"{number}.pdf", documents.letter_pdf(f"Number {number}"))
    daemon.wait_for("document.published")
    remove_journal(daemon)
    daemon.wait_for("document.published", count=30)
    daemon.wait_for("journal.restored")
    daemon.kill()
    daemon.write_config(converter={"retry_delay_s": 0.1})
    daemon.start(is_waiting=True, **quick_environ())
    assert daemon.wait_for("document.dead", document="flaky.pdf")["attempts"] == 3
    assert [event["attempt"] for event in daemon.find("document.converting")] == [2, 3]
    assert daemon.stop() == 0


def test_removed_state_directory_ends_the_daemon(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The exit code is 75, so that the service manager starts it again. History and documents are there then."""
    daemon = daemon_at(tmp_path).start(is_waiting=True, **quick_environ())
    daemon.drop("before.pdf", documents.letter_pdf("Before"))
    daemon.wait_for("cleanup.done", point="batch_end")
    subprocess.run(["rm", "-rf", daemon.state_dir], check=True)
    assert daemon.wait() == 75
    assert "was removed or replaced" in daemon.find("daemon.failed")[0]["reason"]
    daemon.start(is_waiting=True, **quick_environ())
    daemon.drop("after.pdf", documents.letter_pdf("After"))
    daemon.wait_for("document.published", document="after.pdf")
    assert daemon.stop() == 0
    assert daemon.find("daemon.stopped")[0]["published"] == 2


def test_unexpected_error_at_the_start_ends_with_70(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Exit code 1 tells a service manager nothing. The log has the traceback."""
    daemon = daemon_at(tmp_path)
    daemon.state_dir.mkdir()
    (daemon.state_dir / "spool").write_text("a file where a folder belongs")
    daemon.start(is_waiting=False, **quick_environ())
    assert daemon.wait() == 70
    assert daemon.find("daemon.failed")
