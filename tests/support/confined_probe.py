"""A process that confines itself as the converter does, then tries what it is told and says what came of it.

    python -m confined_probe HOME MODELS < attempts.json

Reads a JSON object, name to [what, argument, …]; writes one, name to "done" or the name of the error. With "unconfined"
for MODELS it tries the same without confining itself.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from markerd.convert.model_sets.surya import find_port
from markerd.convert.sandbox import confinement
from markerd.convert.sandbox.reach import Reach

MPTCP = 262


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), timeout=10).close()


def connect_by_mptcp(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP) as caller:
        caller.connect(("127.0.0.1", port))


def send(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"leak", ("127.0.0.1", port))


def call_service(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)


def listen() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def make_pair() -> None:
    for end in socket.socketpair():
        end.close()


def read_by_program(path: str) -> None:
    script = "import sys\ntry: open(sys.argv[1]).close()\nexcept OSError as error: sys.exit(error.errno)"
    done = subprocess.run([sys.executable, "-c", script, path], check=False)
    if done.returncode:
        raise OSError(done.returncode, "in the program")


def read_in_thread(path: str) -> None:
    errors: list[OSError] = []

    def read() -> None:
        try:
            Path(path).read_bytes()
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


LIBC = ctypes.CDLL(None, use_errno=True)
MSG_FASTOPEN = 0x20000000


def call(name: str, *arguments: int) -> int:
    """A system call by its name, past what the C library makes of it."""
    number = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name(name.encode())
    done = int(LIBC.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))
    if done < 0:
        raise OSError(ctypes.get_errno(), name)
    return done


def connect_while_sending(port: int) -> None:
    with socket.socket() as caller:
        caller.sendto(b"leak", MSG_FASTOPEN, ("127.0.0.1", port))


def change_mode_of_open(path: str) -> None:
    with open(path, "rb") as file:
        os.fchmod(file.fileno(), 0o600)


def write_extended_attribute(path: str) -> None:
    try:
        os.setxattr(path, "user.leak", b"x")
    except OSError as error:
        if error.errno != errno.ENOTSUP:  # it got as far as to the file system
            raise


def set_limit_of(pid: int) -> None:
    soft, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
    resource.prlimit(pid, resource.RLIMIT_CPU, (soft, hard))


def send_from_pair(path: str) -> None:
    """A datagram to a socket that stands in the file system, without opening one."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"leak", path)


def send_from_stream(path: str) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendto(b"leak", path)


def watch(folder: str) -> None:
    watcher = call("inotify_init1", os.O_CLOEXEC)
    name = ctypes.create_string_buffer(os.fsencode(folder))
    call("inotify_add_watch", watcher, ctypes.addressof(name), 0x2)


def watch_by_fcntl(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_NOTIFY, fcntl.DN_MODIFY)
    fcntl.fcntl(fd, fcntl.F_NOTIFY, 0)


def run_from_memory() -> None:
    fd = os.memfd_create("program")
    os.write(fd, Path("/bin/true").read_bytes())
    child = os.fork()
    if child == 0:
        os.execve(fd, ["true"], {})
    os.waitpid(child, 0)


def make_shared_memory() -> None:
    call("shmctl", call("shmget", 0, 4096, 0o1600), 0, 0)


def make_semaphores() -> None:
    call("semctl", call("semget", 0, 1, 0o1600), 0, 0, 0)


def make_message_queue() -> None:
    call("msgctl", call("msgget", 0, 0o1600), 0, 0)


def type_for_the_terminal() -> None:
    with open(os.devnull, "rb") as file:
        try:
            fcntl.ioctl(file, 0x5412, b"x")  # TIOCSTI
        except OSError as error:
            if error.errno != errno.ENOTTY:  # it got as far as to the device
                raise


def keep_capabilities(program: str) -> None:
    """EPERM if none is left, in this process or in a program that it runs."""
    status = Path("/proc/self/status").read_text()
    if program:
        status = subprocess.run([program, "/proc/self/status"], stdout=subprocess.PIPE, text=True, check=True).stdout
    sets = [line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff", "CapAmb"))]
    if not any(int(each, 16) for each in sets):
        raise OSError(errno.EPERM, "none")


def talk_to_program() -> None:
    done = subprocess.run(["/bin/cat"], input=b"x" * 100_000, stdout=subprocess.PIPE, timeout=30, check=True)
    assert len(done.stdout) == 100_000


def end_program() -> None:
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeping:
        sleeping.kill()
    assert sleeping.returncode == -signal.SIGKILL


def abort_program() -> None:
    script = "import ctypes; ctypes.CDLL(None).abort()"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGABRT


def count_in_processes() -> None:
    """A pool, with the semaphores and pipes that it needs."""
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, [-1, 2]) == [1, 2]


def wait_in_a_loop() -> None:
    async def wait() -> int:
        return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)

    assert asyncio.run(wait()) == 7


def use_temporary_files() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.touch()
        path.touch()
        path.write_bytes(b"x")
        with path.open("r+b") as file:
            file.truncate(0)
            fcntl.flock(file, fcntl.LOCK_EX)
            fcntl.lockf(file, fcntl.LOCK_EX)


ATTEMPTS: dict[str, Callable[..., Any]] = {
    "read": lambda path: Path(path).read_bytes(),
    "write": lambda path: Path(path).write_bytes(b"x"),
    "append": lambda path: os.open(path, os.O_WRONLY | os.O_APPEND),
    "list": os.listdir,
    "remove": os.unlink,
    "rename": os.rename,
    "hard link": os.link,
    "symbolic link": os.symlink,
    "signal": lambda pid: os.kill(pid, 0),
    "pair of sockets": make_pair,
    "connect": connect,
    "connect by MPTCP": connect_by_mptcp,
    "send": send,
    "call service": call_service,
    "listen": listen,
    "read by program": read_by_program,
    "read in thread": read_in_thread,
    "chmod": lambda path: os.chmod(path, 0o600),
    "fchmod": change_mode_of_open,
    "chown": lambda path: os.chown(path, os.geteuid(), os.getegid()),
    "utime": os.utime,
    "setxattr": write_extended_attribute,
    "truncate": lambda path: os.truncate(path, 0),
    "set limit of": set_limit_of,
    "run on": lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(pid)),
    "set priority of": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)),
    "schedule": lambda pid: os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)),
    "send from a pair": send_from_pair,
    "send from a stream": send_from_stream,
    "connect while sending": connect_while_sending,
    "watch": watch,
    "watch by fcntl": watch_by_fcntl,
    "run from memory": run_from_memory,
    "shared memory": make_shared_memory,
    "semaphores": make_semaphores,
    "message queue": make_message_queue,
    "type for the terminal": type_for_the_terminal,
    "call": call,
    "capabilities": keep_capabilities,
    "make FIFO": os.mkfifo,
    "talk to program": talk_to_program,
    "end program": end_program,
    "abort program": abort_program,
    "count in processes": count_in_processes,
    "wait in a loop": wait_in_a_loop,
    "temporary files": use_temporary_files,
    "more open files": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192)),
    "more core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (2, 2)),
}


def outcome(what: str, *arguments: Any) -> str:
    try:
        ATTEMPTS[what](*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    except ValueError:  # what setrlimit makes of EPERM
        return "EPERM"
    return "done"


def main() -> None:
    home, models = Path(sys.argv[1]), sys.argv[2]
    ports = frozenset({find_port(os.environ["OCR_ERROR_SERVER_URL"])}) if models == "surya" else frozenset()
    confined = None if models == "unconfined" else confinement.confine(Reach(home, connects=ports))
    outcomes = {name: outcome(*attempt) for name, attempt in json.load(sys.stdin).items()}
    print(json.dumps({"level": confined.level.value if confined else "unconfined", **outcomes}))


if __name__ == "__main__":
    main()
