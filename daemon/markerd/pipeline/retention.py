"""What was put aside does not grow for ever: old sources leave the archive, old dead letters leave `failed`, on wish.

A source leaves the archive only if its very content was once published, by its hash in the journal; whatever else lies
there stays. A dead letter leaves with its reason, by which it is known. Symbolic links are never followed, and age is
counted by the time that the kernel keeps, since the document came to lie there.

It is done in small steps by the main loop's thread, between documents.
"""

from __future__ import annotations

import heapq
import os
import stat
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from markerd.errors import StorageError
from markerd.files import durable
from markerd.files.hashing import hash_in_steps
from markerd.files.untrusted import open_to_read
from markerd.journal.reader import JournalReader
from markerd.logs import Log
from markerd.pipeline.dead_letters import ERROR_ENDING, read_reason
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.folder_plan import FolderPlan, Keeping
from markerd.pipeline.small_steps import SmallSteps, Steps
from markerd.pipeline.source_sight import UnreadableError, walk_files
from markerd.values import Fingerprint, make_printable, shorten_name

_PAUSE_S = 3600.0
"""Between two looks. A limit in days need not be met to the minute."""
_AT_ONCE = 10_000
"""Files that are remembered, the oldest; an entry takes some 400 bytes. The others wait for the next look."""


@dataclass(frozen=True, order=True)
class _Aside:
    """A file that was put aside: when, in nanoseconds since the epoch, and where below its folder."""

    since_ns: int
    path: str
    mark: Fingerprint


@dataclass
class _Tally:
    removed: int = 0
    removed_bytes: int = 0


class Retention:
    """Called by the main loop's thread alone. `clock` tells seconds since the epoch."""

    def __init__(
        self,
        journal: JournalReader,
        plans: Mapping[str, FolderPlan],
        storage: Storage,
        log: Log,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal = journal
        self._storage = storage
        self._log = log
        self._clock = clock
        self._archives = _choose_limits((p.places.archive, p.keep_archive) for p in plans.values())
        self._failed = _choose_limits((p.places.failed, p.keep_failed) for p in plans.values())
        self._strangers: set[tuple[str, Fingerprint]] = set()
        """Files that are known not to be ours, so that they are not read again."""
        self._work = SmallSteps(self._look_through, _PAUSE_S)

    def step(self) -> None:
        """Go on for some milliseconds."""
        if self._archives or self._failed:
            self._work.step()

    def run(self) -> None:
        """Look through everything once, at once."""
        self._work.run()

    def _look_through(self) -> Steps:
        for place, keeping in self._archives.items():
            yield from self._clear(place, keeping, self._remove_converted)
        for place, keeping in self._failed.items():
            yield from self._clear(place, keeping, self._remove_dead_letter)

    def _clear(
        self, place: Path, keeping: Keeping, remove: Callable[[Path, _Aside], Generator[None, None, bool]]
    ) -> Steps:
        """Remove what is too old, and then the oldest until the rest is small enough."""
        oldest: list[tuple[int, str, _Aside]] = []
        total, tally = 0, _Tally()
        with suppress(UnreadableError, FileNotFoundError, StorageError):
            self._storage.demand_mounted(place)
            for found in walk_files(str(place), None):
                yield
                if found is not None and not PurePath(found[0]).name.startswith(durable.PREFIX):
                    total += found[1].size
                    _remember(oldest, _Aside(found[1].ctime_ns or 0, os.path.relpath(found[0], place), found[1]))
            for aside in sorted(entry[2] for entry in oldest):
                if not self._must_go(aside, keeping, total):
                    break
                total -= aside.mark.size  # be it ours or not: what others put there does not drive ours out
                with suppress(OSError):
                    if (yield from remove(place, aside)):
                        tally.removed += 1
                        tally.removed_bytes += aside.mark.size
        if tally.removed:
            shown = make_printable(str(place))
            self._log.info(
                "retention.done", place=shown, removed_documents=tally.removed, removed_bytes=tally.removed_bytes
            )

    def _must_go(self, aside: _Aside, keeping: Keeping, total: int) -> bool:
        age_s = self._clock() - aside.since_ns / 1e9
        is_old = keeping.max_age_s is not None and age_s > keeping.max_age_s
        return is_old or (keeping.max_bytes is not None and total > keeping.max_bytes)

    def _remove_converted(self, place: Path, aside: _Aside) -> Generator[None, None, bool]:
        """Remove a source whose content was published; returns whether it is gone."""
        key = (str(place / aside.path), aside.mark)
        if key in self._strangers:
            return False
        path = PurePath(aside.path)
        with durable.open_folder(place, *path.parent.parts, create=False) as fd:
            sha256 = yield from _hash(path.name, fd)
            if not self._journal.was_converted(sha256):
                self._strangers.add(key)
                return False
            return _unlink_unchanged(fd, path.name, aside.mark)

    def _remove_dead_letter(self, place: Path, aside: _Aside) -> Generator[None, None, bool]:
        """Remove a dead letter, and then its reason; a file without a reason of ours stays, and one that was changed or
        replaced since."""
        key = (str(place / aside.path), aside.mark)
        if key in self._strangers:
            return False
        path = PurePath(aside.path)
        reason = shorten_name(path.name, ERROR_ENDING)
        with durable.open_folder(place, *path.parent.parts, create=False) as fd:
            said = read_reason(fd, reason)
            if read_reason(fd, path.name) is not None or said is None:
                return False
            sha256 = (yield from _hash(path.name, fd)) if said.get("sha256") else None  # else it was never read
            if (said.get("size"), said.get("sha256")) != (aside.mark.size, sha256):
                self._strangers.add(key)
                return False
            if not _unlink_unchanged(fd, path.name, aside.mark):
                return False
            durable.unlink_if_there(reason, fd)
            return True


def _hash(name: str, fd: int) -> Generator[None, None, str]:
    """Return the SHA-256 of the file in the folder `fd`, in small steps. Raises OSError."""
    with open_to_read(name, fd) as file:
        return (yield from hash_in_steps(file))


def _choose_limits(kept: Iterable[tuple[Path, Keeping]]) -> dict[Path, Keeping]:
    """Return the limits of each place that has any. Where several hot folders share one, it keeps what any of them
    wants to keep."""
    chosen: dict[Path, Keeping] = {}
    for place, keeping in kept:
        chosen[place] = chosen[place].join(keeping) if place in chosen else keeping
    return {place: keeping for place, keeping in chosen.items() if keeping.is_limited}


def _remember(oldest: list[tuple[int, str, _Aside]], aside: _Aside) -> None:
    """Keep the oldest alone: the heap has the youngest of them first."""
    entry = (-aside.since_ns, aside.path, aside)
    if len(oldest) < _AT_ONCE:
        heapq.heappush(oldest, entry)
    else:
        heapq.heappushpop(oldest, entry)


def _unlink_unchanged(fd: int, name: str, mark: Fingerprint) -> bool:
    """Remove the file unless another one, or other content, is in its place."""
    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or Fingerprint.of(status) != mark:
        return False
    os.unlink(name, dir_fd=fd)
    os.fsync(fd)
    return True
