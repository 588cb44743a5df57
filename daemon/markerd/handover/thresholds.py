"""The limits of handing over, each with its unit and its origin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """How long is waited, and how much is kept. `hook` keys of the configuration have the limits that people choose."""

    first_delay_s: float = 5.0
    """Before the second attempt, as the schedule of Standard Webhooks has it."""
    delay_factor: float = 3.0
    """From one delay to the next: 5 s, 15 s, 45 s, 2 min, 7 min, 20 min, then an hour each. Within a day that is some
    thirty attempts, in place of the nine in three days of Standard Webhooks' example: an index that was down overnight
    has everything within the hour."""
    most_delay_s: float = 3600.0
    """Between two attempts, and for `Retry-After`."""
    jitter: float = 0.1
    """Share of a delay by which the deliveries of one outage are spread."""
    failures_until_away: int = 3
    """Failures in a row after which a receiver counts as away, so that an outage costs a few attempts and not one for
    each document that waits."""
    most_away_s: float = 60.0
    """Between two looks at a receiver that is away. It is how late the first document is handed over after an outage,
    and the most that a few documents which fail by themselves can delay others."""
    look_s: float = 5.0
    """Between two looks at the outbox where nothing is due: `markerd hooks retry` is another process and wakes nobody.
    A look is three queries by an index, 0.1 ms (2 cores, November 2026)."""
    count_s: float = 2.0
    """Between two counts of what waits, as often as the status is written."""
    finish_s: float = 5.0
    """What a delivery in work may still take when the daemon stops; hand-overs that take longer are made anew."""
    kill_grace_s: float = 2.0
    """From SIGTERM to SIGKILL, as for converters."""
    output_bytes: int = 4096
    """Kept of the end of what a program prints; a log field shows as much."""
    answer_bytes: int = 64 << 10
    """Read of an answer: status and headers, whose limit h11 sets at 100 kB, and nothing of what follows."""
    most_artifacts: int = 100
    """Files of an output that an event names; a document may have 100,000 pictures."""


THRESHOLDS = Thresholds()
