"""The pipes between the daemon and its converter process: messages are written and read as lines of JSON.

Each message is one object with `op`, which names its kind. Messages are never pickled: the converter reads untrusted
documents, and a pickle from it could run code in the daemon.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from markerd.errors import ConverterDiedError, UnavailableError
from markerd.files.readiness import wait_until_readable
from markerd.files.untrusted import parse_json

MAX_LINE_BYTES = 16 << 20
_READ_BYTES = 1 << 16

Message = dict[str, Any]


class MessageWriter:
    """Writes messages to a pipe. Raises BrokenPipeError when nobody reads the pipe any more."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def send(self, op: str, **fields: Any) -> None:
        # The message is ASCII, so that lone surrogates of file names survive as escapes.
        data = json.dumps({"op": op, **fields}).encode("ascii") + b"\n"
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def close(self) -> None:
        os.close(self._fd)


class LineBuffer:
    """Cuts the bytes of a pipe into messages. Raises UnavailableError for a line that is no message."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise UnavailableError("the converter sent a line without an end")
        for line in lines:
            yield _parse_message(line)


def _parse_message(line: bytes) -> Message:
    try:
        message = parse_json(line)
    except ValueError as error:
        raise UnavailableError("the converter sent what is no JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("op"), str):
        raise UnavailableError("the converter sent what is no message")
    return message


class MessageChannel:
    """The daemon's ends of both pipes: it writes to `requests_fd` and reads from `responses_fd`. It owns both."""

    def __init__(self, requests_fd: int, responses_fd: int) -> None:
        self._writer = MessageWriter(requests_fd)
        self._responses_fd = responses_fd
        self._buffer = LineBuffer()
        self._pending: collections.deque[Message] = collections.deque()

    def send(self, op: str, **fields: Any) -> None:
        """Raises BrokenPipeError when the converter has ended."""
        self._writer.send(op, **fields)

    def receive(self, timeout_s: float) -> Message | None:
        """Return the next message, None where none comes within the time.

        Raises ConverterDiedError at the pipe's end, and UnavailableError for a line that is no message.
        """
        if not self._pending and wait_until_readable([self._responses_fd], timeout_s):
            data = os.read(self._responses_fd, _READ_BYTES)
            if not data:
                raise ConverterDiedError("its pipe closed")
            self._pending.extend(self._buffer.feed(data))
        return self._pending.popleft() if self._pending else None

    @property
    def has_unread(self) -> bool:
        """Whether messages wait that were read from the pipe with an earlier one."""
        return bool(self._pending)

    def fileno(self) -> int:
        """The descriptor to wait on; see `has_unread`."""
        return self._responses_fd

    def close(self) -> None:
        os.close(self._responses_fd)
        self._writer.close()


def open_pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """Open a pipe; returns its ends to read from and to write to, which `undo` closes."""
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    return reading, writing
