"""When a file is complete: the decision, without a clock and without a file system.

All times are seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from markerd.values import Fingerprint

INCOMPLETE_GRACE_S = 30.0
"""How long a file without its end mark must lie still before it passes anyway, to be judged by the converter.

Longer than the pauses of an interrupted copy, short enough that a truncated file ends as a dead letter today."""

RECHECK_S = 1.0
"""How often a file that lies still, but is open or has no end mark, is examined again."""


@dataclass(frozen=True)
class ExtraWaits:
    """How many seconds some files must lie still although nothing speaks against them; `settle_s` holds for all."""

    foreign_s: float = 10.0
    """For another user's file without an end mark, of which the kernel does not say whether it is open."""
    empty_s: float = 600.0
    """For an empty file: a program that will fill it later, such as a browser or a scanner, makes a placeholder."""


@dataclass(frozen=True)
class Candidate:
    """A file on its way to be settled. `look_at_s` is when to look at it next."""

    fingerprint: Fingerprint
    first_seen_s: float
    unchanged_since_s: float
    look_at_s: float


@dataclass(frozen=True)
class Evidence:
    """What a look into a file said. None stands for "no opinion".

    `fingerprint` is that of the opened file, which a network file system brings up to date on opening.
    """

    fingerprint: Fingerprint | None = None
    is_open: bool | None = None
    has_end_mark: bool | None = None
    is_foreign: bool = False
    """Another user's file: only CAP_LEASE lets the kernel tell who has it open."""


class Verdict(str, Enum):
    """READY, or why not."""

    CHANGING = "it is changing"
    OPEN = "a program has it open for writing"
    INCOMPLETE = "its end is missing"
    EMPTY = "it is empty"
    FOREIGN = "it is another user's, nobody can tell whether it is open, and it has no end mark"
    READY = "ready"


def observe(candidate: Candidate | None, fingerprint: Fingerprint, now: float) -> Candidate:
    """Return the candidate after a look at its size, times and inode; None starts a new one."""
    if candidate is None:
        return Candidate(fingerprint, now, now, now)
    if candidate.fingerprint == fingerprint:
        return candidate
    return replace(candidate, fingerprint=fingerprint, unchanged_since_s=now)


def is_quiet(candidate: Candidate, settle_s: float, now: float) -> bool:
    """Whether it has lain unchanged long enough for a look into it to be worth while."""
    return now - candidate.unchanged_since_s >= settle_s


def judge(
    candidate: Candidate, evidence: Evidence, settle_s: float, now: float, extra: ExtraWaits = ExtraWaits()
) -> Verdict:
    """Decide whether the candidate is complete.

    An open file waits as long as it is open. A missing end mark only makes it wait longer, because the file may be
    damaged and never get one.
    """
    quiet_s = now - candidate.unchanged_since_s
    if evidence.fingerprint not in (None, candidate.fingerprint) or not is_quiet(candidate, settle_s, now):
        return Verdict.CHANGING
    if evidence.is_open:
        return Verdict.OPEN
    if evidence.has_end_mark is False and candidate.fingerprint.size == 0:
        return Verdict.READY if quiet_s >= extra.empty_s else Verdict.EMPTY
    if evidence.has_end_mark is False and quiet_s < compute_grace_s(settle_s):
        return Verdict.INCOMPLETE
    if _is_taken_on_trust(evidence) and quiet_s < extra.foreign_s:
        return Verdict.FOREIGN
    return Verdict.READY


def _is_taken_on_trust(evidence: Evidence) -> bool:
    return evidence.is_foreign and evidence.is_open is None and evidence.has_end_mark is None


def compute_grace_s(settle_s: float) -> float:
    """Return how long a file without its end mark has to lie still."""
    return max(INCOMPLETE_GRACE_S, 10 * settle_s)


def postpone(candidate: Candidate, settle_s: float, now: float) -> Candidate:
    """Return the candidate with the time of its next look.

    Several looks within `settle_s` notice a change early, so that a file passes soon after its last one.
    """
    if is_quiet(candidate, settle_s, now):
        return replace(candidate, look_at_s=now + RECHECK_S)
    wait_s = min(max(settle_s / 4, 0.1), candidate.unchanged_since_s + settle_s - now)
    return replace(candidate, look_at_s=now + wait_s)
