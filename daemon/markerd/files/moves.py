"""Moves, copies and links files to free names: whole or not at all, and to other file systems as well.

It works on descriptors of folders, as `durable` does.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from markerd.files import attributes, durable
from markerd.files.untrusted import open_to_read
from markerd.values import number_names


def move_to_free_name(source_root: Path, root: Path, *parts: str, name: str) -> str:
    """Move `source_root/parts…/name` to `root/parts…/name`, or to the next numbered name that is free; returns it.

    Across file systems it is copied, forced to the disk and only then removed at the source.
    """
    with (
        durable.open_folder(source_root, *parts, create=False) as source_fd,
        durable.open_folder(root, *parts) as target_fd,
    ):
        for candidate in number_names(name):
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
        durable.rename_to_free_name(source, source_fd, target, target_fd)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_by_copy(source, source_fd, target, target_fd)


def _move_by_copy(source: str, source_fd: int, target: str, target_fd: int) -> None:
    before = identify(source, source_fd)
    if not is_copy(source, source_fd, target, target_fd):  # else a move was cut short after its copy
        copy_to_free_name(source, source_fd, target, target_fd)
    if identify(source, source_fd) != before:
        os.unlink(target, dir_fd=target_fd)
        raise BlockingIOError(errno.EAGAIN, "the source changed while it was moved", source)
    os.unlink(source, dir_fd=source_fd)


def identify(name: str, fd: int) -> tuple[int, int, int]:
    """Return inode, size and mtime of an entry of the folder. Raises FileNotFoundError."""
    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
    return found.st_ino, found.st_size, found.st_mtime_ns


def is_copy(first: str, first_fd: int, second: str, second_fd: int) -> bool:
    """Whether the second file has the first one's time and bytes. Raises OSError where the first cannot be read."""
    try:
        if identify(first, first_fd)[1:] != identify(second, second_fd)[1:]:
            return False
    except FileNotFoundError:
        return False
    with open_to_read(first, first_fd) as ours, open_to_read(second, second_fd) as theirs:
        while chunk := ours.read(durable.CHUNK_BYTES):
            if theirs.read(durable.CHUNK_BYTES) != chunk:
                return False
    return True


def copy_to_free_name(source: str, source_fd: int, target: str, target_fd: int) -> tuple[str, ...]:
    """Copy a file, with all that belongs to it, so that `target` appears whole or not at all; FileExistsError.

    Returns the names of the attributes that the copy could not have, see `attributes`.
    """
    temporary = durable.make_temporary_name()
    try:
        # Until it has the original's mode nobody else may read it.
        with open_to_read(source, source_fd) as original, durable.create_file(target_fd, temporary, mode=0o600) as copy:
            if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
                raise OSError(errno.EINVAL, "no regular file", source)
            durable.copy_hashing(original, copy)
            copy.flush()
            lost = attributes.copy_attributes(original.fileno(), copy.fileno())
            os.fsync(copy.fileno())
        durable.rename_to_free_name(temporary, target_fd, target, target_fd)
    except OSError:
        durable.unlink_if_there(temporary, target_fd)
        raise
    return lost


def link_or_copy(source: str, source_fd: int, target: str, target_fd: int) -> None:
    """Give a file or a symbolic link a second name; it is copied where the file system has no hard links."""
    try:
        os.link(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False)
    except OSError as error:
        if error.errno not in {*durable.UNSUPPORTED, errno.EPERM, errno.EMLINK, errno.EXDEV}:
            raise
        copy_to_free_name(source, source_fd, target, target_fd)
