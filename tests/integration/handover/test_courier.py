"""A courier with a clock that the test sets: outages, ten thousand events, poison, and a receiver that left."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crashing import MEMORY
from fakes import RecordingLog
from handing_over import Told
from markerd.errors import JournalError
from markerd.handover.courier import Courier
from markerd.handover.hook import Hook, Program
from markerd.handover.results import Delivered, Failed, Gone, Interrupted, Result
from markerd.handover.thresholds import THRESHOLDS
from markerd.journal.deliveries import Delivery, Lane
from markerd.values import Occasion

HOUR_S = 3600.0
DOWN = Failed("the receiver cannot be reached")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """Two hooks of one folder; each has a receiver, which is a function of the delivery."""

    def __init__(self, root: Path) -> None:
        self.clock, self.log = Clock(), RecordingLog()
        self.told = Told(root, "index", "mail")
        self.outbox = self.told.journal.outbox
        self.received: dict[str, list[Delivery]] = defaultdict(list)
        self.tried: list[Delivery] = []
        self.receivers: dict[str, Callable[[Delivery], Result]] = {}
        self.index, self.mail = (self.build_courier(lane) for lane in self.told.lanes)

    def build_courier(self, lane: Lane, give_up_after_s: float = 72 * HOUR_S) -> Courier:
        hook = Hook(lane, frozenset(Occasion), Program(("true",)), 30.0, give_up_after_s)
        return Courier(hook, self.outbox, self._deliver, self.log, self.clock)

    def _deliver(self, delivery: Delivery) -> Result:
        self.tried.append(delivery)
        receive = self.receivers.get(delivery.lane.hook)
        result = Delivered() if receive is None else receive(delivery)
        if isinstance(result, Delivered):
            self.received[delivery.lane.hook].append(delivery)
        return result

    def run(self, courier: Courier, seconds: float) -> None:
        """Let the courier work for so long, without waiting."""
        until = self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now += courier.work() or 0.001

    def drain(self, courier: Courier) -> None:
        while courier.work() == 0:
            self.clock.now += 0.001


@pytest.fixture
def scene() -> Iterator[Scene]:
    """In memory: waiting for a disk would be nearly all that these tests do."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as memory:
        scene = Scene(Path(memory))
        with closing(scene.told.journal):
            yield scene


def paths(deliveries: list[Delivery]) -> list[str]:
    return [delivery.path for delivery in deliveries]


def test_events_arrive_in_order_and_once(scene: Scene) -> None:
    """The outbox is empty afterwards."""
    for path in ("a.pdf", "b.pdf", "a.pdf"):
        scene.told.publish(path)
    scene.drain(scene.index)
    assert paths(scene.received["index"]) in (["a.pdf", "b.pdf", "a.pdf"], ["a.pdf", "a.pdf", "b.pdf"])
    assert scene.outbox.count_waiting(scene.index.hook.lane) == (0, 0, None)
    assert [fields["document"] for fields in scene.log.find("hook.delivered")] == paths(scene.received["index"])


def test_ten_thousand_events_with_the_receiver_down_for_an_hour(scene: Scene) -> None:
    """Few attempts are made while it is down; then each event arrives, in the order of its path, with its one key.
    Memory is bounded, and the other hook has all of them long before."""
    names = [f"{number % 2500}.pdf" for number in range(10_000)]
    for name in names:
        scene.told.publish(name)
    scene.receivers["index"] = lambda _: DOWN
    tracemalloc.start()
    scene.run(scene.index, HOUR_S)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2 << 20
    assert scene.received["index"] == []
    assert 60 <= len(scene.tried) <= 80
    assert scene.index.describe()["away"] == DOWN.reason
    scene.drain(scene.mail)
    assert len(scene.received["mail"]) == 10_000
    del scene.receivers["index"]
    came_back_at = scene.clock.now
    scene.run(scene.index, THRESHOLDS.most_away_s + 20)
    assert len(scene.received["index"]) > 9_000
    scene.run(scene.index, 2 * HOUR_S)
    assert len({delivery.key for delivery in scene.received["index"]}) == len(scene.received["index"]) == 10_000
    order = defaultdict[str, list[int]](list)
    for delivery in scene.received["index"]:
        order[delivery.path].append(delivery.id)
    assert all(ids == sorted(ids) and len(ids) == 4 for ids in order.values())
    assert scene.outbox.count_waiting(scene.index.hook.lane)[:2] == (0, 0)
    assert [fields["hook"] for fields in scene.log.find("hook.back")] == ["index"]
    assert scene.clock.now > came_back_at


def test_poison_does_not_hold_up_others(scene: Scene) -> None:
    """One document of which the program always fails: those of other paths go on, those of its own wait for it."""
    scene.receivers["index"] = lambda delivery: Failed("exit status 1") if delivery.path == "bad.pdf" else Delivered()
    for path in ("bad.pdf", "bad.pdf", "a.pdf", "b.pdf"):
        scene.told.publish(path)
    scene.drain(scene.index)
    assert paths(scene.received["index"]) == ["a.pdf", "b.pdf"]
    scene.run(scene.index, 71 * HOUR_S)
    scene.told.publish("c.pdf")
    scene.run(scene.index, 60.0)
    assert paths(scene.received["index"]) == ["a.pdf", "b.pdf", "c.pdf"]
    scene.run(scene.index, 3 * HOUR_S)
    (given_up,) = scene.log.find("hook.gave_up")
    assert (given_up["document"], given_up["reason"]) == ("bad.pdf", "exit status 1")
    assert ("bad.pdf", "due") in scene.told.list_states()
    assert ("bad.pdf", "given_up") in scene.told.list_states()


def test_many_poisoned_events_delay_others_by_a_minute_at_most(scene: Scene) -> None:
    """Whatever is new comes before what has failed already."""
    scene.receivers["index"] = lambda delivery: Failed("exit 1") if delivery.path.startswith("bad") else Delivered()
    for number in range(200):
        scene.told.publish(f"bad{number}.pdf")
    scene.run(scene.index, 10 * HOUR_S)
    scene.told.publish("good.pdf")
    published_at = scene.clock.now
    while not scene.received["index"]:
        scene.clock.now += scene.index.work() or 0.001
    assert scene.clock.now - published_at <= THRESHOLDS.most_away_s + 1


def test_events_that_a_receiver_refuses_are_no_outage(scene: Scene) -> None:
    """Twenty in a row, and the next one passes at once."""
    refused = Failed("the receiver answered 422", is_receivers=False)
    scene.receivers["index"] = lambda delivery: Delivered() if delivery.path == "good.pdf" else refused
    for number in range(20):
        scene.told.publish(f"bad{number}.pdf")
    scene.told.publish("good.pdf")
    scene.drain(scene.index)
    assert paths(scene.received["index"]) == ["good.pdf"]
    assert scene.log.find("hook.away") == []


def test_receiver_that_is_gone_disables_the_hook(scene: Scene) -> None:
    """Until somebody enables it: also in the next daemon. What comes meanwhile is in the list, and nothing is lost."""
    scene.receivers["index"] = lambda _: Gone("the receiver answered 410 Gone")
    for path in ("a.pdf", "b.pdf", "a.pdf"):
        scene.told.publish(path)
    scene.run(scene.index, 60.0)
    assert len(scene.tried) == 1
    courier = scene.build_courier(scene.index.hook.lane)
    scene.told.publish("c.pdf")
    scene.run(courier, 60.0)
    assert len(scene.tried) == 1
    assert [state for _, state in scene.told.list_states() if state == "given_up"] == ["given_up"] * 4
    assert courier.describe()["disabled"] == "the receiver answered 410 Gone"
    del scene.receivers["index"]
    scene.outbox.revive(courier.hook.lane)
    scene.run(courier, 60.0)
    assert sorted(paths(scene.received["index"])) == ["a.pdf", "a.pdf", "b.pdf", "c.pdf"]
    assert courier.describe()["disabled"] is None


def test_time_that_a_receiver_asks_for_is_kept(scene: Scene) -> None:
    """No other event is sent to it either."""
    scene.receivers["index"] = lambda _: Failed("429", retry_after_s=600.0)
    scene.told.publish("a.pdf")
    scene.told.publish("b.pdf")
    scene.run(scene.index, 599.0)
    assert len(scene.tried) == 1
    scene.run(scene.index, 10.0)
    assert len(scene.tried) == 2


def test_attempt_that_a_stop_ended_does_not_count(scene: Scene) -> None:
    """It is made anew, as the first one."""
    scene.receivers["index"] = lambda _: Interrupted()
    scene.told.publish()
    scene.index.work()
    del scene.receivers["index"]
    scene.drain(scene.index)
    assert [delivery.attempts for delivery in scene.tried] == [0, 0]
    assert scene.log.find("hook.failed") == []


def test_fault_in_code_is_a_failed_attempt(scene: Scene) -> None:
    """The thread of the hook goes on, and so do the other events."""

    def fault(delivery: Delivery) -> Result:
        if delivery.path == "a.pdf":
            raise ZeroDivisionError("division by zero")
        return Delivered()

    scene.receivers["index"] = fault
    scene.told.publish("a.pdf")
    scene.told.publish("b.pdf")
    scene.drain(scene.index)
    assert paths(scene.received["index"]) == ["b.pdf"]
    assert "ZeroDivisionError" in scene.log.find("hook.failed")[0]["reason"]


def test_delivery_that_cannot_be_noted_comes_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same key: at least once."""
    scene.told.publish()
    with monkeypatch.context() as broken:

        def full(_: Delivery) -> None:
            raise JournalError("the disk is full")

        broken.setattr(scene.outbox, "record_delivered", full)
        with pytest.raises(JournalError):
            scene.index.work()
    scene.drain(scene.index)
    first, second = scene.received["index"]
    assert first.key == second.key


def test_clock_that_is_put_back_delays_nothing(scene: Scene) -> None:
    """By a year, while a delivery waits for its next attempt."""
    scene.receivers["index"] = lambda _: DOWN
    scene.told.publish()
    scene.run(scene.index, 2 * HOUR_S)
    scene.clock.now -= 365 * 24 * HOUR_S
    del scene.receivers["index"]
    scene.run(scene.index, 2 * HOUR_S)
    assert len(scene.received["index"]) == 1


def test_status_of_a_hook(scene: Scene) -> None:
    """What waits, what came of attempts, and how programs ended."""
    scene.receivers["index"] = lambda d: Failed("exit status 3", exit_code=3) if d.path == "a.pdf" else Delivered(0)
    for path in ("a.pdf", "a.pdf", "b.pdf"):
        scene.told.publish(path)
    scene.drain(scene.index)
    scene.index.count()
    described = scene.index.describe()
    assert {key: described[key] for key in ("hook", "waiting", "given_up", "delivered", "failed", "exit_codes")} == {
        "hook": "index", "waiting": 2, "given_up": 0, "delivered": 1, "failed": 1, "exit_codes": {"0": 1, "3": 1},
    }  # fmt: skip
    assert described["last_error"] == "exit status 3"
    assert described["oldest_at"] is not None
