"""One hot folder: watched while it is there, scanned when in doubt, its files handed to the arrivals."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from markerd.intake.cancellable_call import patiently
from markerd.intake.candidates import Arrivals
from markerd.intake.filters import is_left_alone, is_skipped_folder, matches
from markerd.intake.interfaces import FolderStatus, Ledger, Log, WatchedFolder
from markerd.intake.mounts import Identity, identity, is_network
from markerd.intake.observer_choice import open_watch
from markerd.intake.scan import Found, Refused, classify, oldest_first, walk
from markerd.intake.watch import Watch, WatchKind
from markerd.values import printable

_BURST = 512
"""Hints in one tick from which on the kernel's queue may have overflowed; watchdog 6 does not tell."""
_SCAN_SPACING_S = 1.0
_REMEMBERED_REFUSALS = 1000
_FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0


class FolderIntake:
    """All of it runs in the intake thread."""

    def __init__(
        self,
        folder: WatchedFolder,
        reconcile_s: float,
        ledger: Ledger,
        log: Log,
        keep_going: Callable[[], bool],
    ) -> None:
        self.arrivals = Arrivals(folder, ledger, log, keep_going)
        self.has_scanned = False
        """Whether the backlog was looked at."""
        self._folder = folder
        self._root = str(folder.path)
        self._name = printable(self._root)
        self._reconcile_s = reconcile_s
        self._log = log
        self._keep_going = keep_going
        self._watch: Watch | None = None
        self._identity: Identity | None = None
        self._since = time.time()
        self._paused: str | None = None
        self._retry_at_s = 0.0
        self._retry_s = _FIRST_RETRY_S
        self._next_scan_s = 0.0
        self._no_scan_before_s = 0.0
        self._is_scan_wanted = False
        self._refused: set[tuple[str, int]] = set()
        self._unreadable: set[str] = set()
        """The subfolders that the last scan could not list: no observer sees into them."""

    def tick(self, now: float) -> None:
        """Do what is due."""
        if not self._is_usable(now):
            return
        self._follow_hints(now)
        if now >= self._next_scan_s:
            self._reconcile(now)
        self.arrivals.look(now)

    def close(self) -> None:
        """Stop watching."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()

    def status(self) -> FolderStatus:
        """How it stands."""
        observer = self._watch.kind.value if self._watch else None
        return FolderStatus(
            self._root, observer, self._since, self._paused, self.arrivals.settling, self.arrivals.ready
        )

    @property
    def is_paused(self) -> bool:
        """Whether the folder cannot be used now."""
        return self._paused is not None

    @property
    def is_looked_through(self) -> bool:
        """Whether it was scanned, no further scan is asked for, and all that was found is in the queue."""
        is_empty = self.arrivals.settling == 0 and self.arrivals.ready == 0
        return self.has_scanned and not self._is_scan_wanted and is_empty

    def request_scan(self, now: float, delay_s: float = 0.0) -> None:
        """Scan soon, though not so often that scanning is all that is done."""
        self._is_scan_wanted = True
        self._next_scan_s = min(self._next_scan_s, max(now + delay_s, self._no_scan_before_s))

    # --- the folder itself ---------------------------------------------------------------------------------------

    def _is_usable(self, now: float) -> bool:
        try:
            current = identity(self._folder.path)
        except OSError as error:
            self._pause(error.strerror or str(error))
            return False
        if self._watch is None:
            return now >= self._retry_at_s and self._open(current, now)
        if current != self._identity:
            self._pause("replaced by another folder")
            return False
        if not self._watch.is_alive:
            self._pause("its observer ended")
            self._retry_later(now)
            return False
        return True

    def _open(self, current: Identity, now: float) -> bool:
        try:
            choice = patiently(lambda: open_watch(self._folder), self._keep_going, discard=lambda it: it.watch.stop())
        except OSError as error:
            self._pause(error.strerror or str(error))
            self._retry_later(now)
            return False
        if choice is None:
            return False
        self._watch, self._identity, self._since = choice.watch, current, time.time()
        self.arrivals.lease_device = None if is_network(self._folder.path) else current[0]
        if self._paused is not None:
            self._log.info("folder.resumed", folder=self._name)
        self._paused = None
        tell = self._log.warning if choice.is_fallback else self._log.info
        tell("folder.watching", folder=self._name, observer=choice.watch.kind.value, reason=choice.reason)
        self._next_scan_s = now
        return True

    def _pause(self, reason: str) -> None:
        """Candidates stay: what cannot be seen is not gone."""
        self.close()
        if self._paused is None:
            self._since = time.time()
            self._log.warning("folder.paused", folder=self._name, reason=reason)
        self._paused = reason

    def _retry_later(self, now: float) -> None:
        if now > self._retry_at_s + _LAST_RETRY_S:  # the last trouble is long past
            self._retry_s = _FIRST_RETRY_S
        self._retry_at_s = now + self._retry_s
        self._retry_s = min(2 * self._retry_s, _LAST_RETRY_S)

    # --- what is in it -------------------------------------------------------------------------------------------

    def _follow_hints(self, now: float) -> None:
        assert self._watch is not None
        if self._watch.take_doubt():
            self.request_scan(now)
        hints = self._watch.take_hints()
        if len(hints) >= _BURST:
            self.request_scan(now, delay_s=_SCAN_SPACING_S)
        for path in hints:
            if not self._keep_going():
                return
            self._follow_hint(path, now)

    def _follow_hint(self, path: str, now: float) -> None:
        if not path:
            self.request_scan(now)
            return
        try:
            status = os.lstat(f"{self._root}/{path}")
        except OSError:
            return
        if not stat.S_ISDIR(status.st_mode):
            self._take(classify(path, status))
        elif self._folder.recursive and not any(
            is_skipped_folder(part, self._folder.ignore) for part in path.split("/")
        ):
            # Files made in a new folder before it was watched gave no event.
            with suppress(OSError):
                for item in walk(self._root, is_recursive=True, below=path, ignore=self._folder.ignore):
                    self._take(item)
            self.request_scan(now, delay_s=_SCAN_SPACING_S)

    def _take(self, item: Found | Refused) -> bool:
        """Pass a sight on; True when it is news."""
        if isinstance(item, Refused):
            self._refuse(item)
            return False
        return self._is_wanted(item.path) and self.arrivals.notice(item)

    def _is_wanted(self, path: str) -> bool:
        folder = self._folder
        return not is_left_alone(path, folder.ignore) and matches(path, folder.include, folder.exclude)

    def _refuse(self, item: Refused) -> None:
        key = (item.path, item.inode)
        if key in self._refused or len(self._refused) >= _REMEMBERED_REFUSALS:
            return
        if item.is_folder or self._is_wanted(item.path):
            self._refused.add(key)
            self._log.warning("document.refused", folder=self._name, document=printable(item.path), reason=item.reason)

    def _reconcile(self, now: float) -> None:
        started = time.monotonic()
        files, refused = self._sort()
        if files is None:
            return
        self._refused &= {(item.path, item.inode) for item in refused}
        for item in refused:
            self._refuse(item)
        self._watch_what_became_readable({item.path for item in refused if item.is_folder})
        news = 0
        for found in files:
            if not self._keep_going():
                return
            news += self._take(found)
        seconds = time.monotonic() - started
        self._no_scan_before_s = now + seconds + max(_SCAN_SPACING_S, 5 * seconds)
        self._next_scan_s = max(now + self._reconcile_s, self._no_scan_before_s)
        self._is_scan_wanted = False
        tell = self._log.info if news or not self.has_scanned else self._log.debug
        self.has_scanned = True
        tell(
            "reconcile.done",
            folder=self._name, files=len(files), news=news, refused=len(refused), seconds=round(seconds, 3),
        )  # fmt: skip

    def _watch_what_became_readable(self, unreadable: set[str]) -> None:
        """Observers add the watches of subfolders when they are made, or when they start: begin with a new one."""
        before, self._unreadable = self._unreadable, unreadable
        has_new = any(os.path.isdir(f"{self._root}/{path}") for path in before - unreadable)  # noqa: PTH112 - str paths
        if has_new and self._watch is not None and self._watch.kind is WatchKind.NATIVE:
            self.close()  # the next tick opens another, and scans again

    def _sort(self) -> tuple[list[Found] | None, list[Refused]]:
        """Files in order of arrival, and what is refused; None when the folder cannot be listed, or on a stop."""
        files: list[Found] = []
        refused: list[Refused] = []
        try:
            for item in walk(self._root, is_recursive=self._folder.recursive, ignore=self._folder.ignore):
                if not self._keep_going():
                    return None, []
                if isinstance(item, Found):
                    files.append(item)
                else:
                    refused.append(item)
        except OSError as error:
            self._pause(f"cannot be listed: {error.strerror}")
            self._retry_later(time.monotonic())
            return None, []
        return oldest_first(files), refused
