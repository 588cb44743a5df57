"""Between documents: the converter cleans up, and is replaced where that is called for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, build_log_fields
from markerd.convert.protocol import Converter
from markerd.logs import Log
from markerd.values import count_with_noun

_MB = 1 << 20
_DAY_S = 24 * 3600.0
_STEP_S = 7 * _DAY_S
"""By more than that within a day a clock was set. (A machine that slept as long looks the same, for a day.)"""


@dataclass(frozen=True)
class RecycleLimits:
    """When a converter has done enough; `rss_bytes` None: however much memory it takes."""

    documents: int
    rss_bytes: int | None


class History(Protocol):
    """Who keeps for the report what happened: the journal."""

    def record_cleanup(self, counts: Mapping[str, int], *, cleanups: int, removed: int) -> None: ...
    def record_incident(self, event: str, reason: str | None = None) -> None: ...
    def forget_before(self, before: float) -> None: ...


class Accounts(Protocol):
    """Who tells whether what is held grows from document to document."""

    def record(self, converter_pid: int | None, held: Mapping[str, int]) -> None: ...


class Maintenance:
    """Called by the main loop's thread alone."""

    def __init__(
        self,
        converter: Converter,
        limits: RecycleLimits,
        history: History,
        accounts: Accounts,
        log: Log,
        *,
        history_s: float,
    ) -> None:
        """`history_s`: how long the history is kept, seconds."""
        self._converter = converter
        self._limits = limits
        self._history = history
        self._accounts = accounts
        self._log = log
        before = converter.state()
        self._recorded = (before.cleanups, before.removed)
        self._deaths = before.deaths
        self._history_s = history_s
        self._forget_at_s = 0.0
        self._epoch = _find_boot_time()

    def cleanup(self, point: CleanupPoint) -> None:
        """Clean up, say so, and replace the converter where semaphores still stand or it has done enough."""
        report = self._converter.cleanup(point)
        if report is not None:
            tell = self._log.info if report.removed else self._log.debug  # the document's own cleanup was told
            tell("cleanup.done", **build_log_fields(report))
            if point is CleanupPoint.BETWEEN_DOCUMENTS:
                self._record(report)
        self._record_death()
        self._forget_old_history()
        self._recycle_where_due(report)

    def _recycle_where_due(self, report: CleanupReport | None) -> None:
        reason = self._recycle_reason(report)
        if reason:
            self._converter.recycle(reason)
            self._history.record_incident("converter.recycled", reason)

    def between_parts(self) -> None:
        """In mid-document, between two of its parts: replace a converter that has grown too large."""
        self._recycle_where_due(None)

    def tend(self) -> None:
        """While there is nothing to convert: bring a replacement that is under way further."""
        self._converter.tend()

    def _record(self, report: CleanupReport) -> None:
        """For report and status: what the converter holds, and the cleanups since the document before, its own too."""
        state = self._converter.state()
        cleanups, removed = state.cleanups - self._recorded[0], state.removed - self._recorded[1]
        self._recorded = (state.cleanups, state.removed)
        held = asdict(report.after)
        self._history.record_cleanup(held, cleanups=cleanups, removed=removed)
        self._accounts.record(state.pid, held)

    def _forget_old_history(self) -> None:
        """Once a day; while nothing is converted, nothing is added either."""
        if time.monotonic() >= self._forget_at_s:
            self._forget_at_s = time.monotonic() + _DAY_S
            if not self._was_clock_set():
                self._history.forget_before(time.time() - self._history_s)

    def _was_clock_set(self) -> bool:
        """Since the day before. It may be set right again; what was forgotten by a wrong one would be lost."""
        before, self._epoch = self._epoch, _find_boot_time()
        return abs(self._epoch - before) > _STEP_S

    def _record_death(self) -> None:
        deaths = self._converter.state().deaths
        if deaths > self._deaths:
            self._history.record_incident("converter.died")
        self._deaths = deaths

    def _recycle_reason(self, report: CleanupReport | None) -> str | None:
        state = self._converter.state()
        if state.is_retiring:
            return None
        if report is not None and (left := report.after.semaphores) > 0:
            return f"{count_with_noun(left, 'semaphore')} {'stands' if left == 1 else 'stand'} after the cleanup"
        if state.documents >= self._limits.documents:
            return count_with_noun(state.documents, "document")
        limit = self._limits.rss_bytes
        if limit is not None and state.rss_bytes is not None and state.rss_bytes > limit:
            return f"{state.rss_bytes / _MB:.0f} MB of memory, more than converter.recycle_rss_mb"
        return None


def _find_boot_time() -> float:
    """When, by the clock as it is set, the monotonic one began: it moves when the clock is set."""
    return time.time() - time.monotonic()
