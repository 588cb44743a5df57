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

from markerd import attributes

PREFIX = ".markerd-"
"""What all names of ours that are not yet, or no longer, an output begin with. Dotfiles: hot folders ignore them."""

_CHUNK_BYTES = 1 << 20
_NAME_MAX_BYTES = 255
_SUFFIX_MAX_BYTES = 64
_RENAME_NOREPLACE, _RENAME_EXCHANGE = (1, 2) if sys.platform.startswith("linux") else (4, 2)  # darwin: EXCL, SWAP
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextmanager
def open_folder(root: Path, *parts: str, create: bool = True) -> Iterator[int]:
    """The descriptor of `root/parts…`; missing folders are made. `root` itself may be reached through symlinks.

    Raises NotADirectoryError or OSError(ELOOP) where a part is a symbolic link or a file.
    """
    if create:
        root.mkdir(parents=True, exist_ok=True)
    with _descended(os.open(root, os.O_RDONLY | os.O_DIRECTORY), parts, create=create) as fd:
        yield fd


@contextmanager
def open_child(fd: int, *parts: str, create: bool) -> Iterator[int]:
    """As `open_folder`, below the folder `fd`, which stays open."""
    with _descended(os.dup(fd), parts, create=create) as below:
        yield below


class Descent:
    """Folders below the folder `root_fd`, opened one after the other: in a deep tree each beside the one before."""

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self._parts: tuple[str, ...] = ()
        self._fd = os.dup(root_fd)

    def __enter__(self) -> Descent:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def at(self, parts: tuple[str, ...]) -> int:
        """The descriptor of `root/parts…`, until the next call. Raises as `open_folder` does."""
        if parts != self._parts:
            fd = self._opened(parts)
            os.close(self._fd)
            self._fd, self._parts = fd, parts
        return self._fd

    def _opened(self, parts: tuple[str, ...]) -> int:
        if parts[:-1] == self._parts:
            return _open_child(self._fd, parts[-1], create=False)
        if parts == self._parts[:-1]:
            return _open_child(self._fd, "..", create=False)
        with open_child(self._root_fd, *parts, create=False) as fd:
            return os.dup(fd)


@contextmanager
def _descended(fd: int, parts: tuple[str, ...], *, create: bool) -> Iterator[int]:
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


def temporary_name() -> str:
    return PREFIX + secrets.token_hex(8)


def create_file(fd: int, name: str, *, mode: int = 0o666) -> BinaryIO:
    """A new file in the folder `fd`, opened for writing; FileExistsError where the name is taken."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    return os.fdopen(os.open(name, flags, mode, dir_fd=fd), "wb")


def sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def copy_hashing(source: BinaryIO, target: BinaryIO, tick: Callable[[], None] | None = None) -> tuple[int, str]:
    """Copy to the end and force it to the disk; gives (bytes, sha256 in hex). `tick` is called after each chunk."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
        if tick is not None:
            tick()
    sync(target)
    return size, digest.hexdigest()


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
    temporary = temporary_name()
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
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=fd)


def exchange(first: str, second: str, fd: int) -> None:
    """Swap two entries of a folder: in one step where the system can, else by way of a third name."""
    try:
        _rename_with_flags(first, fd, second, fd, _RENAME_EXCHANGE)
        return
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    # Some network file systems cannot exchange: for an instant `second` does not exist.
    third = temporary_name()
    os.rename(second, third, src_dir_fd=fd, dst_dir_fd=fd)
    os.rename(first, second, src_dir_fd=fd, dst_dir_fd=fd)
    os.rename(third, first, src_dir_fd=fd, dst_dir_fd=fd)


def rename_to_free_name(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Rename, but never over an existing entry: FileExistsError. Raises OSError(EXDEV) across file systems."""
    try:
        _rename_with_flags(source, source_fd, target, target_fd, _RENAME_NOREPLACE)
        return
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
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
    function = getattr(_libc(), "renameat2" if sys.platform.startswith("linux") else "renameatx_np", None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if function(source_fd, os.fsencode(source), target_fd, os.fsencode(target), flags) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), source, None, target)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def numbered(name: str) -> Iterator[str]:
    """`a.pdf`, `a-2.pdf`, `a-3.pdf`, … each short enough for a file system."""
    yield name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - Path drops a trailing dot
    if len(os.fsencode(suffix)) > _SUFFIX_MAX_BYTES:  # no kind of file, and it would leave the number no room
        stem, suffix = name, ""
    for number in range(2, 1_000_000):
        yield shortened(stem, f"-{number}{suffix}")


def shortened(stem: str, ending: str) -> str:
    """`stem + ending`, the stem cut, at a character's edge, so that the name fits 255 bytes; it is cut visibly
    apart from others by a hash of the whole."""
    if len(os.fsencode(stem + ending)) <= _NAME_MAX_BYTES:
        return stem + ending
    mark = "~" + hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    room = _NAME_MAX_BYTES - len(os.fsencode(mark + ending))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return stem + mark + ending


def move_to_free_name(source_root: Path, root: Path, *parts: str, name: str) -> str:
    """Move `source_root/parts…/name` to `root/parts…/name`, or to the next numbered name that is free, which it gives.

    Across file systems it is copied, forced to the disk and only then removed at the source.
    """
    with open_folder(source_root, *parts, create=False) as source_fd, open_folder(root, *parts) as target_fd:
        for candidate in numbered(name):
            try:
                move(name, source_fd, candidate, target_fd)
            except FileExistsError:
                continue
            os.fsync(target_fd)
            os.fsync(source_fd)
            return candidate
    raise FileExistsError(errno.EEXIST, "no free name left", name)


def move(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Rename to a free name, copying where the target is on another file system; FileExistsError if it is taken."""
    try:
        rename_to_free_name(source, source_fd, target, target_fd)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_by_copy(source, source_fd, target, target_fd)


def _move_by_copy(source: str, source_fd: int, target: str, target_fd: int) -> None:
    before = identity(source, source_fd)
    if not is_copy(source, source_fd, target, target_fd):  # else a move was cut short after its copy
        copy_to_free_name(source, source_fd, target, target_fd)
    if identity(source, source_fd) != before:
        os.unlink(target, dir_fd=target_fd)
        raise BlockingIOError(errno.EAGAIN, "the source changed while it was moved", source)
    os.unlink(source, dir_fd=source_fd)


def identity(name: str, fd: int) -> tuple[int, int, int]:
    """Inode, size and mtime of an entry of the folder. Raises FileNotFoundError."""
    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
    return found.st_ino, found.st_size, found.st_mtime_ns


def is_copy(first: str, first_fd: int, second: str, second_fd: int) -> bool:
    """Whether the second file has the first one's time and bytes. Raises OSError where the first cannot be read."""
    try:
        if identity(first, first_fd)[1:] != identity(second, second_fd)[1:]:
            return False
    except FileNotFoundError:
        return False
    with _reading(first, first_fd) as ours, _reading(second, second_fd) as theirs:
        while chunk := ours.read(_CHUNK_BYTES):
            if theirs.read(_CHUNK_BYTES) != chunk:
                return False
    return True


def _reading(name: str, fd: int) -> BinaryIO:
    return os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd), "rb")


def copy_to_free_name(source: str, source_fd: int, target: str, target_fd: int) -> tuple[str, ...]:
    """Copy a file, with all that belongs to it, so that `target` appears whole or not at all; FileExistsError.

    Gives the names of what the copy could not have, see `attributes`.
    """
    temporary = temporary_name()
    try:
        # Until it has the original's mode nobody else may read it.
        with _reading(source, source_fd) as original, create_file(target_fd, temporary, mode=0o600) as copy:
            if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
                raise OSError(errno.EINVAL, "no regular file", source)
            copy_hashing(original, copy)
            lost = attributes.give(original.fileno(), copy.fileno())
            os.fsync(copy.fileno())
        rename_to_free_name(temporary, target_fd, target, target_fd)
    except OSError:
        unlink_if_there(temporary, target_fd)
        raise
    return lost


def link_or_copy(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Give a file, or a symbolic link, a second name; copied where the file system has no hard links."""
    try:
        os.link(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {*_UNSUPPORTED, errno.EPERM, errno.EMLINK, errno.EXDEV}:
            raise
        copy_to_free_name(source, source_fd, target, target_fd)


def sweep(root: Path, *parts: str) -> None:
    """Remove what a process that died left in `root/parts…` under names of ours, if there is a way to it."""
    with suppress(OSError), open_folder(root, *parts, create=False) as fd:
        remove_temporary(fd)


def remove_temporary(fd: int) -> None:
    """Remove all that has a temporary name in the folder."""
    for name in os.listdir(fd):
        if name.startswith(PREFIX):
            try:
                os.unlink(name, dir_fd=fd)
            except (IsADirectoryError, PermissionError):  # macOS says EPERM of a folder
                remove_tree(name, fd)


def remove_tree(name: str, fd: int) -> None:
    """Delete the folder `name` below `fd` with all that is in it; symbolic links are removed, not followed.

    However deep it is: each folder within it is moved up into it before it is looked into, so that neither recursion
    nor descriptors run out, and no `..` leads elsewhere should somebody move a folder meanwhile.
    """
    with open_child(fd, name, create=False) as top:
        pending = _emptied(top, top)
        while pending:
            folder = pending.pop()
            with open_child(top, folder, create=False) as below:
                pending += _emptied(below, top)
            os.rmdir(folder, dir_fd=top)
    os.rmdir(name, dir_fd=fd)


def _emptied(folder: int, top: int) -> list[str]:
    """Remove all in the folder but folders, which are moved into `top`; gives what they are called there."""
    moved = []
    for entry in os.listdir(folder):
        if not stat.S_ISDIR(os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(entry, dir_fd=folder)
            continue
        moved.append(temporary_name())
        os.rename(entry, moved[-1], src_dir_fd=folder, dst_dir_fd=top)
    return moved


def remove(path: Path) -> None:
    """A file, a folder with all that is in it, or nothing."""
    if path.is_dir() and not path.is_symlink():
        with open_folder(path.parent, create=False) as fd:
            remove_tree(path.name, fd)
    else:
        path.unlink(missing_ok=True)
