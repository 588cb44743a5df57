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


class Sign(str, Enum):
    """What told of a file. It stands for the content that the file had then, and for no later one."""

    SIGHT = "it was seen"
    CLOSED = "a program that had it open for writing closed it"
    RENAMED = "it was renamed to its name"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file on its way to be settled. `look_at_s` is when to look at it next."""

    fingerprint: Fingerprint
    first_seen_s: float
    unchanged_since_s: float
    look_at_s: float
    sign: Sign = Sign.SIGHT


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
    is_end_final: bool = False
    """The end mark is one that only the last write makes, and nothing follows it."""
    unchanged_s: float | None = None
    """How long ago the kernel last noted a change, where it notes all of them."""


class Verdict(str, Enum):
    """READY, or why not."""

    CHANGING = "it is changing"
    OPEN = "a program has it open for writing"
    INCOMPLETE = "its end is missing"
    EMPTY = "it is empty"
    MARKER = "its marker is not there"
    FOREIGN = "it is another user's, nobody can tell whether it is open, and it has no end mark"
    READY = "ready"


def observe(candidate: Candidate | None, fingerprint: Fingerprint, now: float, sign: Sign = Sign.SIGHT) -> Candidate:
    """Return the candidate after a look at its size, times and inode; None starts a new one.

    A sign stays as long as the content that it came with: a later sight of the same content says nothing else.
    """
    if candidate is None:
        return Candidate(fingerprint, now, now, now, sign)
    if candidate.fingerprint == fingerprint:
        return candidate if sign is Sign.SIGHT else replace(candidate, sign=sign)
    return replace(candidate, fingerprint=fingerprint, unchanged_since_s=now, sign=sign)


def is_quiet(candidate: Candidate, settle_s: float, now: float) -> bool:
    """Whether it has lain unchanged long enough for a look into it to be worth while."""
    return now - candidate.unchanged_since_s >= settle_s


def judge(
    candidate: Candidate, evidence: Evidence, settle_s: float, now: float, extra: ExtraWaits = ExtraWaits()
) -> Verdict:
    """Decide whether the candidate is complete.

    It must have lain still for `settle_s`, unless something vouches for it. An open file waits as long as it is open.
    A missing end mark only makes it wait longer, because the file may be damaged and never get one.
    """
    quiet_s = now - candidate.unchanged_since_s
    is_still = is_quiet(candidate, settle_s, now) or is_vouched_for(candidate.sign, evidence, settle_s)
    if evidence.fingerprint not in (None, candidate.fingerprint) or not is_still:
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


def judge_marked(candidate: Candidate, evidence: Evidence) -> Verdict:
    """Decide the same where a marker came after the candidate's last change: its writer says that it is complete."""
    if evidence.fingerprint not in (None, candidate.fingerprint):
        return Verdict.CHANGING
    return Verdict.OPEN if evidence.is_open else Verdict.READY


def is_vouched_for(sign: Sign, evidence: Evidence, settle_s: float) -> bool:
    """Whether the file is complete although nobody has watched it for `settle_s`.

    The kernel must say that nobody has it open for writing, not even a mapping of it; and one of three must hold. It
    was renamed to its name, which is how a program hands over what it has finished. It was closed, and ends as only
    the last write makes it end. Or the kernel noted its last change so long ago that the wait is over: a write, a
    rename and a new link each set that time, and no program can set it back.
    """
    if evidence.is_open is not False or evidence.has_end_mark is False:
        return False
    if evidence.unchanged_s is not None and evidence.unchanged_s >= settle_s:
        return True
    return sign is Sign.RENAMED or (sign is Sign.CLOSED and evidence.is_end_final)


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
