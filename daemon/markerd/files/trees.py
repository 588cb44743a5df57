"""Walks and removes trees of folders without recursion, however deep they are.

Folders are reached by their descriptors, as in `durable`. Symbolic links are removed, not followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from markerd.files import durable

_OWN = stat.S_IRWXU


def walk(root: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the folder and each one below it that can be read, with the names of all else in it; in no order.

    It is like `os.walk`, which recurses before Python 3.12. Symbolic links are not followed.
    """
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError:
            continue
        yield folder, [name for name, is_folder in found if not is_folder]
        pending += [os.path.join(folder, name) for name, is_folder in found if is_folder]  # noqa: PTH118 - speed


def sweep(root: Path, *parts: str) -> None:
    """Remove what a process that died left in `root/parts…` under our temporary names, where that can be reached."""
    with suppress(OSError), durable.open_folder(root, *parts, create=False) as fd:
        remove_temporary(fd)


def remove_temporary(fd: int) -> None:
    """Remove all that has a temporary name in the folder."""
    for name in os.listdir(fd):
        if name.startswith(durable.PREFIX):
            try:
                os.unlink(name, dir_fd=fd)
            except (IsADirectoryError, PermissionError):  # macOS says EPERM of a folder
                remove_tree(name, fd)


def remove_tree(name: str, fd: int) -> None:
    """Delete the folder `name` below `fd` with all that is in it; symbolic links are removed, not followed.

    Each folder within it is moved up into it before it is emptied. So neither recursion nor descriptors run out in deep
    trees, and no `..` leads elsewhere should somebody move a folder meanwhile. A folder whose mode bars even its owner
    gets another mode first: converters leave such folders.
    """
    _open_up(name, fd)
    with durable.open_child(fd, name, create=False) as top:
        pending = _empty(top, top)
        while pending:
            folder = pending.pop()
            with durable.open_child(top, folder, create=False) as below:
                pending += _empty(below, top)
            os.rmdir(folder, dir_fd=top)
    os.rmdir(name, dir_fd=fd)


def _empty(folder: int, top: int) -> list[str]:
    """Remove all in the folder but folders, which are moved into `top`; returns their names there."""
    moved = []
    for entry in os.listdir(folder):
        if not stat.S_ISDIR(os.stat(entry, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(entry, dir_fd=folder)
            continue
        _open_up(entry, folder)  # else even the move is refused: it changes what `..` is in there
        moved.append(durable.make_temporary_name())
        os.rename(entry, moved[-1], src_dir_fd=folder, dst_dir_fd=top)
    return moved


def _open_up(name: str, fd: int) -> None:
    """Let the owner read, write and search the folder, unless it belongs to somebody else."""
    if os.stat(name, dir_fd=fd, follow_symlinks=False).st_mode & _OWN == _OWN:
        return
    with suppress(OSError):
        if not hasattr(os, "O_PATH"):  # macOS, which can change a mode without following a link
            os.chmod(name, _OWN, dir_fd=fd, follow_symlinks=False)
            return
        path = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
        try:
            os.chmod(f"/proc/self/fd/{path}", _OWN)  # noqa: PTH101 - Linux has no other way to a folder of mode 000
        finally:
            os.close(path)


def remove(*paths: Path) -> None:
    """Remove each of them that exists: a file, or a folder with all that is in it."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            with durable.open_folder(path.parent, create=False) as fd:
                remove_tree(path.name, fd)
        else:
            path.unlink(missing_ok=True)
