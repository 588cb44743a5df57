"""Trees deeper than Python recurses, and entries that nobody may wait for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

DEPTH, MOST_S = 3000, 60


def make_deep(folder: Path, depth: int = DEPTH) -> None:
    """Folders within each other, named `d`, the last with a file `end`."""
    fd = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=fd))
    os.close(fd)


def depth_of(folder: Path) -> int:
    """How many there are within each other down to the one with the file `end`."""
    fd, depth = os.open(folder, os.O_RDONLY), 0
    while "end" not in (names := os.listdir(fd)):
        assert "d" in names, f"the tree ends at {depth}"
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd, depth = below, depth + 1
    os.close(fd)
    return depth


def make_special(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
