"""Reads files that others may have written: bounded in size and in depth, and without waiting.

Anything may lie where a file of ours is looked for: a FIFO, a link, gigabytes, brackets within brackets.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

MAX_DEPTH = 64
"""How deep lists and objects may be nested. Ours are five deep, plus the options of a configuration. Python's parser
gives up at about a thousand, and what it just accepts would end a program that prints it from a deeper call."""


def open_to_read(path: str | Path, dir_fd: int | None = None) -> BinaryIO:
    """Open whatever has the name in the folder `dir_fd`, without waiting; OSError for a folder or a link."""

    def open_without_waiting(name: str, flags: int) -> int:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=dir_fd)

    return open(
        path, "rb", opener=open_without_waiting
    )  # which closes the descriptor of a folder, as os.fdopen does not


def read_file(path: str | Path, max_bytes: int, dir_fd: int | None = None) -> bytes:
    """Read a regular file, in the folder `dir_fd` where one is given. A symbolic link of that name is not followed.

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
    """Parse JSON. Raises ValueError for what is no JSON, or is nested deeper than `MAX_DEPTH`."""
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for each in level for inner in _list_containers(each)]
        if not level:
            return value
    raise ValueError("nested too deep")


def _list_containers(value: object) -> list[Any]:
    """List the lists and objects that are directly in the value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [each for each in inner if isinstance(each, dict | list)]
