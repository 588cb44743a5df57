"""What is read back, or comes from another process: bounded in size and in depth, and never waited for.

Somebody else may have put anything where a file of ours is looked for: a FIFO, a link, gigabytes, brackets in brackets.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

MAX_DEPTH = 64
"""Lists and objects within each other. Ours have five, and what a configuration's options have; Python's parser gives
up at about a thousand, and what it just lets through would end whoever prints it from a deeper place."""


def open_to_read(path: str | Path, dir_fd: int | None = None) -> BinaryIO:
    """Whatever has the name in the folder `dir_fd`, without waiting for anybody; OSError for a folder or a link."""

    def opened(name: str, flags: int) -> int:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=dir_fd)

    return open(path, "rb", opener=opened)  # which closes the descriptor of a folder, as os.fdopen does not


def read_file(path: str | Path, max_bytes: int, dir_fd: int | None = None) -> bytes:
    """What is in a regular file, in the folder `dir_fd` where it is given. No symbolic link at its end is followed.

    Raises OSError where it cannot be read, and ValueError for another kind of entry or more than `max_bytes`.
    """
    with open_to_read(path, dir_fd) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("no regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"more than {max_bytes} bytes")
    return content


def parse_json(content: bytes) -> Any:
    """Raises ValueError for what is no JSON, or is nested deeper than `MAX_DEPTH`."""
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for each in level for inner in _within(each)]
        if not level:
            return value
    raise ValueError("nested too deep")


def _within(value: object) -> list[Any]:
    """The lists and objects directly in it; the value itself, were it one, is not among them."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in inner if isinstance(each, dict | list)]
