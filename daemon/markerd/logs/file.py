"""The log file: it is written in whole lines and opened again after a rotation, and it never ends the daemon."""

from __future__ import annotations

import errno
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from markerd.files.permissions import explain_refusal
from markerd.values import make_printable

_RETRY_S = 1.0
"""The time for which a file is left alone after a failure. On a full disk, each try costs an open and a write."""


_NEVER = frozenset({errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG})
"""Errors that do not pass by waiting: a folder in place of the file, a file in place of its folder, an impossible name.
"""


def open_to_append(file: Path) -> int:
    """Return a descriptor of the file, which is made with its folder if it is missing. Raise OSError on failure."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # O_NONBLOCK makes a FIFO without a reader an error, instead of a wait without end.
    return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)


def demand_possible(file: Path) -> None:
    """Raise OSError if there can be no such file. A file that is missing or not writable now may be usable later."""
    try:
        os.close(open_to_append(file))
    except OSError as error:
        if error.errno in _NEVER:
            raise


def describe_failure(error: OSError, file: Path) -> str:
    """Say why the file cannot be written, and which folder or file is to blame."""
    if isinstance(error, PermissionError):
        return make_printable(explain_refusal(file, is_writing=True))
    if error.errno in _NEVER and error.filename is not None:
        return make_printable(f"{os.fsdecode(error.filename)}: {_WORDS.get(error.errno) or error.strerror}")
    return error.strerror or str(error)


_WORDS = {errno.EEXIST: "not a folder", errno.ENOTDIR: "a file is on the way there", errno.EISDIR: "a folder"}


class LogFile(logging.Handler):
    """A log handler whose `fallback` gets what the file does not take.

    The event `log.file_lost` reports that once, and `log.file_back` reports when the file takes records again.
    """

    def __init__(self, file: Path, fallback: logging.StreamHandler[Any]) -> None:
        """Raise OSError if there can be no such file, as `demand_possible` does."""
        demand_possible(file)
        super().__init__()
        self._file = file
        self._fallback = fallback
        self._descriptor: int | None = None
        self._is_lost = False
        self._retry_at_s = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a logging handler must not raise: the standard library's own contract
            self.handleError(record)
            return
        if self._is_lost and time.monotonic() < self._retry_at_s:
            self._write_instead(line)
            return
        try:
            self._write(f"{line}\n".encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._write_instead(line)
            self._lose(error)
        else:
            self._recover()

    def close(self) -> None:
        self._close_file()
        super().close()

    def _write(self, line: bytes) -> None:
        """Write the whole line or nothing, because a reader must not find half a line before another one."""
        descriptor = self._ensure_open()
        before = os.fstat(descriptor).st_size
        if os.write(descriptor, line) < len(line):
            with suppress(OSError):  # it is not a regular file
                os.ftruncate(descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _ensure_open(self) -> int:
        """Return a descriptor of the file that has the name now, because logrotate moves files away."""
        if self._descriptor is not None:
            try:
                there, ours = self._file.stat(), os.fstat(self._descriptor)
                is_ours = (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)
            except FileNotFoundError:
                is_ours = False
            if is_ours:
                return self._descriptor
        return self._open()

    def _open(self) -> int:
        self._close_file()
        self._descriptor = open_to_append(self._file)
        return self._descriptor

    def _close_file(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def _write_instead(self, line: str) -> None:
        self._fallback.handle(logging.makeLogRecord({"msg": line, "args": None}))

    def _lose(self, error: OSError) -> None:
        was_lost, self._is_lost = self._is_lost, True
        self._retry_at_s = time.monotonic() + _RETRY_S
        self._close_file()
        if not was_lost:  # the record comes back to this handler, and goes to the fallback
            log = structlog.get_logger("markerd")
            log.error(
                "log.file_lost", log_file=make_printable(str(self._file)), reason=describe_failure(error, self._file)
            )

    def _recover(self) -> None:
        if self._is_lost:
            self._is_lost = False
            structlog.get_logger("markerd").warning("log.file_back", log_file=make_printable(str(self._file)))
