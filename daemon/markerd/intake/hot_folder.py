"""One hot folder: its observer's hints are followed, it is scanned when in doubt, and files become candidates."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from markerd.intake.backlog import Backlog, Collected
from markerd.intake.candidates import Candidates
from markerd.intake.filters import is_below_skipped_folder
from markerd.intake.folder_watch import FolderWatch
from markerd.intake.interfaces import FolderStatus, Ledger, Log, WatchedFolder
from markerd.intake.refusals import Refusals
from markerd.intake.scan import Found, Refused, classify, walk
from markerd.intake.settle import Sign
from markerd.intake.wanted_files import WantedFiles
from markerd.intake.watch import WatchKind
from markerd.values import Order, make_printable

_BURST = 512
"""Hints in one tick from which on the kernel's queue may have overflowed; watchdog 6 does not report that."""
_SCAN_SPACING_S = 1.0
_SIFTED = 500
"""Files of a scan for which the journal is asked at once."""
_DRAWN = 100
"""Files that are recorded at once. Their transaction took 2 ms (2 cores, July 2026), which the main loop may have to
wait for."""
_READY_ENOUGH = 256
"""Complete files from which on no more are recorded: they fill the queue again until the next look."""
_SETTLING_LIMIT = 10_000
"""Files that settle, from which on no more are recorded. So many placeholders that wait to be filled hold up what is
younger, for as long as one of them may wait."""


@dataclass
class _Scan:
    """What a scan found so far."""

    news: Collected
    files: int = 0
    refused: list[Refused] = field(default_factory=list)


class FolderIntake:
    """All of it runs in the intake thread."""

    def __init__(
        self,
        folder: WatchedFolder,
        reconcile_s: float,
        ledger: Ledger,
        log: Log,
        keep_going: Callable[[], bool],
        wake: Callable[[], None],
        look_around: Callable[[], None],
    ) -> None:
        """The folder is scanned every `reconcile_s` seconds.

        `keep_going` is asked again and again during long work, and `look_around` called, for what cannot wait for the
        end of a scan. `wake` is called by the observer's threads when a tick has something to do.
        """
        self.candidates = Candidates(folder, ledger, log, keep_going)
        self.has_scanned = False
        """Whether the files that lay there at the start were looked at."""
        self._folder = folder
        self._root = str(folder.path)
        self._reconcile_s = reconcile_s
        self._log = log
        self._keep_going = keep_going
        self._look_around = look_around
        self._watch = FolderWatch(folder, log, keep_going, wake)
        self._backlog = Backlog()
        self._backlog.order = folder.order
        self._next_scan_s = 0.0
        self._no_scan_before_s = 0.0
        self._is_scan_wanted = False
        self._is_scanning = False
        self._refusals = Refusals(self._root, log)
        self._wanted = WantedFiles(folder, self._refusals)
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
        self._record_first()
        self.candidates.look_again(time.monotonic())

    def follow(self, now: float) -> None:
        """Do what cannot wait for the end of a scan, be it of this folder or of another one.

        In the first scan, and while files wait for their turn, what comes now stands behind them in any case.
        """
        if self._watch.kind is None or not self._watch.is_usable(now):
            return
        if self.has_scanned and not self._backlog:
            self._follow_hints(now)
        self.candidates.look_again(now)

    @property
    def due_s(self) -> float:
        """When the next tick has something to do if nothing happens before, on the monotonic clock."""
        if self._watch.kind is None:
            return self._watch.due_s
        if self._may_record():
            return 0.0
        return min(self._next_scan_s, self.candidates.next_look_s)

    def close(self) -> None:
        """Stop watching."""
        self._watch.close()

    def describe(self) -> FolderStatus:
        """Describe how the folder stands now."""
        observer = self._watch.kind.value if self._watch.kind else None
        settling, ready, unrecorded = self.candidates.settling, self.candidates.ready, len(self._backlog)
        return FolderStatus(self._root, observer, self._watch.since, self._watch.paused, settling, ready, unrecorded)

    @property
    def root(self) -> str:
        """The configured path of the folder."""
        return self._root

    @property
    def order(self) -> Order:
        """In which order its files are taken."""
        return self._folder.order

    @property
    def is_paused(self) -> bool:
        """Whether the folder cannot be used now."""
        return self._watch.paused is not None

    @property
    def is_looked_through(self) -> bool:
        """Whether it was scanned, no further scan is asked for, and all that was found is in the queue, or
        waits for its marker."""
        # In the order of a file's way, because the intake's thread may move one on meanwhile.
        is_empty = (
            not self._backlog and self.candidates.settling == self.candidates.unmarked and self.candidates.ready == 0
        )
        is_scanned = self.has_scanned and not self._is_scanning and not self._is_scan_wanted
        return is_scanned and is_empty

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
        files = []
        for path in hints:
            if not self._keep_going():
                return
            if (marked := self._wanted.find_marked(path)) is not None:
                self.candidates.look_soon(marked)
            files += [item for item in self._follow_hint(path, now) if self._wanted.accepts(item)]
        self._notice(files, hints)

    def _follow_hint(self, path: str, now: float) -> list[Found | Refused]:
        """Return what lies at the path, or below it."""
        if not path:
            self.request_scan(now)
            return []
        try:
            status = os.lstat(f"{self._root}/{path}")
        except OSError:
            return []
        if not stat.S_ISDIR(status.st_mode):
            return [classify(path, status)]
        found: list[Found | Refused] = []
        if self._folder.recursive and not is_below_skipped_folder(path, self._folder.ignore):
            # Files made in a new folder before it was watched gave no event.
            with suppress(OSError):
                found += walk(self._root, is_recursive=True, below=path, ignore=self._folder.ignore)
            self.request_scan(now, delay_s=_SCAN_SPACING_S)
        return found

    def _notice(self, files: list[Found], signs: dict[str, Sign]) -> None:
        """Let files settle that came now; behind those that wait to be recorded, if there are any."""
        if self._backlog:
            for found in self.candidates.sift(files, signs):
                self._backlog.add(found, time.time())
            return
        for start in range(0, len(files), _DRAWN):
            self.candidates.notice_all(files[start : start + _DRAWN], signs)

    # --- files ---------------------------------------------------------------------------------------------------

    def _may_record(self) -> bool:
        is_roomy = self.candidates.ready < _READY_ENOUGH and self.candidates.settling < _SETTLING_LIMIT
        return is_roomy and len(self._backlog) > 0

    def _record_first(self) -> None:
        """Let the first files settle that a scan found, unless there are enough of them."""
        if not self._may_record():
            return
        waiting = self._backlog.draw(_DRAWN)
        for seen_at, group in groupby(waiting, key=lambda each: each.seen_at):
            found = [item for each in group if isinstance(item := self._look_at(each.path), Found)]
            self.candidates.notice_all(found, {}, seen_at)
        self._backlog.end_draw()
        if not self._backlog and self._backlog.is_cut:
            self.request_scan(time.monotonic())

    def _look_at(self, path: str) -> Found | Refused | None:
        try:
            return classify(path, os.lstat(f"{self._root}/{path}"))
        except OSError:
            return None

    # --- scans ---------------------------------------------------------------------------------------------------

    def _reconcile(self, now: float) -> None:
        started = time.monotonic()
        self._is_scanning, self._is_scan_wanted = True, False
        scan = self._scan()
        if scan is None:
            self._is_scanning, self._is_scan_wanted = False, True
            return
        self._refusals.forget_all_but(scan.refused)
        for item in scan.refused:
            self._wanted.accepts(item)
        self._watch_what_became_readable({item.path for item in scan.refused if item.is_folder})
        self._backlog.replace(scan.news)
        self._note_scan(now, time.monotonic() - started, scan)

    def _note_scan(self, now: float, seconds: float, scan: _Scan) -> None:
        self._no_scan_before_s = now + seconds + max(_SCAN_SPACING_S, 5 * seconds)
        wait_s = 0.0 if self._is_scan_wanted else self._reconcile_s  # wanted again since this one began
        self._next_scan_s = max(now + wait_s, self._no_scan_before_s)
        self._is_scanning = False
        log_event = self._log.info if scan.news.news or not self.has_scanned else self._log.debug
        self.has_scanned = True
        log_event(
            "reconcile.done",
            folder=make_printable(self._root), files=scan.files, news=scan.news.news, refused=len(scan.refused),
            seconds=round(seconds, 3),
        )  # fmt: skip

    def _watch_what_became_readable(self, unreadable: set[str]) -> None:
        """Open a new observer where a subfolder became readable: observers add the watches of subfolders when these
        are made, or when they start."""
        before, self._unreadable = self._unreadable, unreadable
        has_new = any(os.path.isdir(f"{self._root}/{path}") for path in before - unreadable)  # noqa: PTH112 - str paths
        if has_new and self._watch.kind is WatchKind.NATIVE:
            self._watch.close()  # the next tick opens another, and scans again

    def _scan(self) -> _Scan | None:
        """Return what lies in the folder; None when it cannot be listed, or on a stop."""
        scan, seen_at = _Scan(self._backlog.collect()), time.time()
        try:
            for files in self._walk(scan):
                if not self._keep_going():
                    return None
                self._look_around()
                for found in self.candidates.sift(files, {}):
                    scan.news.add(found, seen_at)
        except OSError as error:
            self._watch.pause_for_a_while(f"cannot be listed: {error.strerror}", time.monotonic())
            return None
        return scan

    def _walk(self, scan: _Scan) -> Iterator[list[Found]]:
        """Yield the wanted files, many at once; count all in `scan`."""
        files = []
        for item in walk(self._root, is_recursive=self._folder.recursive, ignore=self._folder.ignore):
            if isinstance(item, Refused):
                scan.refused.append(item)
                continue
            scan.files += 1
            if self._wanted.has(item.path):
                files.append(item)
            if scan.files % _SIFTED == 0:
                yield files
                files = []
        yield files
