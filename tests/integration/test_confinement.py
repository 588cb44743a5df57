"""What a confined process can reach, tried in a real one, without Marker and without any fetcher of a library."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from markerd.convert import confinement, landlock
from needs import missing

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _able() -> None:
    if confinement.possible().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.possible().reason}")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """A state directory's spool: the folder of a converter, a job of somebody else, and the journal beside them."""
    folder = tmp_path / "state" / "spool"
    for path in (folder / "converter-1" / "tmp", folder / "converter-1" / "job", folder / "7"):
        path.mkdir(parents=True)
    (folder / "7" / "document.pdf").write_bytes(b"another's")
    (folder / "converter-1" / "job" / "document.pdf").write_bytes(b"its own")
    (folder.parent / "journal.sqlite").write_bytes(b"the journal")
    return folder


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def tried(home: Path, models: str = "embedded", environ: Mapping[str, str] = {}, /, **attempts: Any) -> Any:
    """What came of the attempts, by their names."""
    done = subprocess.run(
        [sys.executable, "-m", "confined_probe", str(home), models],
        input=json.dumps(attempts),
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")])),
            **environ,
        },
        timeout=60,
        check=True,
    )
    outcomes = json.loads(done.stdout)
    assert outcomes.pop("level") == "full"
    return outcomes


def refused(attempts: dict[str, Any], error: str = "EACCES") -> dict[str, str]:
    return dict.fromkeys(attempts, error)


def test_files_of_others_are_not_read(spool: Path) -> None:
    """Neither the machine's users nor the journal nor another job, by whatever way; nor is it seen what there is."""
    attempts = {
        "passwd": ["read", "/etc/passwd"],
        "journal": ["read", str(spool.parent / "journal.sqlite")],
        "job": ["read", str(spool / "7" / "document.pdf")],
        "by_its_root": ["read", "/proc/self/root/etc/passwd"],
        "by_its_path": ["read", str(spool / "converter-1" / ".." / "7" / "document.pdf")],
        "by_program": ["read by program", "/etc/passwd"],
        "in_thread": ["read in thread", "/etc/passwd"],
        "spool": ["list", str(spool)],
        "environment_of_its_parent": ["read", f"/proc/{os.getpid()}/environ"],
        "memory_of_its_parent": ["read", f"/proc/{os.getpid()}/mem"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts)


def test_nothing_is_written_outside_its_folder(spool: Path, tmp_path: Path) -> None:
    """No file is made, changed, removed or moved elsewhere; in its folder it makes files, but no links."""
    home, other = spool / "converter-1", spool / "7" / "document.pdf"
    attempts = {
        "make": ["write", str(tmp_path / "new")],
        "make_in_spool": ["write", str(spool / "new")],
        "in_its_installation": ["write", str(Path(sys.prefix) / "new")],
        "change": ["append", str(other)],
        "remove": ["remove", str(other)],
        "symbolic_link": ["symbolic link", "/etc/passwd", str(home / "link")],
    }
    assert tried(home, **attempts) == refused(attempts)
    moves = {
        "out": ["rename", str(home / "job" / "document.pdf"), str(spool / "7" / "new")],
        "in": ["rename", str(other), str(home / "new")],
        "hard_link": ["hard link", str(other), str(home / "new")],
    }
    assert set(tried(home, **moves).values()) <= {"EACCES", "EXDEV"}
    assert other.read_bytes() == b"another's"


def test_its_own_work_goes_on(spool: Path) -> None:
    """It reads what it is given, writes, moves and removes in its folder, and starts programs."""
    home = spool / "converter-1"
    attempts = {
        "read": ["read", str(home / "job" / "document.pdf")],
        "write": ["write", str(home / "tmp" / "new")],
        "move": ["rename", str(home / "tmp" / "new"), str(home / "job" / "new")],
        "remove": ["remove", str(home / "job" / "new")],
        "program": ["read by program", str(home / "job" / "document.pdf")],
        "null": ["write", os.devnull],
        "itself": ["read", "/proc/self/status"],
        "pair": ["pair of sockets"],
    }
    assert tried(home, **attempts) == refused(attempts, "done")


def test_no_network_is_reached(spool: Path, tmp_path: Path, listener: socket.socket) -> None:
    """TCP, UDP, MPTCP, listening, and the sockets of local services: refused, and nothing arrives."""
    port = listener.getsockname()[1]
    path = tmp_path / "service"
    with socket.socket(socket.AF_UNIX) as service, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        service.bind(str(path))
        service.listen()
        datagrams.bind(("127.0.0.1", 0))
        datagrams.setblocking(False)
        attempts = {
            "tcp": ["connect", port],
            "mptcp": ["connect by MPTCP", port],
            "udp": ["send", datagrams.getsockname()[1]],
            "service": ["call service", str(path)],
            "listen": ["listen"],
        }
        assert tried(spool / "converter-1", **attempts) == refused(attempts)
        with pytest.raises(BlockingIOError):
            datagrams.recv(10)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_with_model_servers_their_ports_alone_are_reached(spool: Path, tmp_path: Path, listener: socket.socket) -> None:
    """The port that the environment names for a server; another one is refused, and all that is no TCP."""
    port = listener.getsockname()[1]
    environ = {"HOME": str(tmp_path), "OCR_ERROR_SERVER_URL": f"http://127.0.0.1:{port}"}
    with socket.create_server(("127.0.0.1", 0)) as other:
        attempts = {
            "other": ["connect", other.getsockname()[1]],
            "mptcp": ["connect by MPTCP", port],
            "udp": ["send", port],
            "passwd": ["read", "/etc/passwd"],
        }
        outcomes = tried(spool / "converter-1", "surya", environ, server=["connect", port], **attempts)
    assert outcomes == {"server": "done", **refused(attempts)}
    listener.accept()[0].close()


def test_it_can_neither_signal_nor_gain(spool: Path) -> None:
    """Other processes take no signal from it, and its limits are for good."""
    if landlock.abi() < 6:
        missing("signals are bounded by Landlock's ABI 6")
    attempts = {
        "signal": ["signal", os.getpid()],
        "more_open_files": ["more open files"],
        "more_core": ["more core"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")
