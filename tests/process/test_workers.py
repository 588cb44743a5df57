"""Several converters: documents in work at once, whatever ends some of them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

import documents
from conftest import StartDaemon
from harness import RunningDaemon, wait_until
from killing import quick_environ


@dataclass
class Workers:
    """A daemon with two converters that load no models; a document that says `held` takes until `release`."""

    daemon: RunningDaemon
    held: Path

    def start(self) -> None:
        self.held.touch()
        self.daemon.start(is_waiting=True, **{"HELD_FILE": str(self.held), **quick_environ()})

    def release(self) -> None:
        self.held.unlink()

    def drop(self, *names: str, content: str = "held") -> None:
        """One after the other, so that they are queued in this order."""
        for name in names:
            self.daemon.drop(name, f"%PDF-1.4 {content} {name}\n%%EOF\n".encode())
            self.daemon.wait_for("document.queued", document=name)

    def wait_for_converting(self, *names: str) -> None:
        wait_until(lambda: [each["document"] for each in self.status()["converting"]] == list(names), what=f"{names}")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.daemon.state_dir / "status.json").read_bytes())
        return found

    def read_attempts(self) -> dict[str, int]:
        with closing(sqlite3.connect(self.daemon.state_dir / "journal.sqlite")) as journal:
            return {os.fsdecode(path): n for path, n in journal.execute("SELECT path, attempts FROM documents")}

    def published(self) -> list[str]:
        return sorted(event["document"] for event in self.daemon.find("document.published"))


@pytest.fixture
def workers(tmp_path: Path, daemon_at: StartDaemon) -> Workers:
    made = Workers(daemon_at(tmp_path, converter={"workers": 2, "retry_delay_s": 0.1}), tmp_path / "held")
    made.start()
    return made


def test_two_documents_are_in_work_at_once_in_order_of_arrival(workers: Workers) -> None:
    """The next two are prepared meanwhile and are not in work. The status has each converter."""
    workers.drop("1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    spool = workers.daemon.state_dir / "spool"
    wait_until(lambda: len([each for each in os.listdir(spool) if each.isdecimal()]) == 4, what="four in the window")
    status = workers.status()
    assert status["current"]["document"] == "1.pdf"
    pids = [worker["pid"] for worker in status["converter"]["workers"]]
    assert len(set(pids)) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    workers.release()
    workers.daemon.wait_for("document.published", count=5)
    began = [event["document"] for event in workers.daemon.find("document.converting")]
    assert began == ["1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf"]


def test_stop_finishes_what_converters_have_and_puts_the_rest_back(workers: Workers) -> None:
    """Uncounted: the next start converts it at its first attempt."""
    workers.drop("1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    workers.daemon.signal(signal.SIGTERM)
    workers.daemon.wait_for("daemon.stopping")
    wait_until(lambda: len(workers.daemon.find("document.put_back")) == 2, what="3 and 4 put back")
    workers.release()
    assert workers.daemon.wait() == 0
    assert workers.published() == ["1.pdf", "2.pdf"]
    assert workers.read_attempts() == {"1.pdf": 1, "2.pdf": 1, "3.pdf": 0, "4.pdf": 0, "5.pdf": 0}
    workers.start()
    workers.release()
    workers.daemon.wait_for("document.published", count=3)
    assert all(attempts == 1 for attempts in workers.read_attempts().values())


def test_second_signal_puts_all_back(workers: Workers) -> None:
    """At once, and no process is left."""
    workers.drop("1.pdf", "2.pdf", "3.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    pids = [worker["pid"] for worker in workers.status()["converter"]["workers"]]
    workers.daemon.signal(signal.SIGTERM)
    workers.daemon.wait_for("daemon.stopping")
    workers.daemon.signal(signal.SIGTERM)
    assert workers.daemon.wait() == 0
    assert sorted(event["document"] for event in workers.daemon.find("document.put_back")) == [
        "1.pdf",
        "2.pdf",
        "3.pdf",
    ]
    assert set(workers.read_attempts().values()) == {0}
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert os.listdir(workers.daemon.state_dir / "spool") == []


def test_killed_daemon_counts_an_attempt_for_what_converters_had(workers: Workers) -> None:
    """What was only prepared is as if it had never been touched."""
    workers.drop("1.pdf", "2.pdf", "3.pdf", "4.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    workers.daemon.kill()
    workers.start()
    workers.release()
    workers.daemon.wait_for("document.published", count=4)
    assert workers.read_attempts() == {"1.pdf": 2, "2.pdf": 2, "3.pdf": 1, "4.pdf": 1}


def test_dead_converter_costs_its_own_document_an_attempt(workers: Workers) -> None:
    """The other converter goes on, and so does what waits."""
    workers.drop("1.pdf", "2.pdf", "3.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    os.kill(workers.status()["converter"]["workers"][0]["pid"], signal.SIGKILL)
    workers.daemon.wait_for("document.failed", kind="converter_died")
    workers.release()
    workers.daemon.wait_for("document.published", count=3)
    assert sorted(workers.read_attempts().values()) == [1, 1, 2]
    assert len(workers.daemon.find("converter.died")) == 1


def test_reload_lets_documents_in_work_end_and_changes_the_number(workers: Workers) -> None:
    """Whatever was prepared goes through the new intake. One converter works on."""
    workers.drop("1.pdf", "2.pdf", "3.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    workers.daemon.write_config(converter={"workers": 1})
    workers.daemon.signal(signal.SIGHUP)
    workers.daemon.wait_for("document.put_back", document="3.pdf")
    workers.release()
    workers.daemon.wait_for("config.reloaded")
    workers.daemon.wait_for("document.published", count=3)
    wait_until(lambda: len(workers.status()["converter"]["workers"]) == 1, what="one converter")
    assert set(workers.read_attempts().values()) == {1}


def test_new_content_of_a_document_in_work_comes_after_it(workers: Workers) -> None:
    """Two versions of one path are never in work at once, and the later one is what stays."""
    workers.drop("1.pdf")
    workers.wait_for_converting("1.pdf")
    workers.daemon.drop("1.pdf", b"%PDF-1.4 the later one\n%%EOF\n")
    workers.drop("2.pdf")
    workers.wait_for_converting("1.pdf", "2.pdf")
    workers.release()
    workers.daemon.wait_for("document.published", document="1.pdf", timeout_s=60)
    wait_until(lambda: "the later one" in workers.daemon.markdown("1"), what="the later version")


def test_document_over_its_time_costs_itself_only(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Its converter is killed and replaced; the other one goes on, and what waited is converted."""
    limited: dict[str, object] = {"workers": 2, "max_attempts": 1, "timeout_s": 1.5, "timeout_per_page_s": 0}
    workers = Workers(daemon_at(tmp_path, converter=limited), tmp_path / "held")
    workers.start()
    workers.drop("1.pdf")
    workers.drop("2.pdf", "3.pdf", "4.pdf", content="quick")
    workers.daemon.wait_for("document.published", count=3)
    assert workers.daemon.wait_for("document.dead", document="1.pdf")["kind"] == "timeout"
    assert workers.published() == ["2.pdf", "3.pdf", "4.pdf"]
    assert len(workers.daemon.find("converter.died")) == 1


def test_converters_are_replaced_one_by_one_while_documents_go_on(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Each after its own number of documents; none is lost, and two converters are there in the end."""
    workers = Workers(daemon_at(tmp_path, converter={"workers": 2, "recycle_documents": 2}), tmp_path / "held")
    workers.start()
    names = [f"{number}.pdf" for number in range(10)]
    workers.drop(*names, content="quick")
    workers.daemon.wait_for("document.published", count=10)
    assert workers.published() == names
    assert set(workers.read_attempts().values()) == {1}
    assert len(workers.daemon.find("converter.recycled")) >= 2
    assert workers.daemon.find("converter.died") == []


def test_converters_that_die_on_every_document_end_the_daemon(workers: Workers) -> None:
    """With status 75; what they did not die on has no attempt counted."""
    workers.drop("1.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf", "6.pdf", "7.pdf")
    killed: set[int] = set()

    def is_over() -> bool:
        for worker in workers.status()["converter"]["workers"]:
            if worker["pid"] not in killed | {None} and worker["documents"] > 0:
                killed.add(worker["pid"])
                os.kill(worker["pid"], signal.SIGKILL)
        return workers.daemon.process is not None and workers.daemon.process.poll() is not None

    wait_until(is_over, what="the end of the daemon")
    assert workers.daemon.wait() == 75
    assert len(workers.daemon.find("converter.died")) >= 5
    assert workers.published() == []


@pytest.mark.models
def test_two_real_converters_share_the_documents(tmp_path: Path, daemon_at: StartDaemon) -> None:
    """Each has its own process, and every document says what it said."""
    daemon = daemon_at(tmp_path, converter={"workers": 2}).start()
    for number in range(6):
        daemon.drop(f"{number}.pdf", documents.pdf_bytes(documents.page_of(f"Number {number} of six")))
    daemon.wait_for("document.published", count=6)
    assert all(f"Number {number} of six" in daemon.markdown(str(number)) for number in range(6))
    workers = json.loads((daemon.state_dir / "status.json").read_bytes())["converter"]["workers"]
    assert len({worker["pid"] for worker in workers}) == 2
    assert daemon.stop() == 0
