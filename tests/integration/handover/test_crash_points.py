"""`kill -9` at every step of an outcome and of its delivery: each event arrives, with its one key, and none is left."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from core_scene import core_at
from crash_scene import BAD, GOOD, drop
from crashing import MEMORY, Moment, moments_of, run_killed
from fakes import RecordingLog
from handing_over import Told
from markerd.handover.courier import Courier
from markerd.handover.hook import Hook, Program
from markerd.handover.results import Delivered, Failed, Gone, Result
from markerd.journal import Journal
from markerd.journal.deliveries import Delivery, Lane, Route
from markerd.values import Occasion

OCCASIONS = frozenset(Occasion)
GONE = Gone("410")
REFUSED = Failed("exit status 1", is_receivers=False)
MakeRoot = Callable[[], Path]


class Clock:
    """An hour later at each look, so that each attempt is due; a later daemon begins later."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        self.now += 3600.0
        return self.now


@dataclass(frozen=True)
class Receiver:
    """It writes down what it gets, once it has answered each event so often with `result`.

    Where it `keeps` answering that, the events are in the list of what was given up, and can be had from there.
    """

    name: str
    result: Result = REFUSED
    failures: int = 0
    give_up_after_s: float = 1e9
    keeps: bool = False

    def build_courier(self, root: Path, journal: Journal, folder: str, clock: Clock | None = None) -> Courier:
        lane = Lane(folder, "index")
        journal.outbox.route({folder: [Route(lane.hook, OCCASIONS)]})
        hook = Hook(lane, OCCASIONS, Program(("true",)), 30.0, self.give_up_after_s)
        return Courier(hook, journal.outbox, partial(self.receive, root), RecordingLog(), clock or Clock())

    def receive(self, root: Path, delivery: Delivery) -> Result:
        if delivery.attempts < self.failures:
            return self.result
        with open(root / "received", "ab", buffering=0) as file:
            file.write(f"{delivery.occasion.value} {delivery.key}\n".encode())
        return Delivered()


PROMPT = Receiver("prompt")
RECEIVERS = [
    PROMPT,
    Receiver("at the third attempt", failures=2),
    Receiver("given up", failures=1, give_up_after_s=0.0, keeps=True),
    Receiver("gone", GONE, failures=1, keeps=True),
]


@pytest.fixture
def make_root() -> Iterator[MakeRoot]:
    numbers = itertools.count()
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="markerd-test-") as memory:

        def make() -> Path:
            root = Path(memory, str(next(numbers)))
            root.mkdir()
            return root

        yield make


def deliver_all(courier: Courier) -> None:
    while courier.work() == 0:
        pass


def received(root: Path) -> list[str]:
    path = root / "received"
    return path.read_text().splitlines() if path.exists() else []


def demand_all_told(root: Path, journal: Journal, moment: Moment | None) -> None:
    """Each outcome at least once and in order, each with its own key, and nothing waits."""
    lines = received(root)
    firsts = list(dict.fromkeys(lines))
    assert len({line.split()[1] for line in firsts}) == len(firsts), moment
    assert len(lines) <= len(firsts) + 1, moment  # what a kill makes come again is the one that was in work
    ended = journal._connection.fetch_all("SELECT outcome FROM outcomes WHERE outcome != 'failed' ORDER BY id")
    assert [row["outcome"] for row in ended] == [line.split()[0] for line in firsts], moment
    assert journal._connection.fetch_all("SELECT * FROM deliveries") == [], moment


# --- the journal and the courier --------------------------------------------------------------------------------------


def tell(receiver: Receiver, root: Path) -> None:
    """A daemon that records three outcomes, and tells the hook of each."""
    told = Told(root)
    with closing(told.journal) as journal:
        courier = receiver.build_courier(root, journal, told.folder)
        told.publish(sha256="aa")
        told.publish(sha256="bb")
        deliver_all(courier)
        told.bury()
        deliver_all(courier)


def finish(receiver: Receiver, root: Path, moment: Moment | None = None) -> None:
    """The next daemon; then, for receivers that kept refusing, what `markerd hooks retry` does."""
    told, clock = Told(root), Clock()
    clock.now += 1e6
    with closing(told.journal) as journal:
        deliver_all(receiver.build_courier(root, journal, told.folder, clock))
        if receiver.keeps:
            assert received(root) == [], moment
            courier = replace(receiver, failures=0).build_courier(root, journal, told.folder, clock)
            journal.outbox.revive(courier.hook.lane)
            deliver_all(courier)
        demand_all_told(root, journal, moment)


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_killed_at_every_step_of_a_delivery(receiver: Receiver, make_root: MakeRoot) -> None:
    """Two events of one document and a dead letter; those whose outcome the journal has are told."""
    root = make_root()
    tell(receiver, root)
    finish(receiver, root)
    assert [line.split()[0] for line in received(root)] == ["published", "published", "dead"]
    moments = moments_of(partial(tell, receiver, make_root()), [root.parent])
    assert len(moments) > 15
    for moment in moments:
        root = make_root()
        run_killed(partial(tell, receiver, root), moment)
        finish(receiver, root, moment)


# --- the whole way of a document --------------------------------------------------------------------------------------


def convert(root: Path) -> None:
    """A daemon that takes the document and tells the hook of it."""
    with core_at(root) as core:
        courier = PROMPT.build_courier(root, core.journal, str(core.inbox))
        core.queue("sub/a.pdf")
        core.finish_all()
        deliver_all(courier)


def restart(root: Path) -> None:
    with core_at(root) as core:
        courier = PROMPT.build_courier(root, core.journal, str(core.inbox))
        core.restart()
        deliver_all(courier)


@pytest.mark.parametrize(("content", "occasion"), [(GOOD, "published"), (BAD, "dead")])
def test_killed_at_every_step_of_a_document(content: bytes, occasion: str, make_root: MakeRoot) -> None:
    """Also outcomes that a start finds out, after a crash between the publication and the journal."""

    def make_dropped() -> Path:
        root = make_root()
        drop(root, content)
        return root

    for moment in moments_of(partial(convert, make_dropped()), [make_root().parent]):
        root = make_dropped()
        run_killed(partial(convert, root), moment)
        restart(root)
        with core_at(root) as core:
            demand_all_told(root, core.journal, moment)
        assert [line.split()[0] for line in dict.fromkeys(received(root))] == [occasion], moment
