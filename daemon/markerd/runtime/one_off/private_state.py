"""The private folder of a command: its journal and its spool live there, as those of the daemon in its state directory.

It is gone when the command ends. What a command that was killed has left is removed by the next one.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from markerd.errors import UnavailableError
from markerd.files import trees
from markerd.runtime.instance_lock import hold_state_dir

_PREFIX = "markerd-convert-"
_YOUNG_S = 60.0
"""A folder that is younger may belong to a command that has not locked it yet, which takes milliseconds."""


@contextmanager
def hold_private_state(young_s: float = _YOUNG_S) -> Iterator[Path]:
    """Make the folder below $TMPDIR, which nobody else can read. Raise UnavailableError where that fails."""
    root = Path(tempfile.gettempdir())
    _remove_left_over(root, young_s)
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
    except OSError as error:
        raise UnavailableError(f"{root} cannot be used for temporary files: {error.strerror}") from error
    try:
        with hold_state_dir(folder):
            yield folder
    finally:
        with suppress(OSError):  # somebody else removes it too
            trees.remove(folder)


def _remove_left_over(root: Path, young_s: float) -> None:
    for folder in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            is_old = time.time() - status.st_ctime >= young_s
            if status.st_uid == os.geteuid() and is_old and not folder.is_symlink() and _is_abandoned(folder):
                trees.remove(folder)


def _is_abandoned(folder: Path) -> bool:
    """Whether nobody holds the lock in the folder: the kernel releases it when its holder dies."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(fd)
    return True
