"""`markerd report` beside a daemon at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser import Dom
from conftest import StartDaemon
from harness import run_markerd

SAMPLE = Path(__file__).resolve().parent.parent.parent / "samples" / "welcome.pdf"


@pytest.mark.models
def test_report_shows_a_running_daemon(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """What it has just published, refused and cleaned is on the page, and the daemon goes on."""
    daemon = daemon_at(tmp_path).start()
    daemon.drop("welcome.pdf", SAMPLE.read_bytes())
    daemon.drop("garbage.pdf", b"%PDF-1.7 but nothing more\n%%EOF\n")
    daemon.wait_for("document.published")
    daemon.wait_for("document.dead")
    done = run_markerd("report", "--html", "report.html", "--config", str(daemon.config), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    dom = Dom((tmp_path / "report.html").read_text("utf-8"))
    assert [dom.texts[name] for name in ("published", "dead", "starts")] == ["1", "1", "1"]
    assert int(dom.texts["total-pages"]) >= 1
    assert int(dom.texts["cleanups"]) >= 2
    assert dom.texts["most-memory"].endswith(" MB")
    assert "welcome.pdf" in dom.texts["slowest"]
    daemon.drop("again.pdf", SAMPLE.read_bytes())
    daemon.wait_for("document.published", count=2)
    assert daemon.stop() == 0
