"""File operations that hold after a power cut and never follow a symbolic link out of their root.

Everything works on a directory's file descriptor, so that nobody can swap a parent for a symlink in between.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PREFIX = ".markerd-"
"""The prefix of all our names that are not yet, or no longer, an output. Hot folders ignore such dotfiles."""

CHUNK_BYTES = 1 << 20
_RENAME_NOREPLACE, _RENAME_EXCHANGE = (1, 2) if sys.platform.startswith("linux") else (4, 2)  # darwin: EXCL, SWAP
UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextmanager
def open_folder(root: Path, *parts: str, create: bool = True) -> Iterator[int]:
    """Open the folder `root/parts…`; missing folders are made. `root` itself may be reached through symlinks.

    Raises NotADirectoryError or OSError(ELOOP) where a part is a symbolic link or a file.
    """
    if create:
        root.mkdir(parents=True, exist_ok=True)
    with _descend(os.open(root, os.O_RDONLY | os.O_DIRECTORY), parts, create=create) as fd:
        yield fd


@contextmanager
def open_child(fd: int, *parts: str, create: bool) -> Iterator[int]:
    """As `open_folder`, below the folder `fd`, which stays open."""
    with _descend(os.dup(fd), parts, create=create) as below:
        yield below


class Descent:
    """Opens folders below the folder `root_fd` one after the other, each from the one before."""

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self._fd = os.dup(root_fd)
        self._parts: tuple[str, ...] = ()
        self._above: list[tuple[int, int]] = []
        """Device and inode of the root and of each folder on the way to the open one."""

    def __enter__(self) -> Descent:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def open_at(self, parts: tuple[str, ...]) -> int:
        """Open `root/parts…`; its descriptor holds until the next call. Raises what `open_folder` raises."""
        while self._parts != parts[: len(self._parts)]:
            self._climb()
        for part in parts[len(self._parts) :]:
            self._enter(part)
        return self._fd

    def _enter(self, part: str) -> None:
        fd = _open_child(self._fd, part, create=False)
        self._above.append(_identify(self._fd))
        self._parts = (*self._parts, part)
        self._replace_fd(fd)

    def _climb(self) -> None:
        """Go to the folder above; to the root where somebody has moved this one, so that `..` leads elsewhere."""
        with suppress(OSError):
            fd = _open_child(self._fd, "..", create=False)
            if _identify(fd) == self._above[-1]:
                self._above.pop()
                self._parts = self._parts[:-1]
                self._replace_fd(fd)
                return
            os.close(fd)
        self._above.clear()
        self._parts = ()
        self._replace_fd(os.dup(self._root_fd))

    def _replace_fd(self, fd: int) -> None:
        os.close(self._fd)
        self._fd = fd


def _identify(fd: int) -> tuple[int, int]:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


@contextmanager
def _descend(fd: int, parts: tuple[str, ...], *, create: bool) -> Iterator[int]:
    try:
        for part in parts:
            below = _open_child(fd, part, create=create)
            os.close(fd)
            fd = below
        yield fd
    finally:
        os.close(fd)


def _open_child(fd: int, name: str, *, create: bool) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    if create:
        try:
            os.mkdir(name, dir_fd=fd)
            os.fsync(fd)
        except FileExistsError:
            pass
    return os.open(name, flags, dir_fd=fd)


def make_temporary_name() -> str:
    """Make a name that nothing else has."""
    return PREFIX + secrets.token_hex(8)


def create_file(fd: int, name: str, *, mode: int = 0o666) -> BinaryIO:
    """Create a file in the folder `fd` and open it for writing; FileExistsError where the name is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(name, flags, mode, dir_fd=fd), "wb")


def sync(file: BinaryIO) -> None:
    """Force what was written to the disk."""
    file.flush()
    os.fsync(file.fileno())


def copy_hashing(source: BinaryIO, target: BinaryIO, tick: Callable[[], None] | None = None) -> tuple[int, str]:
    """Copy to the end; returns the size in bytes and the sha256 in hex. `tick` is called after each chunk."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
        if tick is not None:
            tick()
    return size, digest.hexdigest()


def create_copy(source: BinaryIO, fd: int, name: str) -> tuple[int, str]:
    """Copy to the end into a new file of the folder `fd`, forced to the disk; see `create_file` and `copy_hashing`."""
    with create_file(fd, name) as target:
        copied = copy_hashing(source, target)
        sync(target)
        return copied


def write_file(folder: Path, name: str, content: bytes) -> None:
    """Replace `folder/name` by `content` in one step: a reader sees the old or the new, never a part."""
    with open_folder(folder) as fd:
        write_file_at(fd, name, content)


def write_file_at(fd: int, name: str, content: bytes) -> None:
    """As `write_file`, in the folder `fd`."""
    _write(fd, content, lambda temporary: os.replace(temporary, name, src_dir_fd=fd, dst_dir_fd=fd))


def write_new_file(fd: int, name: str, content: bytes) -> None:
    """Write a file that appears whole, under a name that is free: else FileExistsError."""
    _write(fd, content, lambda temporary: rename_to_free_name(temporary, fd, name, fd))


def _write(fd: int, content: bytes, put_in_place: Callable[[str], None]) -> None:
    temporary = make_temporary_name()
    try:
        with create_file(fd, temporary) as file:
            file.write(content)
            sync(file)
        put_in_place(temporary)
    except OSError:
        unlink_if_there(temporary, fd)
        raise
    os.fsync(fd)


def unlink_if_there(name: str, fd: int) -> None:
    """Delete the file in the folder `fd`, if there is one."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=fd)


def exchange(first: str, second: str, fd: int) -> None:
    """Exchange two entries of a folder: in one step where the system can, else by way of a third name."""
    try:
        _rename_with_flags(first, fd, second, fd, _RENAME_EXCHANGE)
        return
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    # Some network file systems cannot exchange: for an instant `second` does not exist.
    third = make_temporary_name()
    os.rename(second, third, src_dir_fd=fd, dst_dir_fd=fd)
    os.rename(first, second, src_dir_fd=fd, dst_dir_fd=fd)
    os.rename(third, first, src_dir_fd=fd, dst_dir_fd=fd)


def rename_to_free_name(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Rename, but never over an existing entry: FileExistsError. Raises OSError(EXDEV) across file systems."""
    try:
        _rename_with_flags(source, source_fd, target, target_fd, _RENAME_NOREPLACE)
        return
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    if stat.S_ISDIR(os.stat(source, dir_fd=source_fd, follow_symlinks=False).st_mode):
        # rename(2) refuses a directory over a file or a full directory.
        os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
        return
    _claim(target, target_fd)
    try:
        os.replace(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
    except OSError:
        unlink_if_there(target, target_fd)
        raise


def _claim(name: str, fd: int) -> None:
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=fd))


def _rename_with_flags(source: str, source_fd: int, target: str, target_fd: int, flags: int) -> None:
    """renameat2(2) on Linux, renameatx_np(2) on macOS; OSError(ENOSYS) elsewhere."""
    function = getattr(_load_libc(), "renameat2" if sys.platform.startswith("linux") else "renameatx_np", None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if function(source_fd, os.fsencode(source), target_fd, os.fsencode(target), flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), source, None, target)


def _load_libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
