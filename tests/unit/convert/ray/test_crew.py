"""No document is lost or converted for nothing, in whatever order actors take, end and lose documents."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fakes import RecordingLog
from markerd.convert.protocol import ConversionRequest
from markerd.convert.protocol.pool import Task
from markerd.convert.ray.crew import Crew
from markerd.convert.ray.settings import RaySettings

ACTORS = 3
LOST = {"reason": "its node was taken away"}


def build_task(order: int, started: list[int]) -> Task:
    request = ConversionRequest(f"{order}.pdf", "", "", "", ("markdown",))
    return Task(order, request, lambda: started.append(order))


class CrewMachine(RuleBasedStateMachine):
    """The crew beside a driver whose messages arrive late, but in order.

    `taken` are the attempts that each actor has as the driver knows it; an actor that is not up has none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.orders: deque[dict[str, object]] = deque()
        self.reports: deque[dict[str, object]] = deque()
        self.is_up = [False] * ACTORS
        self.hires = [0] * ACTORS
        self.taken: list[list[int]] = [[] for _ in range(ACTORS)]
        self.started: list[int] = []
        self.ended: Counter[int] = Counter()
        self.submitted = 0
        ray = RaySettings(min_actors=1, max_actors=ACTORS, idle_s=0.0)
        self.crew = Crew(ray, RecordingLog(), lambda op, **fields: self.orders.append({"op": op, **fields}))
        self.is_there = [number == 0 for number in range(ACTORS)]

    # --- the daemon ---------------------------------------------------------------------------------------------------

    @rule()
    def submit(self) -> None:
        self.crew.waiting.put(build_task(self.submitted, self.started))
        self.submitted += 1
        self.crew.look_after()

    @rule()
    def withdraw_and_submit_again(self) -> None:
        for task in self.crew.withdraw():
            self.crew.waiting.put(task)
        self.crew.look_after()

    @rule(order=st.integers(0, 40))
    def cancel(self, order: int) -> None:
        if order < self.submitted and not self.ended[order]:
            self.crew.cancel(order)
            self.end(order)

    @precondition(lambda self: self.reports)
    @rule()
    def hear(self) -> None:
        report = self.reports.popleft()
        actor = self.crew.actors[int(str(report["actor"]))]
        if not actor.is_wanted or report["hire"] != actor.hire:
            return
        if report["op"] == "up":
            actor.come_up()
        elif report["op"] == "back":
            self.crew.note_back(actor, int(str(report["attempt"])))
        elif report["op"] == "away":
            self.crew.note_lost(actor, {**LOST, "attempt": report["attempt"]})
            self.crew.part_with(actor, "lost")
        else:
            self.hear_end(int(str(report["actor"])), int(str(report["attempt"])))
        self.crew.look_after()

    def hear_end(self, number: int, attempt: int) -> None:
        actor = self.crew.actors[number]
        task = self.crew.note_end(actor, attempt)
        self.crew.begin_next(actor)
        if task is not None:
            self.end(task.order)

    def end(self, order: int) -> None:
        """It came back, or is not wanted any more."""
        self.ended[order] += 1

    @rule()
    def hand_back(self) -> None:
        outcomes, self.crew.outcomes = self.crew.outcomes, []
        for outcome in outcomes:
            self.end(outcome.task.order)

    # --- the driver ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.orders)
    @rule()
    def obey(self) -> None:
        order = self.orders.popleft()
        number = int(str(order["actor"]))
        if order["op"] == "add":
            self.is_there[number], self.hires[number] = True, int(str(order["hire"]))
        elif order["op"] == "remove":
            self.is_there[number], self.is_up[number], self.taken[number] = False, False, []
        elif order["op"] == "convert" and self.is_up[number]:
            self.taken[number].append(int(str(order["attempt"])))
        elif order["op"] == "convert":
            self.report("back", number, attempt=order["attempt"])

    def report(self, op: str, number: int, **fields: object) -> None:
        self.reports.append({"op": op, "actor": number, "hire": self.hires[number], **fields})

    @rule(number=st.integers(0, ACTORS - 1))
    def come_up(self, number: int) -> None:
        if self.is_there[number] and not self.is_up[number]:
            self.is_up[number] = True
            self.report("up", number)

    @rule(number=st.integers(0, ACTORS - 1))
    def finish(self, number: int) -> None:
        if self.taken[number]:
            self.report("done", number, attempt=self.taken[number].pop(0))

    @rule(number=st.integers(0, ACTORS - 1))
    def lose_actor(self, number: int) -> None:
        if self.is_up[number]:
            attempt = self.taken[number][0] if self.taken[number] else 0
            self.is_up[number], self.taken[number] = False, []
            self.report("away", number, attempt=attempt)

    @rule()
    def lose_driver(self) -> None:
        """Nothing that it had to say is heard any more; a new one begins with the least number of actors."""
        self.reports.clear()
        self.orders.clear()
        self.is_up = [False] * ACTORS
        self.taken = [[] for _ in range(ACTORS)]
        self.is_there, self.hires = [number == 0 for number in range(ACTORS)], [0] * ACTORS
        self.crew.put_back_all("the driver ended")

    # --- what holds always --------------------------------------------------------------------------------------------

    @invariant()
    def each_document_is_in_one_place(self) -> None:
        sent = [each.task.order for each in self.crew.sent if each.task is not None]
        waiting = self.crew.waiting.take_all()
        for task in waiting:
            self.crew.waiting.put(task)
        places = Counter([*sent, *(task.order for task in waiting), *(out.task.order for out in self.crew.outcomes)])
        assert places + self.ended == Counter(range(self.submitted))

    @invariant()
    def no_actor_has_more_than_two(self) -> None:
        for actor in self.crew.actors:
            assert sum(each.task is not None for each in actor.sent) <= 2

    def teardown(self) -> None:
        """With a driver that does its work, all that was submitted comes to its end."""
        while sum(self.ended.values()) < self.submitted:
            before = self.ended.copy()
            for _ in range(10 * ACTORS + 4 * self.submitted):
                self._go_on()
            assert self.ended != before, "nothing goes on"

    def _go_on(self) -> None:
        while self.orders:
            self.obey()
        for number in range(ACTORS):
            self.come_up(number)
            self.finish(number)
        while self.reports:
            self.hear()
        self.hand_back()
        self.crew.look_after()


CrewMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestCrew = CrewMachine.TestCase


def crew_of(count: int) -> tuple[Crew, list[dict[str, object]]]:
    sent: list[dict[str, object]] = []
    crew = Crew(
        RaySettings(min_actors=count, max_actors=count), RecordingLog(), lambda op, **f: sent.append({"op": op, **f})
    )
    for actor in crew.actors:
        actor.come_up()
    return crew, sent


def submit(crew: Crew, task: Task) -> None:
    crew.waiting.put(task)
    crew.look_after()


def test_document_is_begun_when_the_one_before_has_ended() -> None:
    """It is sent before, so that its actor does not wait for it."""
    crew, sent = crew_of(1)
    started: list[int] = []
    for order in range(3):
        submit(crew, build_task(order, started))
    assert [message["attempt"] for message in sent] == [1, 2]
    assert started == [0]
    assert crew.note_end(crew.actors[0], 1) is not None
    crew.begin_next(crew.actors[0])
    assert started == [0, 1]


def test_document_behind_another_is_taken_back_for_an_idle_actor() -> None:
    """The one before it may take an hour."""
    crew, sent = crew_of(2)
    started: list[int] = []
    for order in range(4):
        submit(crew, build_task(order, started))
    for attempt in (2, 4):
        crew.note_end(crew.actors[1], attempt)
        crew.begin_next(crew.actors[1])
    crew.look_after()
    assert sent[-2] == {"op": "recall", "actor": 0, "attempt": 3}
    assert (sent[-1]["op"], sent[-1]["actor"], sent[-1]["attempt"]) == ("convert", 1, 5)
    assert started == [0, 1, 3, 2]
    assert crew.note_end(crew.actors[0], 3) is None


def test_nothing_is_sent_behind_a_part() -> None:
    """The next part of its document is the next task of this actor."""
    crew, sent = crew_of(1)
    request = ConversionRequest("big.pdf", "", "", "", ("markdown",), part_pages=5, kept_dir="kept")
    submit(crew, Task(0, request))
    crew.note_pages(1, 12)
    submit(crew, build_task(1, []))
    assert len(sent) == 1


def test_number_of_actors_follows_the_documents() -> None:
    """One for each that waits, also behind another one; one without work ends after a while, and the least stay."""
    sent: list[dict[str, object]] = []
    ray = RaySettings(min_actors=1, max_actors=3, idle_s=0.0)
    crew = Crew(ray, RecordingLog(), lambda op, **fields: sent.append({"op": op, **fields}))
    crew.actors[0].come_up()
    for order in range(2):
        submit(crew, build_task(order, []))
    assert {"op": "add", "actor": 1, "hire": 1} in sent
    assert len(crew.wanted) == 2
    crew.actors[1].come_up()
    crew.look_after()
    for actor in crew.actors[:2]:
        crew.note_end(actor, actor.sent[-1].attempt)
    crew.actors[0].sent.clear()
    crew.look_after()
    crew.look_after()
    assert [actor.number for actor in crew.wanted] == [0]
    assert sent[-1] == {"op": "remove", "actor": 1}
