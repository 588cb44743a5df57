"""A temp folder with an owner: where the owner was killed, the next one of its kind removes it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path

from markerd.files import trees

_OWNER = ".owner"


class OwnedFolder:
    """A new folder in `base`, whose name begins with `prefix`. Folders of dead owners of that prefix are removed.

    The owner is the process that holds the lock on a file in it; the kernel takes the lock back at its death.
    """

    def __init__(self, base: Path, prefix: str) -> None:
        base.mkdir(parents=True, exist_ok=True)
        sweep_abandoned(base, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        new = self.path / f"{_OWNER}.new"
        self._lock = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        new.rename(self.path / _OWNER)  # only now others see it: an owner without a lock would count as dead

    def remove(self) -> None:
        """Remove the folder with all that is in it. It is safe to call this twice."""
        with contextlib.suppress(OSError):
            trees.remove(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep_abandoned(base: Path, prefix: str) -> None:
    """Remove the folders of owners that are gone."""
    for owner in base.glob(f"{prefix}*/{_OWNER}"):
        with contextlib.suppress(OSError):  # another user's, still owned, or removed by somebody else meanwhile
            lock = os.open(owner, os.O_WRONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                trees.remove(owner.parent)
            finally:
                os.close(lock)
