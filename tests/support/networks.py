"""Listeners that count their callers: here, or on another machine as it were, a network namespace one hop away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from needs import missing

_LISTENER = """
import socket, sys
with socket.create_server((sys.argv[1], 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        server.accept()[0].close()
        print("called", flush=True)
"""


class Listener:
    """`address` is its host and port; `calls` grows with each caller."""

    def __init__(self, host: str, output: IO[str]) -> None:
        self.host, self.port = host, int(output.readline())
        self.calls: list[str] = []
        threading.Thread(target=lambda: self.calls.extend(output), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def listener_at(host: str, *launcher: str) -> Iterator[Listener]:
    """A process that hangs up on whoever calls."""
    command = [*launcher, sys.executable, "-c", _LISTENER, host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Listener(host, process.stdout)
        finally:
            process.kill()


@contextmanager
def listener_elsewhere() -> Iterator[Listener]:
    """Reached by a pair of virtual cables, by an address of TEST-NET-1 (RFC 5737): all of it goes at the end."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        missing("only root on Linux may make a network namespace")
    name, lowest = f"mkd{os.getpid()}", os.getpid() % 63 * 4
    here, there = f"192.0.2.{lowest + 1}", f"192.0.2.{lowest + 2}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", name, "type", "veth", "peer", "name", "far", "netns", name)
        _ip("address", "add", f"{here}/30", "dev", name)
        _ip("link", "set", name, "up")
        _ip("-n", name, "address", "add", f"{there}/30", "dev", "far")
        _ip("-n", name, "link", "set", "far", "up")
        with listener_at(there, "ip", "netns", "exec", name) as listener:
            yield listener
    finally:
        _ip("netns", "delete", name)  # and the cable with it


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
