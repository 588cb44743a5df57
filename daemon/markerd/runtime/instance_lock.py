"""One daemon for each state directory: the kernel releases this lock when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markerd.errors import AlreadyRunningError, UnavailableError


@dataclass(frozen=True)
class Lock:
    """The lock that is held. It keeps others out as long as its file keeps its name."""

    fd: int
    path: Path

    def is_in_place(self) -> bool:
        """Whether another daemon would find the lock."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self.fd))
        except OSError:
            return False


@contextmanager
def hold_state_dir(state_dir: Path) -> Iterator[Lock]:
    """Hold the state directory.

    Raise AlreadyRunningError if another daemon holds it, and UnavailableError if it cannot be made.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnavailableError(f"the state directory {state_dir} cannot be used: {error.strerror}") from error
    try:
        _lock(fd, state_dir)
        yield Lock(fd, state_dir / "lock")
    finally:
        os.close(fd)


def _lock(fd: int, state_dir: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(fd, 32).decode("ascii", "replace").strip() or "unknown"
        raise AlreadyRunningError(
            f"another markerd (process {holder}) is using {state_dir}; stop it, or give this one a state_dir of its own"
        ) from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
