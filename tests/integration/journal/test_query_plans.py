"""Which way SQLite goes in a journal of very many documents: never through all of them where the loop waits."""

from __future__ import annotations

import pytest

from journal_scene import FOLDER, ONE, counted_queries, failed_once, found, seen
from markerd.journal import Journal, Outcome
from markerd.journal.history_writer import FORGOTTEN_AT_ONCE
from markerd.values import State

OF_A_FEW = ("documents_waiting", "documents_by_policy", "outcomes_of_failure")
"""The indexes that hold a few of the rows alone, and may be gone through."""


def explain(journal: Journal, statement: str) -> list[str]:
    """The steps of SQLite's plan, with the values bound in the statement."""
    return [str(row["detail"]) for row in journal._connection.fetch_all(f"EXPLAIN QUERY PLAN {statement}")]


def live(journal: Journal) -> None:
    """What the intake, the loop and the status ask and write in a document's life."""
    document = failed_once(journal)
    reader, writer = journal.reader, journal.writer
    reader.find_known(FOLDER, ["a.pdf", "b.pdf"])
    writer.claim(document.id)
    writer.begin_attempt(document.id, "b" * 64)
    writer.record_queued(document.id, ONE)
    reader.list_failed_attempts(document)
    journal.outcomes.record_dead(found(journal), Outcome(State.DEAD, "damaged", "no trailer"))
    writer.clear_pending_policy(document.id)
    writer.revive(FOLDER, "a.pdf")
    reader.list_with_pending_policy()
    reader.count_documents()
    reader.find_oldest_waiting()
    reader.list_last_errors()
    reader.is_unfinished(document.id)
    journal.history.forget_before(0.0)


def test_no_step_of_a_document_goes_through_a_table(journal: Journal) -> None:
    """Each step finds its rows by an index; the totals alone, a handful of rows, are read whole."""
    with counted_queries(journal) as statements:
        live(journal)
    asked = [each for each in statements if each.split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT")]
    assert len(asked) > 20
    plans = {statement: explain(journal, statement) for statement in asked if "FROM totals" not in statement}
    through_all = {
        statement: plan
        for statement, plan in plans.items()
        if any(step.startswith("SCAN") and not any(name in step for name in OF_A_FEW) for step in plan)
    }
    assert through_all == {}


@pytest.mark.parametrize("owed", [0, 3])
def test_owed_policies_are_found_without_the_others(journal: Journal, owed: int) -> None:
    """In the order of their ids, by the index that holds nothing else."""
    for number in range(6):
        document = seen(journal, f"{number}.pdf")
        journal.outcomes.record_skipped(document, "the same", policy_pending=number < owed)
    documents = journal.reader.list_with_pending_policy()
    assert [document.path for document in documents] == [f"{number}.pdf" for number in range(owed)]


def test_old_history_is_forgotten_bit_by_bit(journal: Journal) -> None:
    """No call deletes more than a few rows, and the last one says that nothing is left."""
    for _ in range(2 * FORGOTTEN_AT_ONCE + 1):
        journal.history.record_incident("converter.recycled", "500 documents")

    def count() -> int:
        return int(journal._connection.fetch_all("SELECT count(*) FROM incidents")[0][0])

    left = [(journal.history.forget_before(9e9), count()) for _ in range(3)]
    assert left == [(True, FORGOTTEN_AT_ONCE + 1), (True, 1), (False, 0)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM deliveries WHERE folder = x'' AND hook = '' AND state = 'due' AND +retry_at <= 1 "
        "ORDER BY attempts, id LIMIT 1",
        "SELECT min(retry_at) FROM deliveries WHERE folder = x'' AND hook = '' AND state = 'due'",
        "SELECT min(id) FROM deliveries WHERE folder = x'' AND hook = '' AND path = x'' AND state = 'behind'",
        "SELECT 1 FROM deliveries WHERE folder = x'' AND hook = '' AND path = x'' AND state = 'due'",
    ],
)
def test_steps_of_a_delivery_are_found_by_an_index(journal: Journal, statement: str) -> None:
    """Neither through the table nor by sorting: there may be hundreds of thousands of deliveries in an outage."""
    plan = explain(journal, statement)
    assert any("INDEX" in step for step in plan)
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan)
