"""What is removed: folders with all that is in them, however deep, and what a process that died left behind.

On descriptors of folders, as `durable`. Symbolic links are removed, not followed.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from markerd import durable


def sweep(root: Path, *parts: str) -> None:
    """Remove what a process that died left in `root/parts…` under names of ours, if there is a way to it."""
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

    However deep it is: each folder within it is moved up into it before it is looked into, so that neither recursion
    nor descriptors run out, and no `..` leads elsewhere should somebody move a folder meanwhile.
    """
    with durable.open_child(fd, name, create=False) as top:
        pending = _emptied(top, top)
        while pending:
            folder = pending.pop()
            with durable.open_child(top, folder, create=False) as below:
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
        moved.append(durable.temporary_name())
        os.rename(entry, moved[-1], src_dir_fd=folder, dst_dir_fd=top)
    return moved


def remove(path: Path) -> None:
    """A file, a folder with all that is in it, or nothing."""
    if path.is_dir() and not path.is_symlink():
        with durable.open_folder(path.parent, create=False) as fd:
            remove_tree(path.name, fd)
    else:
        path.unlink(missing_ok=True)
