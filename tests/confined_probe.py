"""A process that confines itself as the converter does, then tries what it is told and says what came of it.

    python -m confined_probe HOME MODELS < attempts.json

Reads a JSON object, name to [what, argument, …]; writes one, name to "done" or the name of the error.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from markerd.convert import confinement

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
    confined = confinement.confine(home, models, models)
    print(json.dumps({
        "level": confined.level.value,
        **{name: outcome(*attempt) for name, attempt in json.load(sys.stdin).items()},
    }))  # fmt: skip


if __name__ == "__main__":
    main()
