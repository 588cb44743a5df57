"""Signals, crashes, kills and restarts: each input is published once, waiting, or a dead letter with its reason."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon, run_markerd, wait_until
from killing import quick_environ

pytestmark = pytest.mark.models


LONG_PAGES = 16


def long_document(pages: int = LONG_PAGES) -> bytes:
    """One that takes seconds: each page is laid out by a model."""
    return documents.pdf_bytes(*[documents.page_of(f"Long page {number}", lines=30) for number in range(pages)])


def in_mid_document(daemon: RunningDaemon, name: str = "long.pdf") -> psutil.Process:
    """Drop a long document and wait until Marker is at work on it; gives the converter process."""
    daemon.drop(name, long_document())
    daemon.wait_for("document.progress", document=name)
    return psutil.Process(daemon.find("converter.started")[-1]["converter_pid"])


def test_sigterm_ends_an_idle_daemon_cleanly(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The exit code is 0, with no process, semaphore or temp file left and nothing on stderr."""
    daemon = daemon_at(tmp_path).start()
    daemon.drop("one.pdf", documents.letter_pdf("One before the end"))
    daemon.wait_for("cleanup.done", point="batch_end")
    converter = psutil.Process(daemon.find("converter.started")[0]["converter_pid"])
    assert daemon.stop() == 0
    assert daemon.find("daemon.stopped", published=1)
    assert not converter.is_running()
    assert list((daemon.state_dir / "spool").iterdir()) == []
    assert daemon.noise == []


def test_sigterm_lets_the_document_end(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A document that ends within stop_timeout_s is published before the daemon stops."""
    daemon = daemon_at(tmp_path).start()
    daemon.drop("ending.pdf", documents.pdf_bytes(*[documents.page_of(f"Ending {n}") for n in range(20)]))
    daemon.wait_for("document.converting", document="ending.pdf")
    assert daemon.stop() == 0
    assert daemon.find("document.published", document="ending.pdf")
    assert (daemon.done / "ending.pdf").exists()


def test_sigint_puts_back_what_does_not_end_in_time(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Out of time, the document is put back, uncounted, its converter killed; the next start publishes it."""
    daemon = daemon_at(tmp_path, daemon={"stop_timeout_s": 0}).start()
    converter = in_mid_document(daemon)
    daemon.signal(signal.SIGINT)
    assert daemon.wait() == 0
    assert daemon.find("document.put_back", document="long.pdf")
    assert not converter.is_running()
    assert (daemon.inbox / "long.pdf").exists()
    assert list((daemon.state_dir / "spool").iterdir()) == []
    daemon.start()
    assert daemon.wait_for("document.published", document="long.pdf")["attempt"] == 1


def test_second_signal_leaves_at_once(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A second SIGTERM does not wait for the document."""
    daemon = daemon_at(tmp_path).start()
    in_mid_document(daemon)
    daemon.signal(signal.SIGTERM)
    daemon.wait_for("daemon.stopping")
    daemon.signal(signal.SIGTERM)
    assert daemon.wait(10) == 0
    assert daemon.find("document.put_back", document="long.pdf")
    assert (daemon.inbox / "long.pdf").exists()


def test_killed_daemon_publishes_everything_once_after_a_restart(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """After SIGKILL in mid-document the converter ends by itself, and the restart publishes everything once."""
    daemon = daemon_at(tmp_path).start()
    daemon.drop("first.pdf", documents.letter_pdf("First in line"))
    daemon.wait_for("document.published", document="first.pdf")
    converter = in_mid_document(daemon)
    daemon.drop("last.pdf", documents.letter_pdf("Last in line"))
    daemon.kill()
    wait_until(lambda: not converter.is_running(), 10, what="the end of the converter")
    assert not (daemon.outbox / "long").exists()
    daemon.start()
    assert daemon.wait_for("document.published", document="long.pdf")["attempt"] == 2
    daemon.wait_for("document.published", document="last.pdf")
    daemon.wait_for("cleanup.done", point="batch_end")
    assert not daemon.find("document.converting", document="first.pdf")
    assert {path.name for path in daemon.outbox.iterdir()} == {"first", "long", "last"}
    assert {path.name for path in daemon.done.iterdir()} == {"first.pdf", "long.pdf", "last.pdf"}
    assert list(daemon.inbox.iterdir()) == []
    assert f"Long page {LONG_PAGES - 1}" in daemon.markdown("long")


def test_document_that_kills_the_daemon_becomes_a_dead_letter(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A document on which the daemon dies max_attempts times is a dead letter, and the others come out."""
    daemon = daemon_at(tmp_path, converter={"max_attempts": 2})
    for _ in range(2):
        daemon.start()
        if not (daemon.inbox / "long.pdf").exists():
            daemon.drop("long.pdf", long_document())
        daemon.wait_for("document.progress", document="long.pdf")
        daemon.kill()
    daemon.drop("other.pdf", documents.letter_pdf("The other one"))
    daemon.start()
    daemon.wait_for("document.published", document="other.pdf")
    reason = json.loads((daemon.failed / "long.pdf.error.json").read_text())
    assert (reason["kind"], reason["attempts"]) == ("converter_died", 2)
    assert (daemon.failed / "long.pdf").read_bytes() == long_document()


def test_killed_converter_costs_one_attempt(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """It is an attempt at that document. The converter is replaced and the daemon goes on."""
    daemon = daemon_at(tmp_path).start()
    in_mid_document(daemon).kill()
    died = daemon.wait_for("converter.died")
    assert "SIGKILL" in died["reason"]
    daemon.wait_for("document.failed", document="long.pdf", kind="converter_died")
    assert daemon.wait_for("document.published", document="long.pdf")["attempt"] == 2
    assert len(daemon.find("converter.started")) == 2


def test_crash_or_hang_of_the_converter_costs_one_attempt(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """SIGSEGV and SIGSTOP each cost one, the first with a trace of the place, the second once its time is over.

    Then the document is converted, and the next one at once.
    """
    daemon = daemon_at(tmp_path, converter={"timeout_s": 30, "timeout_per_page_s": 0}).start()
    daemon.drop("long.pdf", long_document(12))
    daemon.wait_for("document.progress", document="long.pdf")
    psutil.Process(daemon.find("converter.started")[-1]["converter_pid"]).send_signal(signal.SIGSEGV)
    died = daemon.wait_for("converter.died")
    assert any("Segmentation fault" in line for line in died["last_output"])
    daemon.wait_for("document.progress", document="long.pdf", count=2)
    stopped = psutil.Process(daemon.find("converter.started")[-1]["converter_pid"])
    stopped.send_signal(signal.SIGSTOP)
    daemon.drop("next.pdf", documents.letter_pdf("The next one"))
    assert daemon.wait_for("document.published", document="long.pdf", timeout_s=180)["attempt"] == 3
    assert daemon.wait_for("document.published", document="next.pdf")["attempt"] == 1
    assert [event["kind"] for event in daemon.find("document.failed")] == ["converter_died", "timeout"]
    assert not stopped.is_running()
    assert len(daemon.find("converter.started")) == 3


def test_document_that_takes_too_long_costs_only_itself(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A stopped converter is killed with its whole tree."""
    daemon = daemon_at(tmp_path, converter={"timeout_s": 4, "timeout_per_page_s": 0, "max_attempts": 1}).start()
    converter = in_mid_document(daemon)
    converter.suspend()
    daemon.drop("quick.pdf", documents.letter_pdf("Quick enough"))
    dead = daemon.wait_for("document.dead", document="long.pdf", kind="timeout")
    assert dead["attempts"] == 1
    assert not converter.is_running()
    daemon.wait_for("document.published", document="quick.pdf")
    reason = json.loads((daemon.failed / "long.pdf.error.json").read_text())
    assert "timeout" in reason["what_to_do"]


def test_reload_takes_valid_configuration_and_keeps_the_old_one_otherwise(
    tmp_path: Path, daemon_at: StartDaemon
) -> None:
    """SIGHUP puts a valid configuration into force. A wrong one changes nothing and is logged."""
    old_key: dict[str, object] = {"chunk_pages": 60}
    daemon = daemon_at(tmp_path, converter=old_key).start()
    assert daemon.wait_for("config.renamed_key")["key"] == "converter.part_pages"
    daemon.write_config(converter=old_key, folders={"formats": ["html", "json"]}, log={"level": "info"})
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded")
    daemon.wait_for("config.renamed_key", count=2)
    daemon.drop("reloaded.pdf", documents.letter_pdf("After the reload"))
    daemon.wait_for("document.published", document="reloaded.pdf")
    assert {p.suffix for p in (daemon.outbox / "reloaded").iterdir()} == {".html", ".json"}
    daemon.write_config(converter={"models": "surya"})
    daemon.signal(signal.SIGHUP)
    assert "not on this machine" in " ".join(daemon.wait_for("config.rejected")["problems"])
    daemon.config.write_text("[[folders]]\npath = 3\nouput = 'x'\n")
    daemon.signal(signal.SIGHUP)
    problems = " ".join(daemon.wait_for("config.rejected", count=2)["problems"])
    assert "folders[0].path" in problems
    assert "folders[0].ouput" in problems  # codespell:ignore ouput
    daemon.drop("rejected.pdf", documents.letter_pdf("After the rejection"))
    daemon.wait_for("document.published", document="rejected.pdf")
    assert (daemon.outbox / "rejected" / "rejected.html").exists()


def test_second_daemon_is_refused(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Two daemons on one state directory: the second ends with 69 and names the first."""
    daemon = daemon_at(tmp_path).start()
    second = run_markerd("run", "--config", str(daemon.config), cwd=tmp_path)
    assert second.returncode == 69
    assert str(daemon.pid) in second.stderr
    daemon.drop("unharmed.pdf", documents.letter_pdf("The first goes on"))
    daemon.wait_for("document.published", document="unharmed.pdf")


def test_all_formats_from_one_conversion(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Several formats are rendered from one conversion, each under its own name."""
    formats = ["markdown", "html", "json", "chunks"]
    daemon = daemon_at(tmp_path, ("--once",), folders={"path": "inbox", "output": "outbox", "formats": formats})
    daemon.inbox.mkdir()
    daemon.drop("manifold.pdf", documents.letter_pdf("Manifold output"))
    assert daemon.start(is_waiting=False).wait(120) == 0
    folder = daemon.outbox / "manifold"
    assert len(daemon.find("document.converting")) == 1
    for name in ("manifold.md", "manifold.html", "manifold.json", "manifold_chunks.json"):
        assert "Manifold output" in (folder / name).read_text(), name


def test_inline_isolation_converts_in_the_daemon(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """`isolation = "inline"` runs the same engine in the daemon's own process."""
    daemon = daemon_at(tmp_path, ("--once",), converter={"isolation": "inline"})
    daemon.inbox.mkdir()
    daemon.drop("inside.pdf", documents.letter_pdf("Inside the daemon"))
    daemon.drop("broken.pdf", b"%PDF-1.4\nnothing else\n%%EOF\n")
    assert daemon.start(is_waiting=False).wait(240) == 0
    assert "Inside the daemon" in daemon.markdown("inside")
    assert daemon.find("document.dead", document="broken.pdf", kind="unreadable")
    assert not daemon.find("converter.started")
    assert daemon.find("cleanup.done", point="between_documents", semaphores_after=0)


def test_after_keeps_or_deletes_the_source(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """`after = "keep"` leaves the source and does not convert it again; `after = "delete"` removes it.

    The converter loads no models, because its output does not matter here.
    """
    daemon = daemon_at(tmp_path, ("--once",), folders={"path": "inbox", "output": "outbox", "after": "keep"})
    daemon.inbox.mkdir()
    daemon.drop("kept.pdf", documents.letter_pdf("Kept where it is"))
    for _ in range(2):
        assert daemon.start(is_waiting=False, **quick_environ()).wait(120) == 0
    assert not daemon.find("document.converting")
    assert (daemon.inbox / "kept.pdf").exists()
    daemon.write_config(folders={"after": "delete"})
    os.utime(daemon.inbox / "kept.pdf")
    assert daemon.start(is_waiting=False, **quick_environ()).wait(120) == 0
    assert daemon.find("document.skipped", document="kept.pdf")
    assert not (daemon.inbox / "kept.pdf").exists()
    assert not daemon.done.exists()
