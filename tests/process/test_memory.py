"""A document that takes all memory costs itself alone: the daemon and those behind it go on."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import psutil
import pytest

import documents
from conftest import StartDaemon

pytestmark = pytest.mark.models


def long_document(word: str) -> bytes:
    return documents.pdf_bytes(*[documents.page_of(f"{word} {number}", lines=30) for number in range(20)])


# Python runs this at the start of every process that has it on its path. In the converter it takes memory without end
# while the one document is in work, and once while the other is: what a hostile document would do.
HOG = """
    import os, sys
    if "markerd.convert.process.worker" in sys.orig_argv:
        import tempfile, threading, time
        def is_in_work(word):
            try:
                with open(os.path.join(os.path.dirname(str(tempfile.tempdir)), "document.pdf"), "rb") as document:
                    return word in document.read()
            except OSError:
                return False
        def is_first_time():
            try:
                os.mkdir(os.path.join(os.path.dirname(__file__), "once"))
            except FileExistsError:
                return False
            return True
        def hog():
            held = []
            while not is_in_work(b"(always 0)") and not (is_in_work(b"(once 0)") and is_first_time()):
                time.sleep(0.001)
            while True:
                held.append(bytearray(os.urandom(1 << 20)) * 40)
                time.sleep(0.01)
        threading.Thread(target=hog, daemon=True).start()
"""


def test_document_above_the_ceiling_becomes_a_dead_letter(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The document is tried again up to max_attempts; its dead letter has advice; the next ones are published."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(textwrap.dedent(HOG))
    limits: dict[str, object] = {"recycle_rss_mb": 1400, "max_rss_mb": 1500, "max_attempts": 2}
    limits["confine"] = "off"  # the hook remembers beside itself that it struck once
    daemon = daemon_at(tmp_path / "run", converter=limits)
    daemon.start(PYTHONPATH=f"{hook}:{os.environ.get('PYTHONPATH', '')}")
    daemon.drop("always.pdf", long_document("always"))
    daemon.wait_for("document.seen", document="always.pdf")
    daemon.drop("once.pdf", long_document("once"))
    daemon.wait_for("document.seen", document="once.pdf")
    daemon.drop("harmless.pdf", documents.pdf_bytes(documents.page_of("Heading of the page")))

    dead = daemon.wait_for("document.dead", document="always.pdf")
    assert (dead["kind"], dead["attempts"]) == ("memory", 2)
    assert "more than converter.max_rss_mb = 1500" in dead["reason"]
    told = json.loads((daemon.failed / "always.pdf.error.json").read_text())
    assert "Raise converter.max_rss_mb" in json.dumps(told)
    assert daemon.wait_for("document.published", document="once.pdf")["attempt"] == 2
    assert daemon.wait_for("document.published", document="harmless.pdf")["attempt"] == 1
    failed = [(event["document"], event["kind"]) for event in daemon.find("document.failed")]
    assert sorted(failed) == [("always.pdf", "memory"), ("once.pdf", "memory")]
    assert len(daemon.find("converter.died")) == 3
    assert psutil.Process(daemon.pid).memory_info().rss < 200 << 20
    assert daemon.stop() == 0
