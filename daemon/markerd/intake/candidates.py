"""The files of one hot folder on their way from first sight to the queue."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable

from markerd.intake.completeness import examine
from markerd.intake.interfaces import Ledger, Log, WatchedFolder
from markerd.intake.scan import Found, classify
from markerd.intake.settle import Candidate, Evidence, Verdict, is_quiet, judge, observe, postpone
from markerd.values import Fingerprint, make_printable

_NOTICE_AFTER_S = 5.0
"""How long a file may lie still before the log says what it waits for."""


class Candidates:
    """Files that settle, and settled ones that wait for room in the queue, oldest first."""

    def __init__(self, folder: WatchedFolder, ledger: Ledger, log: Log, keep_going: Callable[[], bool]) -> None:
        """`keep_going` is asked between any two files; False ends the work at hand early."""
        self.lease_device: int | None = None
        """The device whose files the kernel can be asked about, None for none."""
        self._settle_s = folder.settle_s
        self._extra_waits = folder.extra_waits
        self._root = str(folder.path)
        self._ledger = ledger
        self._log = log
        self._keep_going = keep_going
        self._settling: dict[str, Candidate] = {}
        self._ready: dict[str, Candidate] = {}
        self._order: list[tuple[int, str]] = []
        """A heap by mtime; entries whose file is no longer ready with that mtime are skipped."""
        self._logged: set[str] = set()
        """The paths that the log says it waits for."""

    @property
    def settling(self) -> int:
        """How many files are not complete yet."""
        return len(self._settling)

    @property
    def ready(self) -> int:
        """How many complete files wait for room in the queue."""
        return len(self._ready)

    def notice(self, found: Found) -> bool:
        """Take note of a file that was found; True when it is news."""
        # This is not the time of the tick: after a long scan that would count time in which nobody looked.
        now = time.monotonic()
        path, fingerprint = found.path, found.fingerprint
        candidate = self._settling.get(path) or self._ready.get(path)
        if candidate is not None:
            if candidate.fingerprint != fingerprint:
                self._ready.pop(path, None)
                self._settling[path] = postpone(observe(candidate, fingerprint, now), self._settle_s, now)
            return False
        if not self._ledger.is_news(self._root, path, fingerprint) or not self._is_there_still(path):
            return False
        self._ledger.record_seen(self._root, path, fingerprint)
        self._settling[path] = postpone(observe(None, fingerprint, now), self._settle_s, now)
        self._log.info(
            "document.seen",
            folder=make_printable(self._root),
            document=make_printable(path),
            size_bytes=fingerprint.size,
        )
        return True

    def _is_there_still(self, path: str) -> bool:
        """Whether the file still exists. It may have been archived since it was found, and the ledger would then take
        it for one that was put there again.

        This is asked after the ledger, because a file is archived before the ledger knows.
        """
        try:
            return self._read_fingerprint(path) is not None
        except OSError:
            return False

    def look_again(self, now: float) -> None:
        """Look again at the files whose time has come."""
        due = [path for path, candidate in self._settling.items() if candidate.look_at_s <= now]
        for path in due:
            if not self._keep_going():
                return
            self._look_at(path)

    def _look_at(self, path: str) -> None:
        candidate, evidence = self._settling[path], Evidence()
        try:
            fingerprint, now = self._read_fingerprint(path), time.monotonic()
            if fingerprint is not None:
                candidate = observe(candidate, fingerprint, now)
                if is_quiet(candidate, self._settle_s, now):
                    evidence = examine(self._join_root(path), self.lease_device)
        except FileNotFoundError:
            fingerprint = None
        except OSError:  # it cannot be seen for the time being, which is no reason to think it gone
            self._settling[path] = postpone(candidate, self._settle_s, time.monotonic())
            return
        if fingerprint is None:
            self._drop(path)
            return
        self._apply(judge(candidate, evidence, self._settle_s, now, self._extra_waits), path, candidate, evidence, now)

    def _apply(self, verdict: Verdict, path: str, candidate: Candidate, evidence: Evidence, now: float) -> None:
        if verdict is Verdict.READY:
            del self._settling[path]
            self._logged.discard(path)
            self._ready[path] = candidate
            heapq.heappush(self._order, (candidate.fingerprint.mtime_ns, path))
            return
        if evidence.fingerprint is not None:
            candidate = observe(candidate, evidence.fingerprint, now)
        self._settling[path] = postpone(candidate, self._settle_s, now)
        self._log_waiting(verdict, path, now - candidate.unchanged_since_s)

    def _log_waiting(self, verdict: Verdict, path: str, quiet_s: float) -> None:
        is_due = verdict is Verdict.EMPTY or quiet_s >= self._settle_s + _NOTICE_AFTER_S
        if not is_due or path in self._logged:
            return
        self._logged.add(path)
        self._log.info(
            "document.waiting",
            folder=make_printable(self._root),
            document=make_printable(path),
            reason=verdict.value,
        )

    def find_oldest(self) -> tuple[int, str] | None:
        """Return mtime_ns and path of the ready file that is to be offered first."""
        while self._order:
            mtime_ns, path = self._order[0]
            candidate = self._ready.get(path)
            if candidate is not None and candidate.fingerprint.mtime_ns == mtime_ns:
                return self._order[0]
            heapq.heappop(self._order)
        return None

    def offer_oldest(self) -> bool:
        """Offer the oldest ready file to the ledger, unless it changed meanwhile; False where there is no room."""
        head = self.find_oldest()
        if head is None:
            return True
        _, path = head
        try:
            fingerprint = self._read_fingerprint(path)
        except OSError:  # it cannot be seen for the time being, and comes back when it can
            self._settling[path] = postpone(self._ready.pop(path), self._settle_s, time.monotonic())
            return True
        if fingerprint is None:
            self._drop(path)
        elif fingerprint != self._ready[path].fingerprint:
            self.notice(Found(path, fingerprint))
        elif self._ledger.enqueue(self._root, path, fingerprint):
            del self._ready[path]
        else:
            return False
        return True

    def _drop(self, path: str) -> None:
        self._settling.pop(path, None)
        self._ready.pop(path, None)
        self._logged.discard(path)
        self._ledger.record_vanished(self._root, path)

    def _read_fingerprint(self, path: str) -> Fingerprint | None:
        """Return None where no such file exists, or where something else is in its place. Raises other OSErrors."""
        try:
            found = classify(path, os.lstat(self._join_root(path)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.fingerprint if isinstance(found, Found) else None

    def _join_root(self, path: str) -> str:
        return f"{self._root}/{path}"
