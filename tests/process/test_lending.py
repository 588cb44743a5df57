"""`markerd convert` beside a running daemon: it uses its converters, and goes on alone where the daemon ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import RunningDaemon, wait_until
from killing import quick_environ

GOOD = b"%PDF-1.4 good\n%%EOF\n"
LONG = b"sleeping 1 %PDF-1.4\n%%EOF\n"
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[RunningDaemon]:
    """A daemon whose state directory has a longer path than the name of a socket may have."""
    root = tmp_path / ("long-" * 12) / ("deep-" * 12)
    root.mkdir(parents=True)
    running = RunningDaemon(root).start(is_waiting=True, **quick_environ())
    yield running
    running.kill()


@pytest.fixture
def command(daemon: RunningDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts `markerd convert` with the daemon's configuration; what is left of it is an error."""
    (tmp_path / "temp").mkdir()
    for name, value in {**quick_environ(), "TMPDIR": str(tmp_path / "temp")}.items():
        monkeypatch.setenv(name, value)

    def start(*arguments: str) -> subprocess.Popen[str]:
        whole = [sys.executable, "-m", "markerd", "convert", *arguments, "--config", str(daemon.config), "-o", "to"]
        return subprocess.Popen(whole, cwd=daemon.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    yield start
    assert not list((tmp_path / "temp").iterdir())


def write(daemon: RunningDaemon, **contents: bytes) -> None:
    for name, content in contents.items():
        (daemon.root / f"{name}.pdf").write_bytes(content)


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    return out, err


def list_lent(daemon: RunningDaemon) -> list[Path]:
    return list((daemon.state_dir / "spool").glob("lent-*"))


def read_manifest(daemon: RunningDaemon, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((daemon.root / "to" / name / "manifest.json").read_text())
    return found


def test_converters_of_the_daemon_serve_commands_and_hot_folders(daemon: RunningDaemon, command: Start) -> None:
    """The command starts no converter, its documents are none of the daemon's, and hot folders are served as well."""
    write(daemon, a=GOOD, b=GOOD, bad=b"%PDF-1.4 broken\n%%EOF\n")
    process = command("a.pdf", "bad.pdf", "b.pdf", "--verbose")
    daemon.drop("hot.pdf", GOOD)
    out, err = finish(process, 65)
    assert out.count("->") == 2
    assert "converter.started" not in err
    assert "bad.pdf: it says that it is broken" in err
    assert (daemon.root / "to" / "a" / "a.md").read_bytes() == GOOD
    assert {event["document"]: event["outcome"] for event in daemon.find("command.done")} == {
        "a.pdf": "converted", "b.pdf": "converted", "bad.pdf": "unreadable"
    }  # fmt: skip
    daemon.wait_for("document.published", document="hot.pdf")
    wait_until(lambda: not list_lent(daemon), 10, "the folder of the command is gone")
    finish(command("a.pdf", "--no-daemon"))
    assert len(daemon.find("command.done", document="a.pdf")) == 1
    assert daemon.stop() == 0
    assert daemon.find("daemon.stopped", published=1, dead=0)
    assert not (daemon.state_dir / "convert.socket").exists()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_command_goes_on_alone_when_the_daemon_ends(daemon: RunningDaemon, command: Start, end: signal.Signals) -> None:
    """Killed or stopped in mid-document: the command says so, and each of its documents is converted once."""
    write(daemon, a=GOOD, long=LONG, z=GOOD)
    process = command("a.pdf", "long.pdf", "z.pdf")
    daemon.wait_for("command.converting", document="long.pdf")
    daemon.signal(end)
    if end is signal.SIGTERM:
        daemon.signal(end)  # a second one: the document in work is given up
    out, err = finish(process)
    assert "the daemon has stopped; the rest is converted without it" in err
    assert [line.split(" ->")[0] for line in out.splitlines()] == ["a.pdf", "long.pdf", "z.pdf"]
    for name in ("a", "long", "z"):
        assert read_manifest(daemon, name)["pages"] == 1
    assert not list_lent(daemon)


def test_documents_in_work_end_when_the_daemon_is_asked_to_stop(daemon: RunningDaemon, command: Start) -> None:
    """One signal: what a converter has is finished there, and the rest is converted without the daemon."""
    write(daemon, long=b"sleeping 1.5 %PDF-1.4\n%%EOF\n", z=GOOD)
    process = command("long.pdf", "z.pdf")
    daemon.wait_for("command.converting", document="long.pdf")
    assert daemon.stop() == 0
    finish(process)
    assert read_manifest(daemon, "long")["pages"] == read_manifest(daemon, "z")["pages"] == 1


def test_daemon_forgets_a_command_that_ends(daemon: RunningDaemon, command: Start) -> None:
    """Ctrl-C leaves nothing of the command; the daemon drops what it had of it, and goes on."""
    write(daemon, long=LONG, z=GOOD)
    process = command("long.pdf", "z.pdf")
    daemon.wait_for("command.converting", document="long.pdf")
    process.send_signal(signal.SIGINT)
    finish(process, 130)
    daemon.drop("hot.pdf", GOOD)
    daemon.wait_for("document.published", document="hot.pdf")
    assert not daemon.find("command.converting", document="z.pdf")
    wait_until(lambda: not list_lent(daemon), 10, "the folder of the command is gone")
    assert not (daemon.root / "to" / "long").exists()


def test_reload_keeps_the_command_waiting(daemon: RunningDaemon, command: Start) -> None:
    """Converters that a reload replaces take up what waited for the old ones."""
    write(daemon, long=b"sleeping 1 %PDF-1.4\n%%EOF\n", z=GOOD)
    process = command("long.pdf", "z.pdf", "--verbose")
    daemon.wait_for("command.converting", document="long.pdf")
    daemon.write_config(converter={"models": "embedded", "threads": 1})
    daemon.signal(signal.SIGHUP)
    _, err = finish(process)
    assert "converter.started" not in err
    assert len(daemon.find("command.done", outcome="converted")) == 2
