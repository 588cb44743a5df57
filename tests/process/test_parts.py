"""A document longer than `part_pages`: whatever ends it in mid-document, what was converted stays converted."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

import documents
from conftest import StartDaemon
from harness import Event, RunningDaemon, run_markerd

pytestmark = pytest.mark.models
PAGES, CHUNK = 11, 5
DONE = [3, 7, 11]
"""Pages done after each of its three parts."""


def big(words: str) -> bytes:
    return documents.pdf_bytes(*[documents.page_of(f"{words} page {number}", lines=6) for number in range(PAGES)])


def told(daemon: RunningDaemon, name: str) -> list[Event]:
    """The progress after parts, and that of an attempt which goes on."""
    return daemon.find("document.progress", document=name, level="info")


def converted(daemon: RunningDaemon, name: str) -> list[int]:
    """Pages done after each part that was converted since the start."""
    return [event["pages_done"] for event in told(daemon, name) if event["seconds_per_page"] is not None]


def assert_whole(daemon: RunningDaemon, name: str, words: str) -> None:
    text = daemon.markdown(name)
    places = [text.index(f"{words} page {number}") for number in range(PAGES)]
    assert places == sorted(places)
    assert text.count(f"{words} page") == PAGES


def jobs(daemon: RunningDaemon) -> list[str]:
    return [name for name in os.listdir(daemon.state_dir / "spool") if not name.startswith("converter-")]


def test_converted_parts_survive_every_kill(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """They survive SIGKILL of the converter, SIGTERM, and SIGKILL of the daemon."""
    daemon = daemon_at(tmp_path, converter={"part_pages": CHUNK}).start()
    daemon.drop("one.pdf", big("First"))
    daemon.wait_for("document.progress", document="one.pdf", pages_done=DONE[0])
    psutil.Process(daemon.find("converter.started")[-1]["converter_pid"]).kill()
    assert daemon.wait_for("document.published", document="one.pdf")["attempt"] == 2
    assert converted(daemon, "one.pdf") == DONE
    assert_whole(daemon, "one", "First")

    daemon.drop("two.pdf", big("Second"))
    daemon.wait_for("document.progress", document="two.pdf", pages_done=DONE[0])
    assert daemon.stop() == 0
    finished = converted(daemon, "two.pdf")
    assert finished == DONE[: len(finished)] != DONE
    assert "kept" in daemon.find("document.put_back", document="two.pdf")[0]["reason"]
    assert len(jobs(daemon)) == 1

    daemon.start()
    assert daemon.wait_for("document.published", document="two.pdf")["attempt"] == 1
    assert converted(daemon, "two.pdf") == DONE[len(finished) :]
    assert_whole(daemon, "two", "Second")

    daemon.drop("three.pdf", big("Third"))
    daemon.wait_for("document.progress", document="three.pdf", pages_done=DONE[1])
    daemon.kill()
    daemon.start()
    assert daemon.wait_for("document.published", document="three.pdf")["attempt"] == 2
    assert converted(daemon, "three.pdf") == DONE[2:]
    assert_whole(daemon, "three", "Third")
    daemon.wait_for("cleanup.done", point="batch_end")
    assert jobs(daemon) == []
    assert len(os.listdir(daemon.state_dir / "spool")) == 1  # the converter's own
    status = run_markerd("status", "--config", str(daemon.config), cwd=tmp_path).stdout
    assert f"{3 * PAGES} pages" in status


def test_reload_waits_for_the_current_part(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The document goes on after the reload, with the same attempt."""
    daemon = daemon_at(tmp_path, converter={"part_pages": CHUNK}).start()
    daemon.drop("one.pdf", big("First"))
    daemon.wait_for("document.progress", document="one.pdf", pages_done=DONE[0])
    daemon.signal(signal.SIGHUP)
    daemon.wait_for("config.reloaded")
    assert "reloaded" in daemon.find("document.put_back", document="one.pdf")[0]["reason"]
    assert daemon.wait_for("document.published", document="one.pdf")["attempt"] == 1
    assert converted(daemon, "one.pdf") == DONE
    assert_whole(daemon, "one", "First")


def test_inline_converter_keeps_parts_too(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A stop waits for the part, not for the document. Changed options begin the document anew."""
    settings = {"part_pages": CHUNK, "isolation": "inline"}
    daemon = daemon_at(tmp_path, converter=settings).start()
    daemon.drop("one.pdf", big("First"))
    daemon.wait_for("document.progress", document="one.pdf", pages_done=DONE[0])
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == 0
    assert daemon.find("document.put_back", document="one.pdf")
    assert converted(daemon, "one.pdf") != DONE
    daemon.write_config(converter=settings, marker={"paginate_output": True})
    daemon.start()
    daemon.wait_for("document.published", document="one.pdf")
    assert converted(daemon, "one.pdf") == DONE
    assert daemon.markdown("one").count("}-----") == PAGES
    daemon.wait_for("cleanup.done", point="batch_end")
    assert os.listdir(daemon.state_dir / "spool") == []
