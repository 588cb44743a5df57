"""Whose fault it is that something may not be read or written: the system names the last step, not what bars it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def refusal(path: Path, *, is_writing: bool) -> str:
    """A sentence that names the first folder on the way to `path`, or itself, that this process may not use as it must.

    `is_writing`: entries of the folder `path` were to be made; else `path` was to be read. Where the rights of all look
    as they should (an ACL, a label, a mount or the server may refuse still), it names `path`.
    """
    barred = _barred(path, is_writing=is_writing)
    deed = "write in" if is_writing else "read"
    if barred is None:
        return f"no permission to {deed} {path}, though its mode allows it: look at ACLs, labels and the mount"
    if barred != path:
        deed = f"look for {path.relative_to(barred)} in"
    return f"no permission to {deed} {barred}: {_described(barred)}, and markerd runs as {_user(os.geteuid())}"


def _barred(path: Path, *, is_writing: bool) -> Path | None:
    for folder in reversed(path.parents):
        if not _may(folder, os.X_OK):
            return folder
    return None if _may(path, os.W_OK | os.X_OK if is_writing else os.R_OK) else path


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _described(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        return f"it cannot be looked at ({error.strerror})"
    return f"it belongs to {_user(status.st_uid)} with mode {stat.S_IMODE(status.st_mode):03o}"


def _user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"user {uid}"
