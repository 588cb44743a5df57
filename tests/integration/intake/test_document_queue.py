"""What is news, and the queue between intake and loop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_scene import Core, core_at
from journal_scene import counted_queries
from markerd.intake.document_queue import DocumentQueue
from markerd.intake.scan import Found
from markerd.journal import Document, Outcome
from markerd.journal.reader import PATHS_A_QUERY
from markerd.values import After, Fingerprint, State

ONE, OTHER = Fingerprint(10, 1, 1), Fingerprint(20, 2, 2)
KEEP, ARCHIVE, DELETE = After.KEEP, After.ARCHIVE, After.DELETE


def in_state(core: Core, state: State, *, policy_pending: bool) -> Document:
    """A row of the journal in that state."""
    folder, path = str(core.inbox), "a.pdf"
    core.journal.writer.record_seen(folder, path, ONE)
    document = core.find(path)
    if state is State.PUBLISHED:
        core.journal.outcomes.record_published(document, Path("/out"), Outcome(state), "aa")
    elif state is State.SKIPPED:
        core.journal.outcomes.record_skipped(document, "why", policy_pending=policy_pending)
    elif state is State.DEAD:
        core.journal.outcomes.record_dead(document, Outcome(state, "encrypted", "why"))
    elif state is State.FAILED:
        core.journal.outcomes.record_failed(document, Outcome(state, "timeout", "why"), retry_at=0.0)
    elif state is State.QUEUED:
        core.journal.writer.record_queued(document.id, ONE)
    elif state is State.CONVERTING:
        core.journal.writer.begin_attempt(document.id, "aa")
    elif state is State.SEEN:
        core.journal.writer.settle_again(document.id)
    if not policy_pending:
        core.journal.writer.clear_pending_policy(document.id)
    return core.find(path)


@pytest.mark.parametrize(
    ("state", "after", "policy_pending", "same", "other"),
    [
        (State.SEEN, ARCHIVE, False, True, True),
        (State.SETTLING, ARCHIVE, False, True, True),
        (State.QUEUED, ARCHIVE, False, False, True),
        (State.CONVERTING, ARCHIVE, False, False, False),
        (State.FAILED, ARCHIVE, False, False, True),
        (State.PUBLISHED, ARCHIVE, True, False, True),
        (State.PUBLISHED, ARCHIVE, False, True, True),
        (State.PUBLISHED, DELETE, False, True, True),
        (State.PUBLISHED, KEEP, True, False, True),
        (State.PUBLISHED, KEEP, False, False, True),
        (State.SKIPPED, ARCHIVE, False, True, True),
        (State.SKIPPED, KEEP, False, False, True),
        (State.DEAD, ARCHIVE, True, False, True),
        (State.DEAD, ARCHIVE, False, True, True),
        (State.DEAD, KEEP, False, False, True),
    ],
)
def test_news_depends_on_state_and_policy(
    tmp_path: Path, state: State, after: After, policy_pending: bool, same: bool, other: bool
) -> None:
    """By state, policy, and whether the content is the one that the journal knows."""
    with core_at(tmp_path, after=after) as core:
        document = in_state(core, state, policy_pending=policy_pending)
        assert document.state is state
        assert core.backlog.is_news(document.folder, document.path, ONE) is same
        assert core.backlog.is_news(document.folder, document.path, OTHER) is other


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    with core_at(tmp_path, queue_size=2) as made:
        yield made


def settle(core: Core, path: str) -> bool:
    core.backlog.record_seen(str(core.inbox), path, ONE)
    return core.backlog.enqueue(str(core.inbox), path, ONE)


def test_unknown_file_is_news(core: Core) -> None:
    """Whatever it is."""
    assert core.backlog.is_news(str(core.inbox), "a.pdf", ONE)


def test_documents_come_out_in_the_order_they_went_in(core: Core) -> None:
    """Each queued in the journal with the fingerprint that settled."""
    assert settle(core, "b")
    assert settle(core, "a")
    taken = [core.backlog.take(0.0) for _ in range(3)]
    assert [document.path if document else None for document in taken] == ["b", "a", None]
    assert taken[0] is not None
    assert (taken[0].state, taken[0].fingerprint) == (State.QUEUED, ONE)


def test_full_queue_takes_nothing_and_logs_it_once(core: Core) -> None:
    """What it refused is not queued in the journal, so it is offered again; it never blocks."""
    assert [settle(core, path) for path in "abcd"] == [True, True, False, False]
    assert len(core.log.find("queue.full")) == 1
    assert core.find("c").state is State.SETTLING
    core.backlog.take(0.0)
    assert settle(core, "c")
    assert not settle(core, "d")
    assert len(core.log.find("queue.full")) == 1  # not at each document: it was never half empty


def test_a_document_in_work_is_not_queued_again(core: Core) -> None:
    """The scan after it is done will see what became of the path."""
    in_state(core, State.CONVERTING, policy_pending=False)
    assert core.backlog.enqueue(str(core.inbox), "a.pdf", OTHER)
    assert len(core.backlog) == 0
    assert core.find("a.pdf").state is State.CONVERTING


def test_document_that_went_into_work_meanwhile_is_not_seen_anew(core: Core) -> None:
    """Between the question whether it is news and the record of it the loop may take it."""
    in_state(core, State.CONVERTING, policy_pending=False)
    core.backlog.record_all_seen(str(core.inbox), [Found("a.pdf", OTHER), Found("b.pdf", OTHER)], 1.0)
    assert (core.find("a.pdf").state, core.find("a.pdf").fingerprint) == (State.CONVERTING, ONE)
    assert (core.find("b.pdf").state, core.find("b.pdf").seen_at) == (State.SETTLING, 1.0)


@pytest.mark.parametrize(
    ("state", "after"), [(State.SETTLING, State.SKIPPED), (State.SEEN, State.SKIPPED), (State.QUEUED, State.QUEUED)]
)
def test_file_that_vanishes_before_it_is_complete_is_skipped(core: Core, state: State, after: State) -> None:
    """What is queued is the loop's to find out."""
    in_state(core, state, policy_pending=False)
    core.backlog.record_vanished(str(core.inbox), "a.pdf")
    assert core.find("a.pdf").state is after


def test_unknown_file_that_vanishes_is_ignored(core: Core) -> None:
    """The journal gets no row for it."""
    core.backlog.record_vanished(str(core.inbox), "a.pdf")
    assert core.journal.reader.find(str(core.inbox), "a.pdf") is None


def test_vanished_file_that_comes_back_is_news(tmp_path: Path) -> None:
    """Moved out and back, as it was, with `after = keep`: it was never converted, so it is still to be."""
    with core_at(tmp_path, after=After.KEEP) as core:
        core.backlog.record_seen(str(core.inbox), "a.pdf", ONE)
        core.backlog.record_vanished(str(core.inbox), "a.pdf")
        assert core.find("a.pdf").state is State.SKIPPED
        assert core.backlog.is_news(str(core.inbox), "a.pdf", ONE)


def test_arrival_and_room_are_told(core: Core) -> None:
    """The loop is woken by each document that is queued, the intake once a queue that was full is half empty."""
    told: list[str] = []
    backlog = DocumentQueue(core.journal, 4, {}, core.log, lambda: told.append("arrival"))
    backlog.on_room = lambda: told.append("room")
    folder = str(core.inbox)
    paths = [f"{number}.pdf" for number in range(6)]
    backlog.record_all_seen(folder, [Found(path, ONE) for path in paths], 1.0)
    assert [backlog.enqueue(folder, path, ONE) for path in paths] == [True] * 4 + [False] * 2
    assert told == ["arrival"] * 4
    del told[:]
    for expected in ([], ["room"], ["room"]):
        assert backlog.take(0.0) is not None
        assert told == expected


def test_news_among_many_files_costs_a_query_for_hundreds(tmp_path: Path) -> None:
    """The journal is not asked for each file, known or not, and the files keep their order."""
    with core_at(tmp_path, after=After.KEEP) as core:
        folder = str(core.inbox)
        files = [Found(os.fsdecode(b"%d\xff.pdf" % number), ONE) for number in range(2000)]
        core.backlog.record_all_seen(folder, files[::2], 1.0)
        for known in files[:1000:2]:
            assert core.backlog.enqueue(folder, known.path, ONE)
            assert core.backlog.take(0.0)
        with counted_queries(core.journal) as queries:
            news = core.backlog.select_news(folder, files)
        assert news == [found for number, found in enumerate(files) if number % 2 or number >= 1000]
        assert len(queries) <= 2000 / PATHS_A_QUERY
