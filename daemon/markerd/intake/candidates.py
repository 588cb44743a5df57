"""The files of one hot folder on their way from first sight to the queue."""

from __future__ import annotations

import heapq
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from markerd.intake.completeness import examine
from markerd.intake.interfaces import Ledger, Log, WatchedFolder
from markerd.intake.markers import MarkerSight, look_for_marker
from markerd.intake.order import Rank, rank
from markerd.intake.scan import Found, classify
from markerd.intake.settle import (
    RECHECK_S,
    Candidate,
    Evidence,
    Sign,
    Verdict,
    is_quiet,
    judge,
    judge_marked,
    observe,
    postpone,
)
from markerd.values import Fingerprint, make_printable

_MARKER_RECHECK_S = 10.0
"""The longest time between two looks for a marker, of which no hint may have told."""
_NOTICE_AFTER_S = 5.0
"""How long a file may lie still before the log says what it waits for."""


class Candidates:
    """Files that settle, and settled ones that wait for room in the queue, in the order of the folder."""

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
        self._looks: list[tuple[float, str]] = []
        """A heap by the time of the next look; entries that the candidate no longer agrees with are skipped."""
        self._ready: dict[str, Candidate] = {}
        self._ranks: list[Rank] = []
        """A heap; entries whose file is no longer ready with that rank are skipped."""
        self._order = folder.order
        self._marker = folder.marker
        self._unmarked: set[str] = set()
        """The paths that wait for their marker."""
        self._logged: set[str] = set()
        """The paths that the log says it waits for."""

    @property
    def settling(self) -> int:
        """How many files are not complete yet."""
        return len(self._settling)

    @property
    def unmarked(self) -> int:
        """How many of these wait for nothing but their marker."""
        return len(self._unmarked)

    @property
    def ready(self) -> int:
        """How many complete files wait for room in the queue."""
        return len(self._ready)

    def __contains__(self, path: str) -> bool:
        return path in self._settling or path in self._ready

    # --- taking note ---------------------------------------------------------------------------------------------

    def notice(self, found: Found, sign: Sign = Sign.SIGHT) -> bool:
        """Take note of a file that was found; True when it is news."""
        return self.notice_all([found], {found.path: sign}) > 0

    def notice_all(self, files: Sequence[Found], signs: Mapping[str, Sign], seen_at: float | None = None) -> int:
        """Take note of files that were found; returns how many are news. `signs` tells of some what told of them.

        `seen_at` is when they were first seen, in seconds since the epoch; None for now.
        """
        # Whether the file is still there is asked after the ledger, because a file is archived before the ledger knows.
        news = [found for found in self.sift(files, signs) if self._is_there_still(found.path)]
        self._ledger.record_all_seen(self._root, news, time.time() if seen_at is None else seen_at)
        for found in news:
            # This is not the time of the tick: after a long scan that would count time in which nobody looked.
            now, sign = time.monotonic(), signs.get(found.path, Sign.SIGHT)
            self._settle(found.path, observe(None, found.fingerprint, now, sign))
            self._log_seen(found)
        return len(news)

    def sift(self, files: Sequence[Found], signs: Mapping[str, Sign]) -> list[Found]:
        """Take note of the files that are candidates already, and return those of the others that are news."""
        unknown = []
        for found in files:
            if found.path in self:
                self._notice_again(found, signs.get(found.path, Sign.SIGHT))
            else:
                unknown.append(found)
        return self._ledger.select_news(self._root, unknown)

    def _notice_again(self, found: Found, sign: Sign) -> None:
        candidate = self._settling.get(found.path) or self._ready[found.path]
        is_changed = candidate.fingerprint != found.fingerprint
        if is_changed or (found.path in self._settling and sign is not Sign.SIGHT):
            self._settle(found.path, observe(candidate, found.fingerprint, time.monotonic(), sign))
            self._ready.pop(found.path, None)

    def _log_seen(self, found: Found) -> None:
        self._log.info(
            "document.seen",
            folder=make_printable(self._root),
            document=make_printable(found.path),
            size_bytes=found.fingerprint.size,
        )

    def _is_there_still(self, path: str) -> bool:
        """Whether the file still exists. It may have been archived since it was found, and the ledger would then take
        it for one that was put there again."""
        try:
            return self._read_fingerprint(path) is not None
        except OSError:
            return False

    # --- settling ------------------------------------------------------------------------------------------------

    def _settle(self, path: str, candidate: Candidate) -> None:
        """Let the candidate wait: for a look at once where something may vouch for it."""
        now = time.monotonic()
        is_due = self._marker is not None or self._may_be_vouched_for(candidate)
        self._wait(path, replace(candidate, look_at_s=now) if is_due else postpone(candidate, self._settle_s, now))

    def _wait(self, path: str, candidate: Candidate) -> None:
        self._unmarked.discard(path)
        self._settling[path] = candidate
        heapq.heappush(self._looks, (candidate.look_at_s, path))

    def _may_be_vouched_for(self, candidate: Candidate) -> bool:
        """Whether a look into the file is worth while before it has lain still for long enough."""
        if self.lease_device is None:
            return False
        changed_ns = candidate.fingerprint.ctime_ns
        is_old = changed_ns is not None and time.time() - changed_ns / 1e9 >= self._settle_s
        return is_old or candidate.sign is not Sign.SIGHT

    @property
    def next_look_s(self) -> float:
        """When `look_again` has something to do, on the monotonic clock; infinity for never."""
        while self._looks and not self._is_current(*self._looks[0]):
            heapq.heappop(self._looks)
        return self._looks[0][0] if self._looks else math.inf

    def _is_current(self, look_at_s: float, path: str) -> bool:
        candidate = self._settling.get(path)
        return candidate is not None and candidate.look_at_s == look_at_s

    def look_again(self, now: float) -> None:
        """Look again at the files whose time has come."""
        while self.next_look_s <= now and self._keep_going():
            _, path = heapq.heappop(self._looks)
            self._look_at(path)

    def _look_at(self, path: str) -> None:
        candidate, evidence, is_marked = self._settling[path], Evidence(), False
        try:
            fingerprint, now = self._read_fingerprint(path), time.monotonic()
            if fingerprint is not None:
                candidate = observe(candidate, fingerprint, now)
                marker = self._look_for_marker(path, fingerprint)
                if marker is MarkerSight.MISSING:
                    self._wait_for_marker(path, candidate, now)
                    return
                is_marked = marker is MarkerSight.AFTER
                is_still = is_quiet(candidate, self._settle_s, now)
                if is_marked or is_still or self._may_be_vouched_for(candidate):
                    evidence = examine(self._join_root(path), self.lease_device)
        except FileNotFoundError:
            fingerprint = None
        except OSError:  # it cannot be seen for the time being, which is no reason to think it gone
            self._wait(path, postpone(candidate, self._settle_s, time.monotonic()))
            return
        if fingerprint is None:
            self._drop(path)
            return
        verdict = (
            judge_marked(candidate, evidence)
            if is_marked
            else judge(candidate, evidence, self._settle_s, now, self._extra_waits)
        )
        self._apply(verdict, path, candidate, evidence, now)

    def _look_for_marker(self, path: str, fingerprint: Fingerprint) -> MarkerSight | None:
        return None if self._marker is None else look_for_marker(self._root, self._marker, path, fingerprint)

    def _wait_for_marker(self, path: str, candidate: Candidate, now: float) -> None:
        """Look again at times that grow longer: a hint tells of a marker at once, where there are any."""
        quiet_s = now - candidate.unchanged_since_s
        self._wait(path, replace(candidate, look_at_s=now + min(max(RECHECK_S, quiet_s / 10), _MARKER_RECHECK_S)))
        self._unmarked.add(path)
        self._log_waiting(Verdict.MARKER, path, quiet_s)

    def look_soon(self, path: str) -> None:
        """Look at a file that settles, because its marker has come."""
        if path in self._settling:
            self._wait(path, replace(self._settling[path], look_at_s=time.monotonic()))

    def _apply(self, verdict: Verdict, path: str, candidate: Candidate, evidence: Evidence, now: float) -> None:
        if verdict is Verdict.READY:
            self._logged.discard(path)
            self._unmarked.discard(path)
            self._ready[path] = candidate  # before it leaves the others: another thread asks whether any is left
            del self._settling[path]
            heapq.heappush(self._ranks, rank(self._order, path, candidate.fingerprint))
            return
        if evidence.fingerprint is not None:
            candidate = observe(candidate, evidence.fingerprint, now)
        self._wait(path, postpone(candidate, self._settle_s, now))
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

    # --- the queue -----------------------------------------------------------------------------------------------

    def find_first(self) -> Rank | None:
        """Return the rank of the ready file that is to be offered first."""
        while self._ranks:
            first = self._ranks[0]
            candidate = self._ready.get(first.path)
            if candidate is not None and rank(self._order, first.path, candidate.fingerprint) == first:
                return first
            heapq.heappop(self._ranks)
        return None

    def offer_first(self) -> bool:
        """Offer the first ready file to the ledger, unless it changed meanwhile; False where there is no room."""
        head = self.find_first()
        if head is None:
            return True
        path = head.path
        try:
            fingerprint = self._read_fingerprint(path)
        except OSError:  # it cannot be seen for the time being, and comes back when it can
            self._wait(path, postpone(self._ready[path], self._settle_s, time.monotonic()))
            del self._ready[path]
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
        self._unmarked.discard(path)
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
