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

from markerd.convert.sandbox import confinement, landlock
from needs import missing

TESTS = Path(__file__).resolve().parents[3] / "support"


@pytest.fixture(autouse=True)
def _able() -> None:
    if confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")


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
    assert outcomes.pop("level") == ("unconfined" if models == "unconfined" else "full")
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
    """No file is made, changed, removed or moved elsewhere, nor linked from elsewhere into its folder."""
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


def test_with_model_servers_their_ports_alone_are_reached(spool: Path, tmp_path: Path, listener: socket.socket) -> None:
    """The port that the environment names for a server; another one is refused, and all that is no TCP."""
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


@pytest.fixture
def victim() -> Iterator[int]:
    """A process of the same user, which is none of the converter's business."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Path]:
    """A socket of datagrams in the file system, as the machine's own services have."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "service"))
        yield tmp_path / "service"


def test_what_landlock_does_not_know_is_refused(spool: Path, victim: int, service: Path) -> None:
    """What any user may do to what is its own: each is done without confinement, and EPERM with it."""
    home, other = spool / "converter-1", str(spool / "7" / "document.pdf")
    own = str(home / "job" / "document.pdf")
    attempts = {
        "chmod": ["chmod", other],
        "chmod_of_its_own": ["chmod", own],
        "fchmod": ["fchmod", own],
        "chown": ["chown", other],
        "utime": ["utime", other],
        "setxattr": ["setxattr", other],
        "truncate": ["truncate", own],
        "symbolic_link": ["symbolic link", "/etc/passwd", str(home / "link")],
        "fifo": ["make FIFO", str(home / "fifo")],
        "limits": ["set limit of", victim],
        "processors": ["run on", victim],
        "priority": ["set priority of", victim],
        "scheduling": ["schedule", victim],
        "priority_of_io": ["call", "ioprio_set", 1, victim, 2 << 13 | 4],
        "descriptor_of_process": ["call", "pidfd_open", victim, 0],
        "datagram_of_a_pair": ["send from a pair", str(service)],
        "inotify": ["watch", str(spool)],
        "dnotify": ["watch by fcntl", str(home)],
        "program_in_memory": ["run from memory"],
        "shared_memory": ["shared memory"],
        "semaphores": ["semaphores"],
        "message_queue": ["message queue"],
        "terminal": ["type for the terminal"],
        "keyring": ["call", "keyctl", 0, -3, 1],
        "hidden_memory": ["call", "prctl", 4, 0, 0, 0, 0],
        "adopting": ["call", "prctl", 36, 1, 0, 0, 0],
        "personality": ["call", "personality", 0x0040000],
    }
    assert tried(home, **attempts) == refused(attempts, "EPERM")
    assert tried(home, "unconfined", **attempts) == refused(attempts, "done")


def test_the_rest_of_the_kernel_is_refused(spool: Path, victim: int, service: Path) -> None:
    """Name spaces, keys, tracing and what else is for the administrator, or for nobody that converts a document."""
    new_user = 0x10000000
    attempts = {
        "name_space": ["call", "unshare", new_user],
        "name_space_of_child": ["call", "clone", new_user | 17, 0, 0, 0, 0],
        "stream_by_path": ["send from a stream", str(service)],
        "new_key": ["call", "add_key", 0, 0, 0, 0, 0],
        "asked_key": ["call", "request_key", 0, 0, 0, 0],
        "tracing": ["call", "ptrace", 16, victim, 0, 0],
        "others_memory": ["call", "process_vm_readv", victim, 0, 0, 0, 0, 0],
        "others_descriptors": ["call", "pidfd_getfd", 0, 0, 0],
        "execveat": ["call", "execveat", 0, 0, 0, 0, 0x1000],
        "mount": ["call", "mount", 0, 0, 0, 0, 0],
        "chroot": ["call", "chroot", 0],
        "setuid": ["call", "setuid", os.geteuid()],
        "setgroups": ["call", "setgroups", 0, 0],
        "capset": ["call", "capset", 0, 0],
        "io_uring": ["call", "io_uring_setup", 1, 0],
        "bpf": ["call", "bpf", 0, 0, 0],
        "perf": ["call", "perf_event_open", 0, 0, -1, -1, 0],
        "userfaultfd": ["call", "userfaultfd", 0],
        "handle": ["call", "name_to_handle_at", -100, 0, 0, 0, 0],
        "by_handle": ["call", "open_by_handle_at", -100, 0, 0],
        "fanotify": ["call", "fanotify_init", 0, 0],
        "filter": ["call", "seccomp", 0, 0, 0],
        "queued_signal": ["call", "rt_sigqueueinfo", victim, 0, 0],
        "kernels_log": ["call", "syslog", 3, 0, 0],
        "capabilities": ["capabilities", ""],
        "capabilities_of_program": ["capabilities", "/bin/cat"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")


def test_root_has_no_way_into_folders_of_others(spool: Path) -> None:
    """Not even into one that lies in its own: the capability that opened it is gone."""
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
from markerd.convert.protocol import ConverterSpec
from markerd.convert.sandbox import confinement
confined = confinement.confine(Path(sys.argv[1]), "embedded", ConverterSpec())
import found_in_a_closed_folder
capabilities = next(line for line in open("/proc/self/status") if line.startswith("CapEff"))
print(confined.level.value, int(capabilities.split()[1], 16), confined.reason, sep="|")
"""


def test_an_installation_in_a_closed_folder_is_read(spool: Path, tmp_path: Path) -> None:
    """Root's, in the home of somebody else: it goes on working with one capability, and says so."""
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


def test_it_can_neither_signal_nor_gain(spool: Path) -> None:
    """Other processes take no signal from it, and its limits are for good."""
    if landlock.read_abi() < 6:
        missing("signals are bounded by Landlock's ABI 6")
    attempts = {
        "signal": ["signal", os.getpid()],
        "more_open_files": ["more open files"],
        "more_core": ["more core"],
    }
    assert tried(spool / "converter-1", **attempts) == refused(attempts, "EPERM")
