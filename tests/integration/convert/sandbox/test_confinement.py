"""What files and networks a confined process can reach, tried in a real one, without Marker and any fetcher."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from confined import refused, tried
from needs import missing

pytestmark = pytest.mark.usefixtures("full_confinement")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


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


def test_nothing_is_written_outside_the_own_folder(spool: Path, tmp_path: Path) -> None:
    """No file is made, changed, removed or moved elsewhere, nor linked from elsewhere into the folder."""
    home, other = spool / "converter-1", spool / "7" / "document.pdf"
    attempts = {
        "make": ["write", str(tmp_path / "new")],
        "make_in_spool": ["write", str(spool / "new")],
        "in_its_installation": ["write", str(Path(sys.prefix) / "new")],
        "change": ["append", str(other)],
        "remove": ["remove", str(other)],
    }
    assert tried(home, **attempts) == refused(attempts)
    moves = {
        "out": ["rename", str(home / "job" / "document.pdf"), str(spool / "7" / "new")],
        "in": ["rename", str(other), str(home / "new")],
        "hard_link": ["hard link", str(other), str(home / "new")],
    }
    assert set(tried(home, **moves).values()) <= {"EACCES", "EXDEV"}
    assert other.read_bytes() == b"another's"


def test_converters_own_work_is_allowed(spool: Path) -> None:
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
        "hard_link": ["hard link", str(home / "job" / "document.pdf"), str(home / "tmp" / "link")],
        "pair": ["pair of sockets"],
        "pipes": ["talk to program"],
        "end": ["end program"],
        "abort": ["abort program"],
        "processes": ["count in processes"],
        "loop": ["wait in a loop"],
        "temporary_files": ["temporary files"],
    }
    assert tried(home, "embedded", {"TMPDIR": str(home / "tmp")}, **attempts) == refused(attempts, "done")


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
        assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")
        with pytest.raises(BlockingIOError):
            datagrams.recv(10)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_only_ports_of_model_servers_are_reached(spool: Path, tmp_path: Path, listener: socket.socket) -> None:
    """The port that the environment names for a server; another one is refused, and all that is not TCP."""
    port = listener.getsockname()[1]
    environ = {"HOME": str(tmp_path), "OCR_ERROR_SERVER_URL": f"http://127.0.0.1:{port}"}
    with socket.create_server(("127.0.0.1", 0)) as other:
        elsewhere = {"other": ["connect", other.getsockname()[1]], "passwd": ["read", "/etc/passwd"]}
        calls = {
            "mptcp": ["connect by MPTCP", port],
            "udp": ["send", port],
            "while_sending": ["connect while sending", other.getsockname()[1]],
            "service": ["call service", str(tmp_path / "service")],
        }
        attempts = {"server": ["connect", port], **elsewhere, **calls}
        outcomes = tried(spool / "converter-1", "surya", environ, **attempts)
    assert outcomes == {"server": "done", **refused(elsewhere), **refused(calls, "EPERM")}
    listener.accept()[0].close()


def test_root_cannot_enter_folders_of_others(spool: Path) -> None:
    """Not even one that lies in its own: the capability that opened it is gone."""
    if os.geteuid() != 0:
        missing("root alone has capabilities")
    home = spool / "converter-1"
    locked = home / "job" / "locked"
    locked.mkdir()
    (locked / "file").write_bytes(b"x")
    os.chown(locked, 12345, 12345)
    locked.chmod(0o700)
    attempts = {"read": ["read", str(locked / "file")], "list": ["list", str(locked)]}
    assert tried(home, **attempts) == refused(attempts)
    assert tried(home, "unconfined", **attempts) == refused(attempts, "done")


IMPORT = """
import sys
from pathlib import Path
from markerd.convert.sandbox import confinement
from markerd.convert.sandbox.reach import Reach
confined = confinement.confine(Reach(Path(sys.argv[1])))
import found_in_a_closed_folder
capabilities = next(line for line in open("/proc/self/status") if line.startswith("CapEff"))
print(confined.level.value, int(capabilities.split()[1], 16), confined.reason, sep="|")
"""


def test_installation_in_a_closed_folder_is_read(spool: Path, tmp_path: Path) -> None:
    """Root's, in somebody else's home: it goes on working with one capability, and says so."""
    if os.geteuid() != 0:
        missing("root alone enters closed folders")
    closed = tmp_path / "home"
    (closed / "library").mkdir(parents=True)
    (closed / "library" / "found_in_a_closed_folder.py").touch()
    os.chown(closed, 12345, 12345)
    closed.chmod(0o700)
    module_path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(closed / "library")]))
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(spool / "converter-1")],
        env={**os.environ, "PYTHONPATH": module_path},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    )
    level, capabilities, reason = done.stdout.strip().split("|")
    assert (level, int(capabilities)) == ("partial", 1 << 2)
    assert reason == f"CAP_DAC_READ_SEARCH is kept: root may not enter {closed / 'library'} without it"
