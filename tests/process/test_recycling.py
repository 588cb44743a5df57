"""When the converter is replaced: after so many documents, above so much memory, and while semaphores stand."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path
from typing import Any

import psutil
import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon, wait_until

pytestmark = pytest.mark.models

# Python runs this at the start of every process that has it on its path. In the converter it waits for the first
# document and then makes a semaphore that stays alive: what a leaking library would do.
LEAK = """
    import sys
    if "markerd.convert.process.worker" in sys.orig_argv:
        import tempfile, threading, time
        def leak():
            while "/job/" not in str(tempfile.tempdir):
                time.sleep(0.001)
            import multiprocessing
            global held
            held = multiprocessing.get_context("spawn").Lock()
        threading.Thread(target=leak, daemon=True).start()
"""


def converter_of(daemon: RunningDaemon) -> dict[str, Any]:
    """What the daemon's status says of its converter."""
    found: dict[str, Any] = json.loads((daemon.state_dir / "status.json").read_bytes())["converter"]
    return found


def drop_and_wait(daemon: RunningDaemon, *names: str) -> None:
    for name in names:
        pages = [documents.page_of(f"Recycling {name}") for _ in range(4)]
        daemon.drop(name, documents.pdf_bytes(*pages))
        daemon.wait_for("document.published", document=name)


def test_standing_semaphores_recycle_the_converter(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """A semaphore that a cleanup may not touch, because it is alive, ends with the converter."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(LEAK))
    daemon = daemon_at(tmp_path / "run").start(PYTHONPATH=f"{hook}:{os.environ.get('PYTHONPATH', '')}")
    drop_and_wait(daemon, "one.pdf")
    recycled = daemon.wait_for("converter.recycled")
    assert recycled["reason"] == "1 semaphore stands after the cleanup"
    assert daemon.find("cleanup.done", point="between_documents", semaphores_after=1)
    drop_and_wait(daemon, "two.pdf")
    first, second = (event["converter_pid"] for event in daemon.find("converter.started")[:2])
    assert first != second
    daemon.stop()
    assert not [path for path in Path("/dev/shm").glob("sem.mkd*") if f"mkd{first}." in path.name]


def test_converter_is_recycled_after_recycle_documents(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """No document waits for the models meanwhile."""
    daemon = daemon_at(tmp_path, converter={"recycle_documents": 2}).start()
    drop_and_wait(daemon, "one.pdf", "two.pdf")
    first = converter_of(daemon)["pid"]
    second = daemon.wait_for("converter.started", count=2)["converter_pid"]
    drop_and_wait(daemon, "three.pdf")
    load_s = daemon.wait_for("models.ready")["seconds"]
    assert daemon.find("document.published", document="three.pdf")[0]["convert_seconds"] < load_s
    wait_until(lambda: not psutil.pid_exists(first), what="the end of the old converter, with nothing to convert")
    wait_until(lambda: converter_of(daemon)["pid"] == second, what="the new one in the status")
    drop_and_wait(daemon, "four.pdf")
    (recycled,) = daemon.find("converter.recycled")
    assert (recycled["reason"], recycled["documents"]) == ("2 documents", 2)
    assert len(daemon.find("converter.started")) == 2
    assert converter_of(daemon)["replacement_pid"] is None


def test_converter_is_recycled_above_recycle_rss_mb(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """It is recycled between documents, with its reason."""
    daemon = daemon_at(tmp_path, converter={"recycle_rss_mb": 100}).start()
    drop_and_wait(daemon, "one.pdf")
    assert "recycle_rss_mb" in daemon.wait_for("converter.recycled")["reason"]
    drop_and_wait(daemon, "two.pdf")
