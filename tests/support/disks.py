"""Small real disks: file systems in memory that a test mounts, fills and takes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from needs import missing

SIZE = 16 << 20


class Disk:
    """Mounted at `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._filler = place / "filler"

    def mount(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", self.place], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.place], check=True)

    def fill(self, *, but: int = 0) -> None:
        """Until it is full, `but` bytes aside."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                file.truncate(file.tell() - but)

    def free(self) -> None:
        """Make room."""
        self._filler.unlink()


@contextmanager
def disk_at(place: Path) -> Iterator[Disk]:
    """A disk of 16 MB, mounted; it is gone at the end, whatever the test did with it."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        missing("only root on Linux may mount a disk")
    place.mkdir(parents=True, exist_ok=True)
    disk = Disk(place)
    disk.mount()
    try:
        yield disk
    finally:
        while place.is_mount():
            subprocess.run(["umount", "--lazy", place], check=True)
