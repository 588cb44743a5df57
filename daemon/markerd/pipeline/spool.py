"""The spool: one folder for each document in work, with its copy, its output in the making and its temp files.

<state_dir>/spool/<job>/document.pdf   the copy that the converter reads
                        out/           what the converter writes
                        tmp/           its TMPDIR
                        kept/          what the first part of a big document leaves for the later ones
                        at-once/3/     the same four for a part that is converted beside others
                        joined/        links to all its parts, when they are joined
                        parts/         its parts, which stay from attempt to attempt, see `part_store`
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO

from markerd.convert.protocol import locate_spooled_source
from markerd.errors import NO_ROOM, DocumentError, SourceChangedError, StorageError
from markerd.files.durable import copy_hashing, open_folder
from markerd.files.permissions import explain_refusal
from markerd.files.trees import remove
from markerd.files.untrusted import open_to_read
from markerd.pipeline.part_store import FOLDER as PARTS
from markerd.values import Fingerprint

_AT_ONCE = "at-once"


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

    @property
    def kept_dir(self) -> Path:
        return self.folder / "kept"

    @property
    def joined_dir(self) -> Path:
        return self.folder / "joined"

    def renew(self) -> None:
        """Give the converter empty folders."""
        remove(self.output_dir, self.scratch_dir, self.kept_dir, self.joined_dir)
        for folder in (self.output_dir, self.scratch_dir):
            folder.mkdir(parents=True)

    def beside(self, part: int) -> Job:
        """Return the same job with folders of its own for one part: others are converted at the same time."""
        return replace(self, folder=self.folder / _AT_ONCE / str(part))


class Spool:
    """The folder that all jobs live in. The state directory's lock makes sure that only one daemon uses it."""

    def __init__(self, root: Path, tick: Callable[[], None]) -> None:
        """`tick` is called between any two chunks of a copy; what it raises ends the staging."""
        self.root = root
        self._tick_daemon = tick
        self.look_after: Callable[[], None] = lambda: None
        """Called as often as `tick`: lets the converters go on while a large document is copied."""
        self._list_entries()

    def _tick(self) -> None:
        self._tick_daemon()
        self.look_after()

    def _list_entries(self) -> list[Path]:
        """List what lies in the spool; it is made anew where somebody removed it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return list(self.root.iterdir())

    def clear(self, kept: Collection[str] = ()) -> None:
        """Remove what an earlier daemon left: every job is staged anew. The jobs named in `kept` keep their parts."""
        for entry in self._list_entries():
            if entry.name in kept:
                _remove_all_but_parts(entry)
            else:
                remove(entry)

    def list_jobs(self) -> list[str]:
        """List the names of the jobs that left something: between two documents, these are parts."""
        return [entry.name for entry in self._list_entries() if entry.name.isdecimal()]

    def stage(self, name: str, hot: Path, path: str, expected: Fingerprint) -> Job:
        """Copy `hot/path` and hash the copy, and prove that it did not change meanwhile.

        Raises SourceChangedError where it is not, or no longer, the file that settled, DocumentError where it may not
        be read, and StorageError where the spool has no room for it, or may not be written.
        """
        folder = self.root / name
        try:
            _remove_all_but_parts(folder)
            self._list_entries()
            return _stage_into(folder, hot, PurePath(path), expected, self._tick)
        except BaseException as error:
            with suppress(OSError):
                _remove_all_but_parts(folder)
            if isinstance(error, OSError):
                raise self._translate_error(error) from error
            raise

    def explain_full(self, reason: str) -> StorageError:
        """Build the error that says that the spool's disk is full."""
        return StorageError(f"no room in the spool {self.root}: {reason}", self.root)

    def _translate_error(self, error: OSError) -> Exception:
        if error.errno in NO_ROOM:
            return self.explain_full(error.strerror or "full")
        if isinstance(error, PermissionError):
            return StorageError(explain_refusal(self.root, is_writing=True), self.root)
        if error.errno == errno.ELOOP:
            return SourceChangedError("the document was replaced by a symbolic link")
        return DocumentError(f"the document could not be copied into the spool: {error.strerror}", kind="unreadable")

    def remove(self, job: Job) -> None:
        """Remove a job that is finished."""
        remove(job.folder)

    def leave(self, job: Job) -> None:
        """Remove all of a job but its parts: it will be done again."""
        _remove_all_but_parts(job.folder)

    def discard(self, name: str) -> None:
        """Remove a job with its parts: it will not be done again."""
        remove(self.root / name)


def _stage_into(folder: Path, hot: Path, path: PurePath, expected: Fingerprint, tick: Callable[[], None]) -> Job:
    source = hot / path
    copy = locate_spooled_source(folder, path.name)
    try:
        (folder / "out").mkdir(parents=True)  # the folder itself may be there, with parts
        (folder / "tmp").mkdir()
        with _open_source(hot, path) as original, copy.open("xb") as target:
            _demand_unchanged(os.fstat(original.fileno()), expected, source)
            # Not forced to the disk: after a power cut every document is staged anew.
            size, sha256 = copy_hashing(original, target, tick)
            target.flush()
            _demand_unchanged(os.fstat(original.fileno()), expected, source)
        _demand_unchanged(os.lstat(source), expected, source)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise SourceChangedError(f"{source} is gone") from error
    return Job(folder, copy, sha256, size)


@contextmanager
def _open_source(hot: Path, path: PurePath) -> Iterator[BinaryIO]:
    """Open the source. No part of its path below the hot folder may be a symbolic link, whoever swapped it in.

    Raises DocumentError of the kind `permission`.
    """
    try:
        with open_folder(hot, *path.parent.parts, create=False) as fd:
            file = open_to_read(path.name, fd)
    except PermissionError as error:
        raise DocumentError(explain_refusal(hot / path, is_writing=False), kind="permission") from error
    with file:
        yield file


def _demand_unchanged(stat: os.stat_result, expected: Fingerprint, source: Path) -> None:
    if not expected.matches(Fingerprint.of(stat)):
        raise SourceChangedError(f"{source} changed while it was copied")


def _remove_all_but_parts(job: Path) -> None:
    if not (job / PARTS).is_dir():
        remove(job)
        return
    for entry in job.iterdir():
        if entry.name != PARTS:
            remove(entry)
