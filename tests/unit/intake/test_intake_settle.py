"""When a file is complete, decided without a clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from markerd.intake.settle import (
    INCOMPLETE_GRACE_S,
    Candidate,
    Evidence,
    ExtraWaits,
    Sign,
    Verdict,
    compute_grace_s,
    judge,
    observe,
    postpone,
)
from markerd.values import Fingerprint

SMALL, GROWN = Fingerprint(10, 1, 1), Fingerprint(20, 2, 1)
NOTHING_KNOWN = Evidence()


def candidate_since(now: float) -> Candidate:
    return observe(None, SMALL, now)


def test_a_quiet_file_is_ready() -> None:
    """Unchanged for settle_s and nothing against it: ready."""
    assert judge(candidate_since(0), NOTHING_KNOWN, 1.0, 1.0) is Verdict.READY


def test_a_file_seen_just_now_waits() -> None:
    """Before settle_s has passed a file counts as changing."""
    assert judge(candidate_since(0), NOTHING_KNOWN, 1.0, 0.9) is Verdict.CHANGING


def test_a_change_starts_the_wait_anew() -> None:
    """A new size, mtime or inode sets the time back, not the first sight."""
    changed = observe(candidate_since(0), GROWN, 5.0)
    assert judge(changed, NOTHING_KNOWN, 1.0, 5.5) is Verdict.CHANGING
    assert changed.first_seen_s == 0


def test_a_file_that_changed_between_the_looks_waits() -> None:
    """The opened file has another fingerprint than the one that lay still: it is changing."""
    assert judge(candidate_since(0), Evidence(fingerprint=GROWN), 1.0, 9.0) is Verdict.CHANGING


def test_an_open_file_waits_as_long_as_it_is_open() -> None:
    """No grace period ends the wait for a writer."""
    assert judge(candidate_since(0), Evidence(is_open=True, has_end_mark=True), 1.0, 1e6) is Verdict.OPEN


def test_a_file_without_end_mark_gets_more_time() -> None:
    """A truncated file waits for the grace period and passes then, so that it does not wait for ever."""
    truncated = Evidence(has_end_mark=False)
    assert judge(candidate_since(0), truncated, 1.0, INCOMPLETE_GRACE_S - 1) is Verdict.INCOMPLETE
    assert judge(candidate_since(0), truncated, 1.0, INCOMPLETE_GRACE_S) is Verdict.READY


def test_the_grace_period_grows_with_settle_s() -> None:
    """Who expects long pauses gets them for incomplete files too."""
    assert compute_grace_s(10) == 100


@given(
    changes=st.lists(st.floats(0.01, 100), min_size=1, max_size=20),
    settle_s=st.floats(0.1, 50),
    wait_s=st.floats(0, 100),
)
def test_no_file_passes_before_settle_s(changes: list[float], settle_s: float, wait_s: float) -> None:
    """Whatever the rhythm of the writes, READY comes settle_s after the last of them, and not before."""
    now, candidate = 0.0, None
    for size, pause_s in enumerate(changes):
        now += pause_s
        candidate = observe(candidate, Fingerprint(size, size, 1), now)
    assert candidate is not None
    is_ready = judge(candidate, NOTHING_KNOWN, settle_s, now + wait_s) is Verdict.READY
    assert is_ready == ((now + wait_s) - now >= settle_s)


@given(settle_s=st.floats(0, 100), start=st.floats(0, 1e6))
def test_look_at_the_postponed_time_finds_a_quiet_file_ready(settle_s: float, start: float) -> None:
    """The times of the next look lead to READY in a few looks, soon after settle_s."""
    candidate = candidate_since(start)
    now = start
    for _ in range(6):
        candidate = postpone(candidate, settle_s, now)
        assert candidate.look_at_s >= now
        now = candidate.look_at_s + 1e-6
    assert judge(candidate, NOTHING_KNOWN, settle_s, now) is Verdict.READY


@given(st.floats(0, 100), st.floats(0.1, 20), st.floats(0, 60))
def test_file_of_another_user_waits_longer(quiet_s: float, settle_s: float, foreign_s: float) -> None:
    """Only where neither the kernel nor the format says that it is complete."""
    unvouched = Evidence(is_foreign=True)
    vouched = [Evidence(is_open=False, is_foreign=True), Evidence(has_end_mark=True, is_foreign=True), NOTHING_KNOWN]
    candidate, patience = candidate_since(0), ExtraWaits(foreign_s=foreign_s)
    is_ready = judge(candidate, unvouched, settle_s, quiet_s, patience) is Verdict.READY
    assert is_ready is (quiet_s >= max(settle_s, foreign_s))
    for evidence in vouched:
        assert (judge(candidate, evidence, settle_s, quiet_s, patience) is Verdict.READY) is (quiet_s >= settle_s)


@given(st.floats(0, 2000), st.floats(0.1, 20), st.floats(0, 1000))
def test_an_empty_file_waits_for_its_bytes(quiet_s: float, settle_s: float, empty_s: float) -> None:
    """However long files without their end would; with bytes it is a file as any other."""
    empty, patience = observe(None, Fingerprint(0, 1, 1), 0.0), ExtraWaits(empty_s=empty_s)
    is_ready = judge(empty, Evidence(has_end_mark=False), settle_s, quiet_s, patience) is Verdict.READY
    assert is_ready is (quiet_s >= max(settle_s, empty_s))
    filled = observe(empty, SMALL, quiet_s)
    assert judge(filled, Evidence(has_end_mark=True), settle_s, quiet_s + settle_s + 1, patience) is Verdict.READY


@given(
    sign=st.sampled_from(Sign),
    is_open=st.sampled_from([True, False, None]),
    has_end_mark=st.sampled_from([True, False, None]),
    is_final=st.booleans(),
    unchanged_s=st.none() | st.floats(0, 100),
    quiet_s=st.floats(0, 0.9),
)
def test_only_what_is_vouched_for_passes_before_settle_s(
    sign: Sign, is_open: bool | None, has_end_mark: bool | None, is_final: bool, unchanged_s: float | None,
    quiet_s: float,
) -> None:  # fmt: skip
    """No word of the kernel, no passing; and the word alone is not enough."""
    evidence = Evidence(SMALL, is_open, has_end_mark, False, is_final, unchanged_s)
    candidate = observe(None, SMALL, 0.0, sign)
    is_handed_over = sign is Sign.RENAMED or (sign is Sign.CLOSED and is_final)
    is_long_past = unchanged_s is not None and unchanged_s >= 1.0
    is_ready = judge(candidate, evidence, 1.0, quiet_s) is Verdict.READY
    assert is_ready == (is_open is False and has_end_mark is not False and (is_handed_over or is_long_past))


def test_a_sign_stands_for_the_content_that_it_came_with() -> None:
    """A later sight of the same content leaves it as it is; other content has to lie still."""
    renamed = observe(candidate_since(0), SMALL, 1.0, Sign.RENAMED)
    assert observe(renamed, SMALL, 2.0).sign is Sign.RENAMED
    assert observe(renamed, GROWN, 2.0).sign is Sign.SIGHT
    closed = Evidence(SMALL, is_open=False, has_end_mark=True)
    assert judge(observe(renamed, SMALL, 2.0, Sign.CLOSED), closed, 9.0, 2.0) is Verdict.CHANGING
