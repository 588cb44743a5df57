"""A command at the other end of the daemon's socket."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from markerd.convert.process.message_pipes import Message
from markerd.runtime.lending.channel import Reader, encode


class Borrower:
    """Has a thread that reads and one that writes, so that a command that is slow holds up nobody.

    `hear` is called by the reading thread with each message, and with None at the end. All else is for the main thread:
    `folder` is where the command's documents lie, and `in_work` counts what it has in the converters. It `is_gone` when
    its connection has ended, and `is_dismissed` when the daemon ended it.
    """

    def __init__(self, connection: socket.socket, hear: Callable[[Borrower, Message | None], None]) -> None:
        self.folder: Path | None = None
        self.in_work = 0
        self.is_gone = self.is_dismissed = False
        self._connection = connection
        self._hear = hear
        self._unsent: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="lending", daemon=True)
        self._writer = threading.Thread(target=self._write, name="lending", daemon=True)

    def start(self) -> None:
        """Start to read and write, once the desk knows it: it may have gone already."""
        self._writer.start()
        self._reader.start()

    def send(self, op: str, **fields: Any) -> None:
        """Send a message, soon. It is lost if the command has gone."""
        self._unsent.put(encode(op, **fields))

    def close(self) -> None:
        """End the connection once all is sent. The command sees that as the end of the daemon."""
        self.is_dismissed = True
        self._unsent.put(None)

    def await_end(self, timeout_s: float) -> None:
        """Wait until all is sent and the connection is closed, if that takes no longer."""
        self._writer.join(timeout_s)

    def _read(self) -> None:
        reader = Reader(self._connection)
        while (messages := reader.read()) is not None:
            for message in messages:
                self._hear(self, message)
        self._hear(self, None)
        self._unsent.put(None)

    def _write(self) -> None:
        with suppress(OSError):  # the command has gone
            while (data := self._unsent.get()) is not None:
                self._connection.sendall(data)
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
