"""What happens between documents: the converter cleans up, and is replaced if it has done enough or still leaks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport, build_log_fields
from markerd.convert.protocol import ConverterState
from markerd.convert.protocol.pool import Pool
from markerd.logs import Log
from markerd.values import count_with_noun

_MB = 1 << 20
_DAY_S = 24 * 3600.0
_STEP_S = 7 * _DAY_S
"""A larger difference within a day means that a clock was set. A machine that slept as long looks the same for a day.
"""


@dataclass(frozen=True)
class RecycleLimits:
    """When a converter has done enough. If `rss_bytes` is None, its memory does not count."""

    documents: int
    rss_bytes: int | None


class History(Protocol):
    """Who keeps the history for the report: the journal."""

    def record_cleanup(self, counts: Mapping[str, int], *, cleanups: int, removed: int) -> None: ...
    def record_incident(self, event: str, reason: str | None = None) -> None: ...
    def forget_before(self, before: float) -> bool: ...


class Models(Protocol):
    """Who has the model servers."""

    def recycle_large(self) -> None: ...
    def find_coming(self) -> set[str]: ...


class Accounts(Protocol):
    """Who finds out whether what is held grows from document to document."""

    def record(self, converter_pid: int | None, held: Mapping[str, int]) -> None: ...


class Maintenance:
    """The cleanup between documents. The thread of the main loop alone calls it.

    The pool cleans up a converter behind each document, and asks here whether to replace it.
    """

    def __init__(
        self,
        pool: Pool,
        limits: RecycleLimits,
        history: History,
        accounts: Accounts,
        log: Log,
        *,
        history_s: float,
        models: Models | None = None,
    ) -> None:
        """Build the maintenance. `history_s` is how long the history is kept, in seconds."""
        self._pool = pool
        self._limits = limits
        self._history = history
        self._accounts = accounts
        self._log = log
        before = pool.state()
        self._recorded = (before.cleanups, before.removed)
        self._deaths = before.deaths
        self._history_s = history_s
        self._models = models
        self._forget_at_s = 0.0
        self._forget_before: float | None = None
        """Of older history there may be more; None where all of it is gone."""
        self._epoch = _find_boot_time()
        pool.judge_with(self.judge)

    def cleanup(self, point: CleanupPoint) -> None:
        """Clean up in all converters, while none works."""
        self._pool.cleanup(point)

    def judge(self, state: ConverterState, report: CleanupReport | None) -> str | None:
        """Log the cleanup of a converter; return why it is to be replaced: it has done enough, or semaphores remain."""
        total = self._pool.state()
        if report is not None:
            tell = self._log.info if report.removed else self._log.debug  # the document logged its own
            tell("cleanup.done", **build_log_fields(report))
            if report.point is CleanupPoint.BETWEEN_DOCUMENTS:
                self._record(state, total, report)
        if self._models is not None:
            self._models.recycle_large()
        self._record_death(total.deaths)
        self._forget_old_history()
        reason = self._find_recycle_reason(state, report)
        if reason is not None:
            self._history.record_incident("converter.recycled", reason)
        return reason

    def find_coming_models(self) -> set[str]:
        """Name the models that our own servers load, or have loaded."""
        return set() if self._models is None else self._models.find_coming()

    def tend(self) -> None:
        """Carry on with what is under way, while nothing waits to be converted: with a replacement, and with old
        history that is deleted."""
        self._pool.tend()
        self._forget_some()

    def _record(self, state: ConverterState, total: ConverterState, report: CleanupReport) -> None:
        """Record what the converter holds, and the cleanups since the document before, the converters' own included."""
        cleanups, removed = total.cleanups - self._recorded[0], total.removed - self._recorded[1]
        self._recorded = (total.cleanups, total.removed)
        held = asdict(report.after)
        self._history.record_cleanup(held, cleanups=cleanups, removed=removed)
        self._accounts.record(state.pid, held)

    def _forget_old_history(self) -> None:
        """Begin once a day to delete old history, and go on between documents until all of it is gone. It grows only
        while documents are converted."""
        if time.monotonic() >= self._forget_at_s:
            self._forget_at_s = time.monotonic() + _DAY_S
            self._forget_before = None if self._was_clock_set() else time.time() - self._history_s
        self._forget_some()

    def _forget_some(self) -> None:
        if self._forget_before is not None and not self._history.forget_before(self._forget_before):
            self._forget_before = None

    def _was_clock_set(self) -> bool:
        """Whether a clock was set since the day before.

        A wrong clock may be set right again, but the history that it made look old would be lost.
        """
        before, self._epoch = self._epoch, _find_boot_time()
        return abs(self._epoch - before) > _STEP_S

    def _record_death(self, deaths: int) -> None:
        if deaths > self._deaths:
            self._history.record_incident("converter.died")
        self._deaths = deaths

    def _find_recycle_reason(self, state: ConverterState, report: CleanupReport | None) -> str | None:
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
    """Return the beginning of the monotonic clock by the wall clock. It moves when the wall clock is set."""
    return time.time() - time.monotonic()
