"""What goes wrong with a service: it hangs, it is killed, it is stopped in mid-document, it is configured wrongly."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

import documents
from harness import wait_until
from machine import (
    DONE,
    INBOX,
    OUTBOX,
    configure,
    drop,
    drop_in,
    installed,
    journal,
    main_pid,
    processes,
    run,
    show,
    start,
    wait_for,
)


@pytest.fixture(scope="module", autouse=True)
def _installed() -> Iterator[None]:
    # It takes longer than three seconds to load the models: without asking for more time no start would succeed.
    with installed({"RestartSec": "1s", "WatchdogSec": "8s", "TimeoutAbortSec": "1s", "TimeoutStartSec": "3s"}):
        start()
        yield


def long_document(pages: int = 14) -> bytes:
    """One that takes a while, some twentieth of a second a page on a fast machine: a model lays each one out."""
    return documents.pdf_bytes(*[documents.page_of(f"Long page {number}", lines=30) for number in range(pages)])


def in_mid_document(name: str) -> None:
    before = len(journal("MARKERD_EVENT=document.progress"))
    drop(name, long_document())
    wait_for("document.progress", count=before + 1)


def restarted(before: int) -> None:
    """Wait until another process is the unit's, ready."""
    wait_until(lambda: main_pid() not in (0, before) and show("ActiveState") == "active", 90, "the restart")


def test_hung_daemon_is_restarted_by_the_watchdog() -> None:
    """After SIGSTOP in mid-document it is killed and restarted, and everything is converted, also what was dropped
    meanwhile."""
    pid = main_pid()
    in_mid_document("hung.pdf")
    os.kill(pid, signal.SIGSTOP)
    drop("meanwhile.pdf", documents.pdf_bytes(documents.page_of("Dropped meanwhile")))
    restarted(pid)
    assert "Watchdog timeout" in run("journalctl", "--no-pager", "--unit=markerd.service").stdout
    assert wait_for("document.published", document="hung.pdf")["MARKERD_ATTEMPT"] == "2"
    wait_for("document.published", document="meanwhile.pdf")
    assert "Long page 13" in (OUTBOX / "hung" / "hung.md").read_text("utf-8")
    assert not psutil.pid_exists(pid)


def test_killed_daemon_is_restarted_and_loses_nothing() -> None:
    """After kill -9 in mid-document, each input comes out once, and no process of the old daemon is left."""
    pid = main_pid()
    drop("before.pdf", documents.pdf_bytes(documents.page_of("Before the kill")))
    wait_for("document.published", document="before.pdf")
    in_mid_document("killed.pdf")
    drop("after.pdf", documents.pdf_bytes(documents.page_of("After the kill")))
    old = processes()
    assert len(old) >= 2
    os.kill(pid, signal.SIGKILL)
    restarted(pid)
    for name in ("killed.pdf", "after.pdf"):
        wait_for("document.published", document=name)
    assert not set(old) & set(processes())
    assert not any(psutil.pid_exists(number) for number in old)
    for name in ("before", "killed", "after"):
        assert len(journal("MARKERD_EVENT=document.published", f"MARKERD_DOCUMENT={name}.pdf")) == 1
        assert (DONE / f"{name}.pdf").exists()
    assert [path.name for path in INBOX.iterdir() if not path.name.startswith(".")] == []


def test_stop_lets_the_document_end() -> None:
    """After `systemctl stop` in mid-document it is published first, although TimeoutStopSec= is shorter."""
    drop_in(RestartSec="1s", TimeoutStopSec="2s")
    drop("draining.pdf", long_document(48))
    wait_for("document.progress", document="draining.pdf")
    begun = time.monotonic()
    old = processes()
    run("systemctl", "stop", "markerd.service")
    assert time.monotonic() - begun > 2
    assert wait_for("document.published", document="draining.pdf")
    assert (show("ActiveState"), show("Result")) == ("inactive", "success")
    assert not any(psutil.pid_exists(number) for number in old)
    drop_in(RestartSec="1s")
    start()


def test_stop_puts_back_a_document_that_takes_too_long() -> None:
    """Beyond stop_timeout_s it goes back, uncounted, within the time. The next start publishes it."""
    configure(daemon={"stop_timeout_s": 0.5})
    run("systemctl", "restart", "markerd.service")
    in_mid_document("back.pdf")
    begun = time.monotonic()
    run("systemctl", "stop", "markerd.service")
    assert time.monotonic() - begun < 10
    assert wait_for("document.put_back", document="back.pdf")
    assert (INBOX / "back.pdf").exists()
    assert show("Result") == "success"
    configure()
    start()
    assert wait_for("document.published", document="back.pdf")["MARKERD_ATTEMPT"] == "1"


def test_killed_converter_does_not_end_the_service() -> None:
    """The kernel kills it when memory runs out. It costs one attempt, and the daemon is the same."""
    pid = main_pid()
    in_mid_document("memory.pdf")
    converter = next(number for number in processes() if number != pid)
    os.kill(converter, signal.SIGKILL)
    assert wait_for("document.published", document="memory.pdf")["MARKERD_ATTEMPT"] == "2"
    assert (main_pid(), show("OOMPolicy")) == (pid, "continue")


def test_inline_daemon_switches_its_watchdog_off() -> None:
    """It cannot report while Marker works in its own thread."""
    run("systemctl", "stop", "markerd.service")
    configure(converter={"isolation": "inline"})
    drop_in(RestartSec="1s", WatchdogSec="2s")
    start()
    pid = main_pid()
    drop("inline.pdf", long_document(48))
    assert float(wait_for("document.published", document="inline.pdf")["MARKERD_SECONDS"]) > 2
    assert (main_pid(), show("NRestarts")) == (pid, "0")
    run("systemctl", "stop", "markerd.service")
    configure()
    drop_in(RestartSec="1s")
    start()


def test_wrong_configuration_causes_no_restart_loop() -> None:
    """With status 78 it fails at once and for good, with the fault in the journal. Corrected, it starts."""
    run("systemctl", "stop", "markerd.service")
    configure(folders={"formats": ["nonsense"]})
    assert run("systemctl", "start", "markerd.service", is_checked=False).returncode != 0
    assert (show("ActiveState"), show("ExecMainStatus"), show("NRestarts")) == ("failed", "78", "0")
    assert "folders[0].formats[0]" in run("journalctl", "--no-pager", "--unit=markerd.service").stdout
    configure()
    start()


def test_failed_start_is_an_event_in_the_journal() -> None:
    """The event has its reason, for alarms and `journalctl -x`.

    The start is repeated until what was missing is there.
    """
    run("systemctl", "stop", "markerd.service")
    OUTBOX.rename(OUTBOX.with_name("elsewhere"))
    OUTBOX.touch()
    run("systemctl", "start", "--no-block", "markerd.service")
    record = wait_for("daemon.failed")
    assert str(OUTBOX) in record["MARKERD_REASON"]
    assert record["PRIORITY"] == "3"
    OUTBOX.unlink()
    OUTBOX.with_name("elsewhere").rename(OUTBOX)
    wait_until(lambda: show("ActiveState") == "active", 60, "the start once the folder is back")
