"""What lies in a hot folder now. An observer only gives hints; this is the truth."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markerd.intake.filters import is_skipped_folder
from markerd.values import Fingerprint

_REFUSED_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. `path` is relative to the hot folder, undecodable bytes as surrogates."""

    path: str
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Refused:
    """Something that is never opened, or a folder that cannot be read; its `inode` tells it from a later one."""

    path: str
    inode: int
    reason: str
    is_folder: bool = False


def walk(root: str, *, is_recursive: bool, below: str = "", ignore: tuple[str, ...] = ()) -> Iterator[Found | Refused]:
    """Yield everything below a hot folder, or below one folder in it, in no order; symlinks are never followed.

    `ignore` are patterns of folders that are not looked into, beside those that never are. Entries that vanish
    meanwhile are left out. One folder is held open at a time, whatever their depth. Raises OSError when the topmost
    folder itself cannot be listed.
    """
    pending: list[tuple[str, int | None]] = [(below, None)]
    while pending:
        folder, inode = pending.pop()
        try:
            with os.scandir(os.path.join(root, folder) if folder else root) as entries:  # noqa: PTH118 - str: speed
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except OSError:  # gone, or its folder may be listed but not searched
                        continue
                    if not stat.S_ISDIR(status.st_mode):
                        yield classify(path, status)
                    elif is_recursive and not is_skipped_folder(entry.name, ignore):
                        # For later: a deep tree must not hold one descriptor per level.
                        pending.append((path, status.st_ino))
        except OSError as error:
            if inode is None:
                raise
            if not isinstance(error, FileNotFoundError | NotADirectoryError):
                yield Refused(folder, inode, f"unreadable folder: {error.strerror}", is_folder=True)


def classify(path: str, status: os.stat_result) -> Found | Refused:
    """Say what lies at a path by its lstat, which must not be that of a folder."""
    if stat.S_ISREG(status.st_mode):
        return Found(path, Fingerprint.of(status))
    kind = _REFUSED_KINDS.get(stat.S_IFMT(status.st_mode), "no regular file")
    return Refused(path, status.st_ino, kind)


def sort_oldest_first(found: Iterable[Found]) -> list[Found]:
    """Sort files in their order of arrival, as far as the file system remembers it."""
    return sorted(found, key=lambda item: (item.fingerprint.mtime_ns, item.path))
