"""Delivers what waits for one hook: one event at a time, the oldest first, in order for each path.

Nothing here waits or looks at a clock of its own, so that a test can let hours pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from markerd.handover.backoff import Receiver, compute_delay_s, must_give_up
from markerd.handover.hook import Hook
from markerd.handover.results import Delivered, Failed, Gone, Interrupted, Result
from markerd.handover.thresholds import THRESHOLDS, Thresholds
from markerd.journal.deliveries import Delivery
from markerd.journal.outbox import Outbox, Waiting
from markerd.logs import Log
from markerd.values import make_printable

Deliver = Callable[[Delivery], Result]
"""Makes one attempt; it may take as long as the hook's `timeout_s`."""


@dataclass
class Counts:
    """What came of attempts since the daemon started, or the hook was changed."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0
    exit_codes: Counter[int] = field(default_factory=Counter)
    last_error: str = ""


class Courier:
    """Called by one thread; `describe` may be called by any."""

    def __init__(
        self,
        hook: Hook,
        outbox: Outbox,
        deliver: Deliver,
        log: Log,
        clock: Callable[[], float],
        limits: Thresholds = THRESHOLDS,
    ) -> None:
        self.hook = hook
        self.log = log
        self._outbox = outbox
        self._deliver = deliver
        self._clock = clock
        self._limits = limits
        self._receiver = Receiver(limits)
        self._counts = Counts()
        self._waiting = Waiting(0, 0, None)
        self._disabled: str | None = None
        self._counted_at = -limits.count_s

    def work(self) -> float:
        """Make at most one attempt; return the seconds until there may be another one, 0 for now.

        Raises JournalError; what was delivered and could not be noted is delivered again, with the same key.
        """
        now = self._clock()
        if self._is_disabled(now):
            return self._rest(self._limits.look_s)
        if away_s := self._receiver.measure_rest_s(now):
            return self._rest(away_s)
        delivery = self._outbox.find_due(self.hook.lane, now)
        if delivery is None:
            return self._rest(self._find_rest_s(now))
        result = self._attempt(delivery)
        self._record(delivery, result, self._clock())
        self._count_if_due()
        return self._limits.look_s if isinstance(result, Interrupted) else 0.0

    def describe(self) -> dict[str, Any]:
        """Describe the hook as the status file shows it; no address or secret is in it."""
        counts, waiting = self._counts, self._waiting
        return {
            "folder": make_printable(self.hook.lane.folder),
            "hook": self.hook.lane.hook,
            "waiting": waiting.deliveries,
            "given_up": waiting.given_up,
            "oldest_at": waiting.oldest_at,
            "away": self._receiver.reason if self._receiver.is_away else None,
            "disabled": self._disabled,
            "delivered": counts.delivered,
            "failed": counts.failed,
            "exit_codes": {str(code): n for code, n in sorted(counts.exit_codes.copy().items())},
            "last_error": counts.last_error,
        }

    def report_fault(self, error: Exception) -> None:
        """Log a fault outside of any attempt; the work is begun anew after a rest."""
        self.log.error("hook.away", **self._name_lane(), reason=_describe_fault(error), exc_info=error)

    def count(self) -> None:
        """Count what waits, for `describe`. Raises JournalError."""
        self._waiting, self._counted_at = self._outbox.count_waiting(self.hook.lane), self._clock()

    # --- looking ----------------------------------------------------------------------------------------------------

    def _is_disabled(self, now: float) -> bool:
        """Whether the receiver wants nothing more; what came since is put into the list of what was given up."""
        self._disabled = self._outbox.find_disabled(self.hook.lane)
        if self._disabled is not None and self._outbox.find_next_due_at(self.hook.lane) is not None:
            self._outbox.set_aside(self.hook.lane, self._disabled, now)
        return self._disabled is not None

    def _find_rest_s(self, now: float) -> float:
        due_at = self._outbox.find_next_due_at(self.hook.lane)
        if due_at is not None and due_at > now + self._limits.most_delay_s * (1 + self._limits.jitter):
            self._outbox.bring_forward(self.hook.lane, now, now + self._limits.most_delay_s)
            return 0.0
        return self._limits.look_s if due_at is None else max(due_at - now, 0.0)

    def _rest(self, seconds: float) -> float:
        self._count_if_due()
        return min(seconds, self._limits.look_s)

    def _count_if_due(self) -> None:
        if abs(self._clock() - self._counted_at) >= self._limits.count_s:
            self.count()

    # --- delivering -------------------------------------------------------------------------------------------------

    def _attempt(self, delivery: Delivery) -> Result:
        try:
            return self._deliver(delivery)
        except Exception as error:  # noqa: BLE001 - a fault at one event must not end the thread of the hook
            return Failed(_describe_fault(error), is_receivers=False)

    def _record(self, delivery: Delivery, result: Result, now: float) -> None:
        if isinstance(result, Delivered):
            self._record_delivered(delivery, result, now)
        elif isinstance(result, Failed):
            self._record_failed(delivery, result, now)
        elif isinstance(result, Gone):
            self._disable(delivery, result, now)

    def _record_delivered(self, delivery: Delivery, result: Delivered, now: float) -> None:
        self._outbox.record_delivered(delivery)
        self._counts.delivered += 1
        if result.exit_code is not None:
            self._counts.exit_codes[result.exit_code] += 1
        attempt = delivery.attempts + 1
        waited_s = round(max(now - delivery.at, 0.0), 3)
        self.log.info("hook.delivered", **_name(delivery), attempt=attempt, waited_seconds=waited_s)
        if self._receiver.note_success():
            self.log.info("hook.back", **self._name_lane())

    def _record_failed(self, delivery: Delivery, result: Failed, now: float) -> None:
        self._counts.failed += 1
        self._counts.last_error = result.reason
        if result.exit_code is not None:
            self._counts.exit_codes[result.exit_code] += 1
        told = {**_name(delivery), "attempt": delivery.attempts + 1, "reason": result.reason}
        if must_give_up(delivery.failed_at, now, self.hook.give_up_after_s):
            self._outbox.give_up(delivery, result.reason, now)
            self._counts.given_up += 1
            self.log.error("hook.gave_up", **told, last_output=list(result.last_output))
        else:
            delay_s = compute_delay_s(delivery.attempts + 1, delivery.key, result, self._limits)
            self._outbox.record_failed(delivery, result.reason, now, now + delay_s)
            self.log.warning("hook.failed", **told, retry_in_s=round(delay_s, 1), last_output=list(result.last_output))
        if self._receiver.note_failure(result, now):
            self.log.warning("hook.away", **self._name_lane(), reason=result.reason)

    def _disable(self, delivery: Delivery, result: Gone, now: float) -> None:
        self._outbox.disable(self.hook.lane, result.reason, now)
        self._disabled, self._counts.last_error = result.reason, result.reason
        self._outbox.give_up(delivery, result.reason, now)
        self.log.error("hook.disabled", **self._name_lane(), reason=result.reason)

    def _name_lane(self) -> dict[str, str]:
        return {"folder": make_printable(self.hook.lane.folder), "hook": self.hook.lane.hook}


def _describe_fault(error: Exception) -> str:
    return f"a fault in markerd: {type(error).__name__}: {make_printable(str(error))}"


def _name(delivery: Delivery) -> dict[str, str]:
    return {
        "folder": make_printable(delivery.lane.folder),
        "document": make_printable(delivery.path),
        "hook": delivery.lane.hook,
        "occasion": delivery.occasion.value,
        "delivery": delivery.key,
    }
