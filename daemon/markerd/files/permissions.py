"""Whose fault it is that something may not be read or written: the system names the last step, not what bars it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def refusal(path: Path, *, is_writing: bool) -> str:
    """A sentence that names the first folder on the way to `path`, or itself, that this process may not use as it must.

    `is_writing`: `path` was to be written, or entries made in it, where it is a folder; else it was to be read. Of a
    path that is not there its nearest folder was to be written. Where the rights of all look as they should (an ACL, a
    label, a mount or the server may refuse still), it names `path`.
    """
    if is_writing:
        path = _nearest(path)
    deed = "read" if not is_writing else "write in" if path.is_dir() else "write"
    barred = _barred(path, is_writing=is_writing)
    if barred is None:
        return f"no permission to {deed} {path}, though its mode allows it: look at ACLs, labels and the mount"
    if barred != path:
        deed = f"look for {path.relative_to(barred)} in"
    return f"no permission to {deed} {barred}: {_described(barred)}, and {_us()}"


def refusal_to_move(source: Path, target: Path | None) -> str:
    """As `refusal`, of a file that was to be taken out of its folder, and into the folder `target` where one is given.

    A folder with the sticky bit lets none take a file out but the owners of the two.
    """
    for folder in (target, source.parent):
        if folder is not None and _barred(_nearest(folder), is_writing=True) is not None:
            return refusal(folder, is_writing=True)
    if (owner := _kept_by_sticky_bit(source)) is not None:
        return (
            f"no permission to take {source.name} out of {source.parent}: that folder has the sticky bit, the file "
            f"belongs to {_user(owner)}, and {_us()}"
        )
    return refusal(target or source.parent, is_writing=True)


def _kept_by_sticky_bit(file: Path) -> int | None:
    """Whose the file is, where it is that which keeps us from removing it."""
    try:
        folder, owner = file.parent.stat(), file.lstat().st_uid
    except OSError:
        return None
    is_kept = folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, owner, folder.st_uid)
    return owner if is_kept else None


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), path)


def _barred(path: Path, *, is_writing: bool) -> Path | None:
    for folder in reversed(path.parents):
        if not _may(folder, os.X_OK):
            return folder
    # Folders are opened before anything is made in them, which takes the right to read them.
    to_write = os.R_OK | os.W_OK | os.X_OK if path.is_dir() else os.W_OK
    return None if _may(path, to_write if is_writing else os.R_OK) else path


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _described(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        return f"it cannot be looked at ({error.strerror})"
    return f"it belongs to {_user(status.st_uid)} with mode {stat.S_IMODE(status.st_mode):03o}"


def _us() -> str:
    return f"markerd runs as {_user(os.geteuid())}"


def _user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"user {uid}"
