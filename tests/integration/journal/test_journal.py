"""What the journal remembers of documents, on a real database."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from journal_scene import FOLDER, ONE, OTHER, STRANGE, failed_once, found, seen
from markerd.journal import Journal, Outcome
from markerd.values import State

# --- the way of a document -----------------------------------------------------------------------------------------


def test_document_passes_through_all_states_to_published(journal: Journal) -> None:
    """Settling, queued, converting, published: its policy still before it."""
    document = seen(journal)
    assert document.state is State.SETTLING
    journal.writer.record_queued(document.id, OTHER)
    assert (found(journal).state, found(journal).fingerprint) == (State.QUEUED, OTHER)
    journal.writer.claim(document.id)
    assert (found(journal).state, found(journal).attempts, found(journal).sha256) == (State.CONVERTING, 0, None)
    assert journal.writer.begin_attempt(document.id, "aa") == 1
    journal.outcomes.record_published(found(journal), Path("/out/a"), Outcome(State.PUBLISHED, pages=3), "aa")
    after = found(journal)
    assert (after.state, after.output, after.sha256, after.published_sha256) == (State.PUBLISHED, "/out/a", "aa", "aa")
    assert [each.id for each in journal.reader.list_with_pending_policy()] == [document.id]
    journal.writer.clear_pending_policy(document.id)
    assert journal.reader.list_with_pending_policy() == []


def test_failure_is_stored_with_its_reason(journal: Journal) -> None:
    """Kind, reason and the time of the next try."""
    document = failed_once(journal)
    assert (document.state, document.kind, document.reason) == (State.FAILED, "timeout", "too slow")
    assert (document.retry_at, document.attempts) == (5.0, 1)


def test_attempts_are_remembered_one_by_one(journal: Journal) -> None:
    """Those on this content, oldest first; an earlier content's are not its own."""
    failed_once(journal, "earlier")
    document = seen(journal, fingerprint=OTHER)
    for number, (kind, state) in enumerate([("timeout", State.FAILED), ("converter_died", State.DEAD)], start=1):
        document = replace(document, attempts=journal.writer.begin_attempt(document.id, "aa"))
        outcome = Outcome(state, kind, "why", seconds={"total": 1.5})
        if state is State.DEAD:
            journal.outcomes.record_dead(document, outcome)
        else:
            journal.outcomes.record_failed(document, outcome, retry_at=0.0)
        assert document.attempts == number
    attempts = journal.reader.list_failed_attempts(document)
    assert [(each.kind, each.attempt, each.outcome) for each in attempts] == [
        ("timeout", 1, State.FAILED),
        ("converter_died", 2, State.DEAD),
    ]
    assert attempts[0].seconds == {"total": 1.5}


def test_put_back_attempt_does_not_count(journal: Journal) -> None:
    """The attempt was broken off by us; it never goes below none."""
    document = failed_once(journal)
    journal.writer.begin_attempt(document.id, "aa")
    for attempts in (1, 0, 0):
        journal.writer.put_back(document.id)
        assert (found(journal).attempts, found(journal).state) == (attempts, State.SEEN)


def test_document_put_back_before_its_attempt_keeps_those_before(journal: Journal) -> None:
    """No converter had taken it, so there is nothing to take back."""
    document = failed_once(journal)
    journal.writer.claim(document.id)
    journal.writer.put_back(document.id, is_counted=False)
    assert (found(journal).attempts, found(journal).state) == (1, State.SEEN)


def test_source_changed_while_staged_starts_afresh(journal: Journal) -> None:
    """Attempts and hash belonged to the content that is gone."""
    document = failed_once(journal)
    journal.writer.begin_attempt(document.id, "aa")
    journal.writer.settle_changed(document.id)
    after = found(journal)
    assert (after.state, after.attempts, after.sha256, after.retry_at) == (State.SEEN, 0, None, None)


# --- seen again ----------------------------------------------------------------------------------------------------


def test_the_same_waiting_content_keeps_attempts_and_place(journal: Journal) -> None:
    """After a restart it is seen again: its tries stay counted, and it does not go to the end of the line."""
    document = failed_once(journal)
    journal.writer.settle_again(document.id)
    again = seen(journal)
    assert (again.attempts, again.seen_at, again.state) == (1, document.seen_at, State.SETTLING)


@pytest.mark.parametrize("change", [{"size": 11}, {"mtime_ns": 9}, {"inode": 9}])
def test_another_content_starts_afresh(journal: Journal, change: dict[str, int]) -> None:
    """Whatever of the fingerprint is another."""
    document = failed_once(journal)
    journal.writer.settle_again(document.id)
    again = seen(journal, fingerprint=replace(ONE, **change))
    assert (again.id, again.attempts) == (document.id, 0)
    assert again.seen_at > document.seen_at


def test_a_content_put_there_again_starts_afresh_but_its_output_is_remembered(journal: Journal) -> None:
    """Published once, dropped once more."""
    document = seen(journal)
    journal.outcomes.record_published(document, Path("/out/a"), Outcome(State.PUBLISHED), "aa")
    again = seen(journal)
    assert (again.state, again.attempts, again.sha256, again.policy_pending) == (State.SETTLING, 0, None, False)
    assert (again.published_sha256, again.output) == ("aa", "/out/a")


def test_a_dead_letter_can_be_revived(journal: Journal) -> None:
    """Once; what is not dead, or not known, is not."""
    document = failed_once(journal)
    assert not journal.writer.revive(FOLDER, "a.pdf")
    journal.outcomes.record_dead(document, Outcome(State.DEAD, "timeout", "why"))
    assert journal.writer.revive(FOLDER, "a.pdf")
    revived = found(journal)
    assert (revived.state, revived.attempts, revived.policy_pending) == (State.SEEN, 0, False)
    assert not journal.writer.revive(FOLDER, "a.pdf")
    assert not journal.writer.revive(FOLDER, "unknown")


# --- counting and telling ------------------------------------------------------------------------------------------


def test_documents_are_counted_by_outcome(journal: Journal) -> None:
    """Ends since the journal began, and what waits now."""
    assert journal.reader.count_documents() == {"published": 0, "skipped": 0, "dead": 0, "waiting": 0}
    for path in ("a", "b"):
        journal.outcomes.record_published(seen(journal, path), Path("/out"), Outcome(State.PUBLISHED), "aa")
    journal.outcomes.record_skipped(seen(journal, "c"), "removed", policy_pending=False)
    journal.outcomes.record_dead(seen(journal, "d"), Outcome(State.DEAD, "encrypted", "locked"))
    failed_once(journal)
    seen(journal, "e")
    assert journal.reader.count_documents() == {"published": 2, "skipped": 1, "dead": 1, "waiting": 2}


def test_the_last_errors_are_the_newest_first(journal: Journal) -> None:
    """Failures and dead letters, so many as are asked for."""
    failed_once(journal)
    journal.outcomes.record_dead(seen(journal, STRANGE), Outcome(State.DEAD, "encrypted", "locked"))
    errors = journal.reader.list_last_errors()
    assert [(error["path"], error["outcome"], error["kind"]) for error in errors] == [
        (STRANGE, "dead", "encrypted"),
        ("a.pdf", "failed", "timeout"),
    ]
    assert len(journal.reader.list_last_errors(1)) == 1


def test_documents_are_listed_oldest_first(journal: Journal) -> None:
    """In the order in which they were seen, of any of the states asked for."""
    for path in ("b", "a", "c"):
        seen(journal, path)
    journal.writer.record_queued(found(journal, "a").id, ONE)
    assert [each.path for each in journal.reader.list_in_state(State.SETTLING, State.QUEUED)] == ["b", "a", "c"]
    assert [each.path for each in journal.reader.list_in_state(State.QUEUED)] == ["a"]


def test_names_need_not_be_text(journal: Journal) -> None:
    """Bytes that are no UTF-8 come back as they went in."""
    document = seen(journal, STRANGE)
    journal.outcomes.record_published(document, Path(os.fsdecode(b"/out/\xfe")), Outcome(State.PUBLISHED), "aa")
    after = found(journal, STRANGE)
    assert (after.path, after.output) == (STRANGE, os.fsdecode(b"/out/\xfe"))
    assert after.source == Path(FOLDER, STRANGE)
