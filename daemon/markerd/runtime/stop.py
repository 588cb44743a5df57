"""How a stop reaches the work: it is announced once, and the current document is finished or put back.

The first signal gives the document up to `daemon.stop_timeout_s` to finish; the second one gives none.
"""

from __future__ import annotations

from markerd.errors import StopNowError
from markerd.monitoring.reporter import Reporter
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.journal_watch import JournalWatch
from markerd.runtime.signals import SignalRequests


class Stop:
    """The stop. The main thread alone calls it, wherever it waits."""

    def __init__(
        self, active: ActiveConfiguration, requests: SignalRequests, reporter: Reporter, journal_watch: JournalWatch
    ) -> None:
        self._active = active
        self._requests = requests
        self._reporter = reporter
        self._journal_watch = journal_watch
        self._is_announced = False

    def tick(self) -> None:
        """Show life while the converter works or a document is copied. Raise StopNowError when it is time to stop."""
        self._journal_watch.beat()
        is_converting = self._reporter.supervise(is_reload_wanted=self._requests.is_reload_wanted)
        if self._requests.is_stopping:
            self.announce()
        allowed_s = self._active.config.daemon.stop_timeout_s if is_converting else 0.0
        if self._requests.must_leave(allowed_s):
            raise StopNowError(f"stopping on {self._requests.stop_name}")

    def tick_while_staging(self) -> None:
        """As `tick`, while a document is copied that no converter has: it does not hold up a stop or a reload."""
        self.tick()
        if self._requests.is_waiting:
            raise StopNowError("a stop or a reload waits")

    def leave_between_parts(self) -> None:
        """Raise StopNowError if a stop or a reload waits, since neither waits for the next part. Parts are kept."""
        if self._requests.is_stopping:
            raise StopNowError(f"stopping on {self._requests.stop_name}; the parts that are finished are kept")
        if self._requests.is_reload_wanted:
            raise StopNowError("the configuration is reloaded; the parts that are finished are kept")

    def announce(self, reason: str = "everything is done") -> None:
        """Log once that the daemon stops, with the signal that asked for it, or with `reason` if no signal did."""
        if self._is_announced:
            return
        self._is_announced = True
        reason = self._requests.stop_name or reason
        if self._requests.is_stopping and self._reporter.is_converting:
            reason += "; the document in work may end first, a second signal leaves at once"
            self._reporter.show_draining()
        self._active.log.info("daemon.stopping", reason=reason)
