"""How a command and the daemon speak: lines of JSON over a socket in the state directory.

Only the daemon's own user can connect. The socket also tells each side at once that the other one has ended, however
that happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markerd.convert.process.message_pipes import LineBuffer, Message
from markerd.errors import UnavailableError

SOCKET = "convert.socket"
_READ_BYTES = 1 << 16
_DESCRIPTORS = Path("/proc/self/fd")


@contextlib.contextmanager
def name_socket(state_dir: Path) -> Iterator[str]:
    """Name the socket in the state directory. A name of more than about 100 bytes would be refused, so it is short."""
    if not _DESCRIPTORS.exists():  # macOS
        yield str(state_dir / SOCKET)
        return
    fd = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"{_DESCRIPTORS}/{fd}/{SOCKET}"
    finally:
        os.close(fd)


def listen(state_dir: Path) -> socket.socket:
    """Listen in the state directory, whose lock is held, so that an older socket there is nobody's. Raises OSError."""
    (state_dir / SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with name_socket(state_dir) as name:
            listener.bind(name)
        (state_dir / SOCKET).chmod(0o600)  # before `listen`: nobody can have connected yet
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def connect(state_dir: Path) -> socket.socket | None:
    """Connect to the daemon of this state directory; None where there is none, or it is another user's."""
    try:
        if (state_dir / SOCKET).lstat().st_uid != os.geteuid():
            return None
    except OSError:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with name_socket(state_dir) as name:
            connection.connect(name)
    except OSError:  # left by a daemon that was killed
        connection.close()
        return None
    return connection


def encode(op: str, **fields: Any) -> bytes:
    """Write a message as a line; in ASCII, so that every file name survives."""
    return json.dumps({"op": op, **fields}).encode("ascii") + b"\n"


class Reader:
    """Cuts what comes from the other side into messages."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = LineBuffer()

    def read(self) -> list[Message] | None:
        """Wait for bytes; return the messages that are whole by then, or None at the end, or after no message."""
        try:
            data = self._connection.recv(_READ_BYTES)
            return list(self._lines.feed(data)) if data else None
        except (OSError, UnavailableError):
            return None
