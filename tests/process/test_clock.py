"""A clock that is set forward and back under a running daemon."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from conftest import StartDaemon
from documents import page_of, pdf_bytes
from harness import RunningDaemon, run_markerd, wait_until
from killing import quick_environ

YEAR_S = 365 * 24 * 3600


def test_daemon_survives_a_clock_that_jumps(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """The clock jumps by ten years or an hour, forward or back.

    Documents settle, failures are retried and given up as usual, and `markerd status` knows the daemon, also after the
    next start.
    """
    offset = tmp_path / "offset"
    environ = {**quick_environ(), "CLOCK_OFFSET_FILE": str(offset)}
    set_clock(offset, 0)
    daemon = daemon_at(tmp_path).start(is_waiting=True, **environ)
    for number, jump_s in enumerate([10 * YEAR_S, 3600, -3600, -10 * YEAR_S]):
        daemon.drop(f"before-{number}.pdf", pdf_bytes(page_of("Dropped before")))
        daemon.drop(f"flaky-{number}.pdf", pdf_bytes("flaky"))
        set_clock(offset, jump_s)
        daemon.drop(f"after-{number}.pdf", pdf_bytes(page_of("Dropped after")))
        wait_for_all(daemon, number)
        wait_until(partial(is_known, daemon, environ), what="markerd status")
    daemon.kill()
    set_clock(offset, -20 * YEAR_S)
    daemon.start(is_waiting=True, **environ)
    daemon.drop("last.pdf", pdf_bytes(page_of("Dropped last")))
    daemon.wait_for("document.published", document="last.pdf")
    assert daemon.stop() == 0


def is_known(daemon: RunningDaemon, environ: dict[str, str]) -> bool:
    return run_markerd("status", "--config", str(daemon.config), cwd=daemon.root, **environ).returncode == 0


def set_clock(offset: Path, seconds: float) -> None:
    beside = offset.with_suffix(".new")
    beside.write_text(str(seconds))
    beside.rename(offset)


def wait_for_all(daemon: RunningDaemon, number: int) -> None:
    for name in (f"before-{number}.pdf", f"after-{number}.pdf"):
        daemon.wait_for("document.published", document=name, timeout_s=30)
    dead = daemon.wait_for("document.dead", document=f"flaky-{number}.pdf", timeout_s=30)
    assert dead["attempts"] == 3
    reason = json.loads((daemon.failed / f"flaky-{number}.pdf.error.json").read_bytes())
    assert [attempt["attempt"] for attempt in reason["history"]] == [1, 2, 3]
    (event,) = daemon.find("document.published", document=f"after-{number}.pdf")
    assert event["waited_seconds"] >= 0
