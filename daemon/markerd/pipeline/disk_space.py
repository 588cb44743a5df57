"""The folders that documents are written to: which are full or gone, and which documents wait until they are not.

That is no document's fault: no attempt is counted, and the hot folder is served again once a probe fits.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from markerd.errors import StorageError, UnavailableError
from markerd.files import durable
from markerd.files.permissions import explain_refusal
from markerd.journal import Document
from markerd.logs import Log
from markerd.values import count_with_noun, make_printable

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
        """The anchor of the folder, or of the nearest folder above that exists. Raises OSError."""
        nearest = folder.resolve()
        while not nearest.exists():
            nearest = nearest.parent
        device = nearest.stat().st_dev
        while not nearest.is_mount():
            nearest = nearest.parent
        return cls(device, nearest)


class Anchors:
    """The file systems that the folders were on when they were first used. They are kept as long as the daemon runs: a
    reload must not take the bare mount point of a disk that is away for the folder that is meant."""

    def __init__(self) -> None:
        self._anchors: dict[Path, Anchor] = {}

    def remember(self, folders: Iterable[Path]) -> None:
        """Note where these folders are, unless they are known. Raises OSError."""
        for folder in folders:
            if folder not in self._anchors:
                self._anchors[folder] = Anchor.of(folder)

    def demand_mounted(self, folder: Path) -> None:
        """Raises StorageError where the folder's file system is away: what was written would lie where it is mounted.

        A file system that was mounted again may have another device number and still counts as the same.
        """
        before = self._anchors.get(folder)
        try:
            now = Anchor.of(folder)
        except OSError as error:
            raise StorageError(f"{folder} cannot be reached: {error.strerror}", folder) from error
        if before and now.device != before.device and now.mount_point != before.mount_point:
            raise StorageError(
                f"{folder} is not on the file system of the start: {_explain_change(now, before)}", folder
            )

    def is_away(self, folder: Path) -> bool:
        """Whether `demand_mounted` would raise."""
        try:
            self.demand_mounted(folder)
        except StorageError:
            return True
        return False

    def demand_there(self, folder: Path) -> None:
        """As `demand_mounted`, and the folder itself must exist: its readers would not find what was put into a new
        one."""
        self.demand_mounted(folder)
        if not folder.is_dir():
            raise StorageError(f"{folder} is gone", folder)


def _explain_change(now: Anchor, before: Anchor) -> str:
    if before.mount_point.is_mount():
        return f"something else is mounted at {now.mount_point}"
    return f"{before.mount_point} is not mounted"


@dataclass
class _Pause:
    error: StorageError
    probe_at: float
    waiting: dict[int, None] = field(default_factory=dict)


class Storage:
    """The hot folders that cannot be served now, each with the documents that wait. Called by the main thread alone.

    A folder that is paused is probed after two seconds, then four, up to a minute.
    """

    def __init__(self, anchors: Anchors, log: Log) -> None:
        self._anchors = anchors
        self._log = log
        self._pauses: dict[str, _Pause] = {}
        self._delays_s: dict[str, float] = {}

    @property
    def paused(self) -> dict[str, str]:
        """Maps each hot folder that is paused to the reason."""
        return {folder: str(pause.error) for folder, pause in self._pauses.items()}

    def demand_room(self) -> None:
        """Raises UnavailableError where documents wait, with the reasons."""
        waiting = sum(len(pause.waiting) for pause in self._pauses.values())
        if waiting:
            wait = "waits" if waiting == 1 else "wait"
            reasons = "; ".join(sorted(set(self.paused.values())))
            raise UnavailableError(f"{count_with_noun(waiting, 'document')} {wait}: {reasons}")

    def must_wait(self, document: Document, output: Path, now: float) -> bool:
        """Whether the document has to wait, because its hot folder is paused or its output folder is away.

        This is the one place where that is decided. The document is kept then, and comes up again with `resume`.
        """
        try:
            self._anchors.demand_there(output)
        except StorageError as error:
            self.pause(document.folder, error, now)
        return self.hold(document.folder, document.id)

    def pause(self, folder: str, error: StorageError, now: float) -> None:
        """Pause the hot folder until there is room again; the log says so once. The wait grows until a document is
        published."""
        if folder in self._pauses:
            return
        self._pauses[folder] = _Pause(error, now + self._lengthen_delay_s(folder))
        self._log.warning("folder.paused", folder=make_printable(folder), reason=make_printable(str(error)))

    def hold(self, folder: str, document_id: int) -> bool:
        """Keep the document where its folder is paused; returns False where it is not."""
        pause = self._pauses.get(folder)
        if pause is None:
            return False
        pause.waiting[document_id] = None
        return True

    def resume(self, now: float) -> dict[str, list[int]]:
        """Probe the folders that are due; returns those that are served again, each with the documents that waited, in
        order."""
        due = [folder for folder, pause in self._pauses.items() if pause.probe_at <= now]
        return {folder: waited for folder in due if (waited := self._try_to_resume(folder, now)) is not None}

    def demand_mounted(self, folder: Path) -> None:
        """See `Anchors`. Raises StorageError."""
        self._anchors.demand_mounted(folder)

    def demand_there(self, folder: Path) -> None:
        """See `Anchors`. Raises StorageError."""
        self._anchors.demand_there(folder)

    def note_success(self, folder: str) -> None:
        """A document of the hot folder was published: the next pause begins with a short wait again."""
        self._delays_s.pop(folder, None)

    def has_room(self, error: StorageError) -> bool:
        """Whether what could not be written would fit now."""
        return self._probe(error) is None

    def _try_to_resume(self, folder: str, now: float) -> list[int] | None:
        pause = self._pauses[folder]
        still = self._probe(pause.error)
        if still is not None:
            pause.error, pause.probe_at = still, now + self._lengthen_delay_s(folder)
            return None
        del self._pauses[folder]
        self._log.info("folder.resumed", folder=make_printable(folder))
        return list(pause.waiting)

    def _lengthen_delay_s(self, folder: str) -> float:
        before = self._delays_s.get(folder)
        self._delays_s[folder] = FIRST_PROBE_S if before is None else min(2 * before, LAST_PROBE_S)
        return self._delays_s[folder]

    def _probe(self, error: StorageError) -> StorageError | None:
        """Return why what failed with `error` would fail still; None where it would not."""
        try:
            self._anchors.demand_there(error.place)
            _try_to_write(error.place, error.needed_bytes + _SPARE_BYTES)
        except StorageError as still:
            return StorageError(str(still), error.place, error.needed_bytes)
        except PermissionError:
            return StorageError(explain_refusal(error.place, is_writing=True), error.place, error.needed_bytes)
        except OSError as still:
            reason = f"no room in {error.place}: {still.strerror}"
            return StorageError(reason, error.place, error.needed_bytes)
        return None


def _try_to_write(folder: Path, size: int) -> None:
    """Write so many bytes, which nothing can compress, force them to the disk and leave nothing. Raises OSError."""
    chunk = os.urandom(_CHUNK_BYTES)
    with tempfile.TemporaryFile(dir=folder, prefix=durable.PREFIX, buffering=0) as file:
        for begin in range(0, size, _CHUNK_BYTES):
            left = memoryview(chunk)[: size - begin]
            while left:
                left = left[file.write(left) :]
        os.fsync(file.fileno())
