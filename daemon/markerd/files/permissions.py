"""Explains why something may not be read or written: the system names the last step, not what bars it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def explain_refusal(path: Path, *, is_writing: bool) -> str:
    """Name in one sentence the first folder on the way to `path`, or `path` itself, that bars this process.

    `is_writing`: `path` was to be written, or entries made in it where it is a folder; else it was to be read. For a
    path that does not exist, its nearest folder was to be written. Where all rights look as they should, the
    sentence names `path`: an ACL, a label, a mount or the server may still refuse.
    """
    if is_writing:
        path = _find_nearest(path)
    deed = "read" if not is_writing else "write in" if path.is_dir() else "write"
    barred = _find_barrier(path, is_writing=is_writing)
    if barred is None:
        return f"no permission to {deed} {path}, though its mode allows it: look at ACLs, labels and the mount"
    if barred != path:
        deed = f"look for {path.relative_to(barred)} in"
    return f"no permission to {deed} {barred}: {_describe(barred)}, and {_describe_us()}"


def explain_refusal_to_move(source: Path, target: Path | None) -> str:
    """Explain it for a file that was to be taken out of its folder, and into the folder `target` where one is given.

    From a folder with the sticky bit only the owners of the file and of the folder may take a file.
    """
    for folder in (target, source.parent):
        if folder is not None and _find_barrier(_find_nearest(folder), is_writing=True) is not None:
            return explain_refusal(folder, is_writing=True)
    if (owner := _find_sticky_owner(source)) is not None:
        return (
            f"no permission to take {source.name} out of {source.parent}: that folder has the sticky bit, the file "
            f"belongs to {_name_user(owner)}, and {_describe_us()}"
        )
    return explain_refusal(target or source.parent, is_writing=True)


def _find_sticky_owner(file: Path) -> int | None:
    """Return the owner of the file, where the sticky bit keeps us from removing it."""
    try:
        folder, owner = file.parent.stat(), file.lstat().st_uid
    except OSError:
        return None
    is_kept = folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, owner, folder.st_uid)
    return owner if is_kept else None


def _find_nearest(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    return next((each for each in (path, *path.parents) if os.path.lexists(each)), path)


def _find_barrier(path: Path, *, is_writing: bool) -> Path | None:
    for folder in reversed(path.parents):
        if not _may(folder, os.X_OK):
            return folder
    # Folders are opened before anything is made in them, which takes the right to read them.
    to_write = os.R_OK | os.W_OK | os.X_OK if path.is_dir() else os.W_OK
    return None if _may(path, to_write if is_writing else os.R_OK) else path


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _describe(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        return f"it cannot be looked at ({error.strerror})"
    return f"it belongs to {_name_user(status.st_uid)} with mode {stat.S_IMODE(status.st_mode):03o}"


def _describe_us() -> str:
    return f"markerd runs as {_name_user(os.geteuid())}"


def _name_user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"user {uid}"
