"""When a delivery is tried again, and when its receiver counts as away. Pure: `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass

from markerd.handover.results import Failed
from markerd.handover.thresholds import THRESHOLDS, Thresholds


def compute_delay_s(failures: int, key: str, result: Failed, limits: Thresholds = THRESHOLDS) -> float:
    """Compute the seconds until the next attempt after so many failures, from 1.

    What the receiver asks for is honoured, within the limit. The key spreads the deliveries of one outage.
    """
    steps = min(failures - 1, 64)  # beyond, the limit is reached anyway
    delay_s = min(limits.first_delay_s * limits.delay_factor**steps, limits.most_delay_s)
    spread = 1 + limits.jitter * (2 * _draw_fraction(key) - 1)
    asked_s = min(max(result.retry_after_s or 0.0, 0.0), limits.most_delay_s)
    return max(delay_s * spread, asked_s)


def must_give_up(failed_at: float | None, now: float, give_up_after_s: float) -> bool:
    """Whether this failure is the last one; `failed_at` is the first, None where this is it."""
    return now - (now if failed_at is None else failed_at) >= give_up_after_s


def _draw_fraction(key: str) -> float:
    """Draw a number from 0 to 1 that stays for the key."""
    digits = key.rpartition("_")[2][:8]
    return int(digits, 16) / 0xFFFFFFFF


@dataclass
class Receiver:
    """Whether the receiver of a hook can be reached. It is asked anew after a start, so nothing of it is stored."""

    limits: Thresholds = THRESHOLDS
    failures: int = 0
    """In a row."""
    away_until: float = 0.0
    asked_at: float = 0.0
    reason: str = ""

    @property
    def is_away(self) -> bool:
        """Whether it failed so often in a row that only a look now and then is worth it."""
        return self.failures >= self.limits.failures_until_away

    def note_success(self) -> bool:
        """Return whether it was away until now."""
        was_away, self.failures, self.away_until, self.reason = self.is_away, 0, 0.0, ""
        return was_away

    def note_failure(self, result: Failed, now: float) -> bool:
        """Return whether it counts as away from now on."""
        if not result.is_receivers:
            return False
        was_away = self.is_away
        self.failures, self.reason, self.asked_at = self.failures + 1, result.reason, now
        asked_s = min(max(result.retry_after_s or 0.0, 0.0), self.limits.most_delay_s)
        steps = min(max(self.failures - self.limits.failures_until_away, 0), 64)
        wait_s = min(self.limits.first_delay_s * 2**steps, self.limits.most_away_s) if self.is_away else 0.0
        self.away_until = now + max(wait_s, asked_s)
        return self.is_away and not was_away

    def measure_rest_s(self, now: float) -> float:
        """Measure how long nothing is to be sent; a clock that was put back does not make that longer."""
        if now < self.asked_at:
            self.away_until, self.asked_at = now, now
        return max(self.away_until - now, 0.0)
