"""The outbox: what hooks are to be told is there with the outcome, in order for each path, until it is delivered."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashing import MEMORY
from journal_scene import FOLDER, ONE, STRANGE, counted_queries, failed_once, found, seen
from markerd.errors import JournalError
from markerd.journal import Document, Journal, Outcome
from markerd.journal.deliveries import Delivery, Lane, Route, derive_key
from markerd.values import Occasion, State

ALL = frozenset(Occasion)
INDEX, MAIL = Lane(FOLDER, "index"), Lane(FOLDER, "mail")
OUTPUT = Path("/out/a")
PUBLISHED = Outcome(State.PUBLISHED, pages=3, model_set="embedded", seconds={"convert": 1.23456})


@pytest.fixture
def routed(journal: Journal) -> Journal:
    journal.outbox.route({FOLDER: [Route("index", ALL), Route("mail", frozenset({Occasion.DEAD}))]})
    return journal


def publish(journal: Journal, path: str = "a.pdf", sha256: str = "aa") -> Document:
    document = seen(journal, path)
    attempt = journal.writer.begin_attempt(document.id, sha256)
    document = replace(document, attempts=attempt, sha256=sha256)
    journal.outcomes.record_published(document, OUTPUT, PUBLISHED, sha256)
    return document


def test_only_the_hooks_that_were_chosen_for_a_document_are_told(routed: Journal) -> None:
    """None of them, or some; without a choice all are told."""
    dead = Outcome(State.DEAD, "damaged", "no trailer")
    for path, hooks in (("a.pdf", frozenset[str]()), ("b.pdf", frozenset({"mail"})), ("c.pdf", None)):
        routed.outcomes.record_dead(replace(seen(routed, path), hooks=hooks), dead)
    told = []
    for lane in (INDEX, MAIL):
        while delivery := routed.outbox.find_due(lane, 1e12):
            told.append((lane.hook, delivery.path))
            routed.outbox.record_delivered(delivery)
    assert told == [("index", "c.pdf"), ("mail", "b.pdf"), ("mail", "c.pdf")]


def due(journal: Journal, lane: Lane = INDEX, now: float = 1e12) -> Delivery:
    delivery = journal.outbox.find_due(lane, now)
    assert delivery is not None
    return delivery


def test_each_outcome_goes_to_the_hooks_that_want_it(routed: Journal) -> None:
    """Published, skipped, dead and removed; a failed attempt is told to nobody."""
    publish(routed)
    routed.outcomes.record_skipped(found(routed), "the same", policy_pending=True)
    routed.outcomes.record_dead(seen(routed, "b.pdf"), Outcome(State.DEAD, "damaged", "no trailer"))
    routed.outcomes.record_vanished(seen(routed, "c.pdf"), "it was removed")
    routed.outcomes.record_failed(seen(routed, "d.pdf"), Outcome(State.FAILED, "timeout", "slow"), 5.0)
    told = []
    while delivery := routed.outbox.find_due(INDEX, 1.0):
        told.append((delivery.path, delivery.occasion, delivery.output))
        routed.outbox.record_delivered(delivery)
    assert told == [
        ("a.pdf", Occasion.PUBLISHED, OUTPUT), ("a.pdf", Occasion.SKIPPED, OUTPUT), ("b.pdf", Occasion.DEAD, None),
        ("c.pdf", Occasion.SOURCE_REMOVED, None),
    ]  # fmt: skip
    assert due(routed, MAIL).path == "b.pdf"


def test_nothing_is_written_where_nobody_asks(journal: Journal) -> None:
    """Folders without hooks have no outbox."""
    publish(journal)
    assert journal.outbox.list_lanes() == []


def test_a_delivery_says_what_the_outcome_was(routed: Journal) -> None:
    """Names of any bytes, hashes, pages and seconds; a reason cannot break a line."""
    publish(routed, STRANGE)
    delivery = due(routed)
    assert (delivery.path, delivery.lane, delivery.output) == (STRANGE, INDEX, OUTPUT)
    assert (delivery.facts["sha256"], delivery.facts["pages"], delivery.facts["size"]) == ("aa", 3, ONE.size)
    assert delivery.facts["seconds"] == {"convert": 1.235}
    routed.outcomes.record_dead(found(routed, STRANGE), Outcome(State.DEAD, "damaged", "no\ntrailer\0" + "x" * 9000))
    reason = due(routed, MAIL).facts["reason"]
    assert reason.startswith("no\\ntrailer\\x00x")
    assert len(reason) == 2000


def test_outcome_and_delivery_are_written_together_or_not_at_all(routed: Journal) -> None:
    """A delivery that cannot be written takes the outcome back."""
    document = seen(routed)
    with closing(sqlite3.connect(routed.path)) as other:
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries BEGIN SELECT raise(ABORT, 'no room is left'); END"
        )
        with pytest.raises(JournalError, match="no room is left"):
            routed.outcomes.record_published(document, OUTPUT, PUBLISHED, "aa")
        assert found(routed).state is State.SETTLING
        assert routed.reader.read_totals().get("published") is None
        other.execute("DROP TRIGGER full")
    publish(routed)
    assert due(routed).occasion is Occasion.PUBLISHED


def test_power_cut_takes_no_outcome_back_that_is_told(routed: Journal) -> None:
    """Its commit waits for the disk, because the source is moved next; other commits do not wait."""
    with counted_queries(routed) as statements:
        publish(routed)
        routed.outcomes.record_failed(found(routed), Outcome(State.FAILED, "timeout", "slow"), 5.0)
    pragmas = [number for number, each in enumerate(statements) if "synchronous" in each]
    (inserted,) = [number for number, each in enumerate(statements) if each.startswith("INSERT INTO deliveries")]
    assert [statements[number] for number in pragmas] == ["PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"]
    assert pragmas[0] < inserted < statements.index("COMMIT", inserted) < pragmas[1]


def test_later_events_of_a_path_wait_behind_its_first(routed: Journal) -> None:
    """While the first is tried again, others go on; then the second is due."""
    publish(routed)
    publish(routed, sha256="bb")
    publish(routed, "b.pdf")
    first = due(routed)
    routed.outbox.record_failed(first, "exit status 1", 100.0, 200.0)
    other = due(routed, now=150.0)
    assert other.path == "b.pdf"
    routed.outbox.record_delivered(other)
    assert routed.outbox.find_due(INDEX, 150.0) is None
    assert routed.outbox.find_next_due_at(INDEX) == 200.0
    again = due(routed, now=200.0)
    assert (again.key, again.attempts, again.failed_at) == (first.key, 1, 100.0)
    routed.outbox.record_delivered(again)
    assert due(routed, now=200.0).facts["sha256"] == "bb"


def test_what_is_given_up_stays_and_lets_others_pass(routed: Journal) -> None:
    """It is in the list with its reason, and comes back behind what waits by then."""
    publish(routed)
    publish(routed, sha256="bb")
    first = due(routed)
    routed.outbox.give_up(first, "exit status 1, for 72 hours", 300.0)
    second = due(routed)
    assert second.facts["sha256"] == "bb"
    assert routed.outbox.count_waiting(INDEX) == (1, 1, second.at)
    assert routed.outbox.revive(MAIL) == 0
    assert routed.outbox.revive(INDEX, first.key) == 1
    assert due(routed).key == second.key
    routed.outbox.record_delivered(second)
    back = due(routed)
    assert (back.key, back.attempts, back.failed_at) == (first.key, 0, None)


def test_all_that_waits_for_a_hook_can_be_set_aside(routed: Journal) -> None:
    """Nothing is lost: a retry brings back all of it, in its order."""
    for path in ("a.pdf", "a.pdf", "b.pdf"):
        publish(routed, path)
    assert routed.outbox.list_lanes() == [INDEX]
    assert routed.outbox.set_aside(INDEX, "no hook of this name", 5.0) == 3
    assert routed.outbox.list_lanes() == []
    assert routed.outbox.find_due(INDEX, 1e12) is None
    assert routed.outbox.revive(INDEX) == 3
    assert routed.outbox.count_waiting(INDEX)[:2] == (3, 0)
    assert due(routed).path == "a.pdf"


def test_what_was_given_up_can_go_to_another_hook(routed: Journal) -> None:
    """As when a hook was renamed; the key stays, and so does the order."""
    for sha256 in ("aa", "bb"):
        publish(routed, sha256=sha256)
    routed.outbox.set_aside(INDEX, "no hook of this name", 5.0)
    publish(routed, sha256="cc")
    assert routed.outbox.revive(INDEX, to="new") == 2
    new = Lane(FOLDER, "new")
    assert (due(routed, new).facts["sha256"], due(routed).facts["sha256"]) == ("aa", "cc")
    routed.outbox.record_delivered(due(routed, new))
    assert due(routed, new).facts["sha256"] == "bb"


def test_a_hook_is_disabled_until_it_is_tried_again(routed: Journal) -> None:
    """By name; other hooks are as they were."""
    routed.outbox.disable(INDEX, "410 Gone", 5.0)
    routed.outbox.disable(MAIL, "410 Gone", 5.0)
    assert routed.outbox.find_disabled(INDEX) == "410 Gone"
    routed.outbox.revive(INDEX)
    assert (routed.outbox.find_disabled(INDEX), routed.outbox.find_disabled(MAIL)) == (None, "410 Gone")


def test_a_clock_that_was_put_back_delays_nothing(routed: Journal) -> None:
    """What would be due in a year is due now."""
    publish(routed)
    routed.outbox.record_failed(due(routed), "down", 4e7, 4e7 + 60)
    routed.outbox.bring_forward(INDEX, 1000.0, 1000.0 + 3600)
    assert due(routed, now=1000.0).attempts == 1


def test_given_up_deliveries_are_forgotten_with_the_history(routed: Journal) -> None:
    """What waits is not."""
    publish(routed)
    publish(routed, "b.pdf")
    routed.outbox.give_up(due(routed), "exit status 1", 300.0)
    routed.history.forget_before(301.0)
    assert routed.outbox.count_waiting(INDEX)[:2] == (1, 0)


def test_lanes_are_told_after_the_commit(routed: Journal) -> None:
    """Whoever is told finds the delivery there."""
    heard = []
    routed.outbox.on_added = lambda lanes: heard.append((list(lanes), due(routed).path))
    publish(routed)
    routed.outcomes.record_failed(failed_once(routed), Outcome(State.FAILED, "timeout", "slow"), 5.0)
    assert heard == [([INDEX], "a.pdf")]


def test_an_outcome_that_is_recorded_again_has_the_same_key(routed: Journal) -> None:
    """As after a power cut, at which the journal lost its last commit; a second outcome has another."""
    document = publish(routed)
    key = due(routed).key
    assert key == derive_key(INDEX, document, Occasion.PUBLISHED, 1)
    assert key.removeprefix("msg_").isalnum()
    others = {
        derive_key(MAIL, document, Occasion.PUBLISHED, 1), derive_key(INDEX, document, Occasion.DEAD, 1),
        derive_key(INDEX, document, Occasion.PUBLISHED, 2),
        derive_key(INDEX, replace(document, sha256="bb"), Occasion.PUBLISHED, 1),
        derive_key(INDEX, replace(document, path="b.pdf"), Occasion.PUBLISHED, 1),
    }  # fmt: skip
    assert len({key, *others}) == 6


_steps = st.lists(
    st.tuples(st.sampled_from(("publish", "deliver", "fail", "give up", "revive", "set aside")), st.integers(0, 2)),
    max_size=40,
)


@given(_steps)
def test_no_event_overtakes_another_of_its_path(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, each path with something waiting has one delivery due, the first of what was never given up;
    nothing is lost, and nothing is there twice."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY) as memory,
        closing(Journal(Path(memory, "journal.sqlite"))) as journal,
    ):
        journal.outbox.route({FOLDER: [Route("index", ALL)]})
        added, delivered, ever_given_up, now = 0, list[Delivery](), set[int](), 0.0
        for step, number in steps:
            now += 1.0
            delivery = journal.outbox.find_due(INDEX, now)
            if step == "publish":
                publish(journal, f"{number}.pdf")
                added += 1
            elif step == "revive":
                journal.outbox.revive(INDEX)
            elif step == "set aside":
                journal.outbox.set_aside(INDEX, "gone", now)
                ever_given_up |= {row[0] for row in rows_of(journal)}
            elif delivery is not None and step == "deliver":
                journal.outbox.record_delivered(delivery)
                delivered.append(delivery)
            elif delivery is not None and step == "fail":
                journal.outbox.record_failed(delivery, "down", now, now + number)
            elif delivery is not None:
                journal.outbox.give_up(delivery, "down", now)
                ever_given_up.add(delivery.id)
            demand_one_due_for_each_path(journal)
        assert len(rows_of(journal)) + len(delivered) == added
        in_order = defaultdict[str, list[int]](list)
        for delivery in delivered:
            if delivery.id not in ever_given_up:
                in_order[delivery.path].append(delivery.id)
        assert all(ids == sorted(ids) for ids in in_order.values())


def rows_of(journal: Journal) -> list[tuple[int, bytes, str]]:
    rows = journal._connection.fetch_all("SELECT id, path, state FROM deliveries")
    return [(row["id"], row["path"], row["state"]) for row in rows]


def demand_one_due_for_each_path(journal: Journal) -> None:
    waiting = {path for _, path, state in rows_of(journal) if state != "given_up"}
    due_paths = [path for _, path, state in rows_of(journal) if state == "due"]
    assert sorted(due_paths) == sorted(waiting)
