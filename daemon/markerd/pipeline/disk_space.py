"""What documents are written to: which of those folders are full or gone, and who waits until they are not.

That is nobody's fault but the disk's: no attempt is counted, and the hot folder is served again once a probe fits.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from markerd.errors import StorageError, UnavailableError
from markerd.files import durable
from markerd.files.permissions import refusal
from markerd.logs import Log
from markerd.values import counted, printable

FIRST_PROBE_S = 2.0
LAST_PROBE_S = 60.0
_SPARE_BYTES = 4 << 20
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Anchor:
    """The file system that a folder is on: its device, and where it is mounted."""

    device: int
    mount_point: Path

    @classmethod
    def of(cls, folder: Path) -> Anchor:
        """Of the nearest folder above that is there, where it is not itself. Raises OSError."""
        there = folder.resolve()
        while not there.exists():
            there = there.parent
        device = there.stat().st_dev
        while not there.is_mount():
            there = there.parent
        return cls(device, there)


class Anchors:
    """What the folders were on when they were first used. Kept as long as the daemon runs: a reload must not take the
    bare mount point of a disk that is away for the folder that is meant."""

    def __init__(self) -> None:
        self._anchors: dict[Path, Anchor] = {}

    def remember(self, folders: Iterable[Path]) -> None:
        for folder in folders:
            if folder not in self._anchors:
                self._anchors[folder] = Anchor.of(folder)

    def check(self, folder: Path) -> None:
        """Raises StorageError where the folder's file system is away: what was written would lie where it is mounted.

        One that was mounted again may have another device number, and is the same for us.
        """
        before = self._anchors.get(folder)
        try:
            now = Anchor.of(folder)
        except OSError as error:
            raise StorageError(f"{folder} cannot be reached: {error.strerror}", folder) from error
        if before and now.device != before.device and now.mount_point != before.mount_point:
            raise StorageError(
                f"{folder} is not on the file system of the start: {_what_is_wrong(now, before)}", folder
            )

    def is_away(self, folder: Path) -> bool:
        """Whether `check` would raise."""
        try:
            self.check(folder)
        except StorageError:
            return True
        return False

    def check_there(self, folder: Path) -> None:
        """As `check`, and it must be there itself: its readers would not find what was put into a new one."""
        self.check(folder)
        if not folder.is_dir():
            raise StorageError(f"{folder} is gone", folder)


def _what_is_wrong(now: Anchor, before: Anchor) -> str:
    if before.mount_point.is_mount():
        return f"something else is mounted at {now.mount_point}"
    return f"{before.mount_point} is not mounted"


@dataclass
class _Closure:
    error: StorageError
    probe_at: float
    waiting: dict[int, None] = field(default_factory=dict)


class Storage:
    """The hot folders that cannot be served now, each with the documents that wait. Called by the main thread alone."""

    def __init__(self, anchors: Anchors, log: Log) -> None:
        self._anchors = anchors
        self._log = log
        self._closures: dict[str, _Closure] = {}
        self._delays_s: dict[str, float] = {}

    @property
    def paused(self) -> dict[str, str]:
        """Hot folder to reason."""
        return {folder: str(closure.error) for folder, closure in self._closures.items()}

    def demand_room(self) -> None:
        """Raises UnavailableError where documents wait."""
        waiting = sum(len(closure.waiting) for closure in self._closures.values())
        if waiting:
            wait = "waits" if waiting == 1 else "wait"
            reasons = "; ".join(sorted(set(self.paused.values())))
            raise UnavailableError(f"{counted(waiting, 'document')} {wait}: {reasons}")

    def close(self, folder: str, error: StorageError, now: float) -> None:
        """Pause the hot folder until there is room again; said once. The wait grows until a document got through."""
        if folder in self._closures:
            return
        self._closures[folder] = _Closure(error, now + self._longer_delay_s(folder))
        self._log.warning("folder.paused", folder=printable(folder), reason=printable(str(error)))

    def hold(self, folder: str, document_id: int) -> bool:
        """Keep the document where its folder is paused; False where it is not."""
        closure = self._closures.get(folder)
        if closure is None:
            return False
        closure.waiting[document_id] = None
        return True

    def reopen(self, now: float) -> dict[str, list[int]]:
        """Probe what is due; gives the folders that are served again, each with the documents that waited, in order."""
        due = [folder for folder, closure in self._closures.items() if closure.probe_at <= now]
        return {folder: waited for folder in due if (waited := self._reopened(folder, now)) is not None}

    def check(self, folder: Path) -> None:
        """See `Anchors`. Raises StorageError."""
        self._anchors.check(folder)

    def check_there(self, folder: Path) -> None:
        """See `Anchors`. Raises StorageError."""
        self._anchors.check_there(folder)

    def got_through(self, folder: str) -> None:
        """A document of the folder was published."""
        self._delays_s.pop(folder, None)

    def has_room(self, error: StorageError) -> bool:
        """Whether what could not be written would fit now."""
        return self._probe(error) is None

    def _reopened(self, folder: str, now: float) -> list[int] | None:
        closure = self._closures[folder]
        still = self._probe(closure.error)
        if still is not None:
            closure.error, closure.probe_at = still, now + self._longer_delay_s(folder)
            return None
        del self._closures[folder]
        self._log.info("folder.resumed", folder=printable(folder))
        return list(closure.waiting)

    def _longer_delay_s(self, folder: str) -> float:
        before = self._delays_s.get(folder)
        self._delays_s[folder] = FIRST_PROBE_S if before is None else min(2 * before, LAST_PROBE_S)
        return self._delays_s[folder]

    def _probe(self, error: StorageError) -> StorageError | None:
        """Why what failed with `error` would fail still; None where it would not."""
        try:
            self._anchors.check_there(error.place)
            _try_to_write(error.place, error.needed_bytes + _SPARE_BYTES)
        except StorageError as still:
            return StorageError(str(still), error.place, error.needed_bytes)
        except PermissionError:
            return StorageError(refusal(error.place, is_writing=True), error.place, error.needed_bytes)
        except OSError as still:
            reason = f"no room in {error.place}: {still.strerror}"
            return StorageError(reason, error.place, error.needed_bytes)
        return None


def _try_to_write(folder: Path, size: int) -> None:
    """Write so much, which nothing can compress, force it to the disk and leave nothing. Raises OSError."""
    chunk = os.urandom(_CHUNK_BYTES)
    with tempfile.TemporaryFile(dir=folder, prefix=durable.PREFIX, buffering=0) as file:
        for begin in range(0, size, _CHUNK_BYTES):
            left = memoryview(chunk)[: size - begin]
            while left:
                left = left[file.write(left) :]
        os.fsync(file.fileno())
