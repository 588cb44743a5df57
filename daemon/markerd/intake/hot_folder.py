"""One hot folder: its observer's hints are followed, it is scanned when in doubt, and files become candidates."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress

from markerd.intake.candidates import Candidates
from markerd.intake.filters import is_below_skipped_folder, is_left_alone, matches
from markerd.intake.folder_watch import FolderWatch
from markerd.intake.interfaces import FolderStatus, Ledger, Log, WatchedFolder
from markerd.intake.refusals import Refusals
from markerd.intake.scan import Found, Refused, classify, sort_oldest_first, walk
from markerd.intake.watch import WatchKind
from markerd.values import make_printable

_BURST = 512
"""Hints in one tick from which on the kernel's queue may have overflowed; watchdog 6 does not report that."""
_SCAN_SPACING_S = 1.0


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
        """The folder is scanned every `reconcile_s` seconds. `keep_going` is asked between any two files."""
        self.candidates = Candidates(folder, ledger, log, keep_going)
        self.has_scanned = False
        """Whether the files that lay there at the start were looked at."""
        self._folder = folder
        self._root = str(folder.path)
        self._reconcile_s = reconcile_s
        self._log = log
        self._keep_going = keep_going
        self._watch = FolderWatch(folder, log, keep_going)
        self._next_scan_s = 0.0
        self._no_scan_before_s = 0.0
        self._is_scan_wanted = False
        self._refusals = Refusals(self._root, log)
        self._unreadable: set[str] = set()
        """The subfolders that the last scan could not list: no observer sees into them."""

    def tick(self, now: float) -> None:
        """Do what is due."""
        if not self._watch.is_usable(now):
            return
        if self._watch.take_opening():
            self.candidates.lease_device = self._watch.lease_device
            self._next_scan_s = now
        self._follow_hints(now)
        if now >= self._next_scan_s:
            self._reconcile(now)
        self.candidates.look_again(now)

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def describe(self) -> FolderStatus:
        """Describe how the folder stands now."""
        observer = self._watch.kind.value if self._watch.kind else None
        settling, ready = self.candidates.settling, self.candidates.ready
        return FolderStatus(self._root, observer, self._watch.since, self._watch.paused, settling, ready)

    @property
    def is_paused(self) -> bool:
        """Whether the folder cannot be used now."""
        return self._watch.paused is not None

    @property
    def is_looked_through(self) -> bool:
        """Whether it was scanned, no further scan is asked for, and all that was found is in the queue."""
        is_empty = self.candidates.settling == 0 and self.candidates.ready == 0
        return self.has_scanned and not self._is_scan_wanted and is_empty

    def request_scan(self, now: float, delay_s: float = 0.0) -> None:
        """Scan soon, though not so often that scanning is all that is done."""
        self._is_scan_wanted = True
        self._next_scan_s = min(self._next_scan_s, max(now + delay_s, self._no_scan_before_s))

    # --- hints ---------------------------------------------------------------------------------------------------

    def _follow_hints(self, now: float) -> None:
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
        elif self._folder.recursive and not is_below_skipped_folder(path, self._folder.ignore):
            # Files made in a new folder before it was watched gave no event.
            with suppress(OSError):
                for item in walk(self._root, is_recursive=True, below=path, ignore=self._folder.ignore):
                    self._take(item)
            self.request_scan(now, delay_s=_SCAN_SPACING_S)

    # --- files ---------------------------------------------------------------------------------------------------

    def _take(self, item: Found | Refused) -> bool:
        """Pass on what was found; True when it is news."""
        if isinstance(item, Refused):
            if item.is_folder or self._is_wanted(item.path):
                self._refusals.log_once(item)
            return False
        return self._is_wanted(item.path) and self.candidates.notice(item)

    def _is_wanted(self, path: str) -> bool:
        folder = self._folder
        return not is_left_alone(path, folder.ignore) and matches(path, folder.include, folder.exclude)

    # --- scans ---------------------------------------------------------------------------------------------------

    def _reconcile(self, now: float) -> None:
        started = time.monotonic()
        files, refused = self._scan()
        if files is None:
            return
        self._refusals.forget_all_but(refused)
        for item in refused:
            self._take(item)
        self._watch_what_became_readable({item.path for item in refused if item.is_folder})
        news = 0
        for found in files:
            if not self._keep_going():
                return
            news += self._take(found)
        self._note_scan(now, time.monotonic() - started, len(files), news, len(refused))

    def _note_scan(self, now: float, seconds: float, files: int, news: int, refused: int) -> None:
        self._no_scan_before_s = now + seconds + max(_SCAN_SPACING_S, 5 * seconds)
        self._next_scan_s = max(now + self._reconcile_s, self._no_scan_before_s)
        self._is_scan_wanted = False
        log_event = self._log.info if news or not self.has_scanned else self._log.debug
        self.has_scanned = True
        log_event(
            "reconcile.done",
            folder=make_printable(self._root), files=files, news=news, refused=refused, seconds=round(seconds, 3),
        )  # fmt: skip

    def _watch_what_became_readable(self, unreadable: set[str]) -> None:
        """Open a new observer where a subfolder became readable: observers add the watches of subfolders when these
        are made, or when they start."""
        before, self._unreadable = self._unreadable, unreadable
        has_new = any(os.path.isdir(f"{self._root}/{path}") for path in before - unreadable)  # noqa: PTH112 - str paths
        if has_new and self._watch.kind is WatchKind.NATIVE:
            self._watch.close()  # the next tick opens another, and scans again

    def _scan(self) -> tuple[list[Found] | None, list[Refused]]:
        """Return files in order of arrival, and what is refused; None when the folder cannot be listed, or on a
        stop."""
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
            self._watch.pause_for_a_while(f"cannot be listed: {error.strerror}", time.monotonic())
            return None, []
        return sort_oldest_first(files), refused
