"""The spool: one folder for each document in work, holding its copy, its output in the making and its temp files.

<state_dir>/spool/<job>/document.pdf   the copy that the converter reads
                        out/           what the converter writes
                        tmp/           its TMPDIR
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from markerd.convert.protocol import spooled_source
from markerd.durable import copy_hashing, open_folder
from markerd.errors import NO_ROOM, DocumentError, SourceChangedError, StorageError
from markerd.values import Fingerprint


@dataclass(frozen=True)
class Job:
    """A staged document: `sha256` is that of the copy, which is what gets converted."""

    folder: Path
    source: Path
    sha256: str
    size: int

    @property
    def output_dir(self) -> Path:
        return self.folder / "out"

    @property
    def scratch_dir(self) -> Path:
        return self.folder / "tmp"


class Spool:
    """The folder that all jobs live in. Only one daemon uses it: the state directory's lock sees to that."""

    def __init__(self, root: Path, tick: Callable[[], None]) -> None:
        """`tick` is called between any two chunks of a copy; what it raises ends the staging."""
        self.root = root
        self._tick = tick
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def clear(self) -> None:
        """Remove what an earlier daemon left: every job is staged anew."""
        for entry in self.root.iterdir():
            _remove(entry)

    def stage(self, name: str, hot: Path, path: str, expected: Fingerprint) -> Job:
        """Copy `hot/path`, hashing, and prove that it did not change meanwhile.

        Raises SourceChangedError where it is not, or no longer, the file that settled, and StorageError where the
        spool has no room for it.
        """
        folder = self.root / name
        _remove(folder)
        try:
            return _stage_into(folder, hot, PurePath(path), expected, self._tick)
        except BaseException as error:
            _remove(folder)
            if isinstance(error, OSError):
                raise self._translated(error) from error
            raise

    def no_room(self, reason: str) -> StorageError:
        """The spool's disk is full."""
        return StorageError(f"no room in the spool {self.root}: {reason}", self.root)

    def _translated(self, error: OSError) -> Exception:
        if error.errno in NO_ROOM:
            return self.no_room(error.strerror or "full")
        if error.errno == errno.ELOOP:
            return SourceChangedError("the document was replaced by a symbolic link")
        return DocumentError(f"the document could not be copied into the spool: {error.strerror}", kind="unreadable")

    def remove(self, job: Job) -> None:
        _remove(job.folder)


def _stage_into(folder: Path, hot: Path, path: PurePath, expected: Fingerprint, tick: Callable[[], None]) -> Job:
    source = hot / path
    copy = spooled_source(folder, path.name)
    try:
        (folder / "out").mkdir(parents=True)
        (folder / "tmp").mkdir()
        with _opened(hot, path) as original, copy.open("xb") as target:
            _demand_unchanged(os.fstat(original.fileno()), expected, source)
            size, sha256 = copy_hashing(original, target, tick)
            _demand_unchanged(os.fstat(original.fileno()), expected, source)
        _demand_unchanged(os.lstat(source), expected, source)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise SourceChangedError(f"{source} is gone") from error
    except PermissionError as error:
        raise DocumentError(f"no permission to read the document: {error.strerror}", kind="unreadable") from error
    return Job(folder, copy, sha256, size)


@contextmanager
def _opened(hot: Path, path: PurePath) -> Iterator[BinaryIO]:
    """The source; no part of its path below the hot folder may be a symbolic link, whoever swapped it in."""
    with open_folder(hot, *path.parent.parts, create=False) as fd:
        # O_NONBLOCK: should the file have been swapped for a FIFO, opening must not wait for a writer.
        def plainly(name: str, flags: int) -> int:
            return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd)

        with open(path.name, "rb", opener=plainly) as file:
            yield file


def _demand_unchanged(stat: os.stat_result, expected: Fingerprint, source: Path) -> None:
    if Fingerprint.of(stat) != expected:
        raise SourceChangedError(f"{source} changed while it was copied")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
