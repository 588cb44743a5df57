"""Converters on a Ray cluster; see `Pool`. The daemon's side: it knows the driver by its messages alone.

Each task that an actor takes has an attempt number, so that an answer that nobody waits for is known as such.
Where the driver ends, what was in work goes back into the line, uncounted, and a new driver is started after a while.
"""

from __future__ import annotations

import bisect
import operator
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.process.supervisor import POLL_S
from markerd.convert.protocol import ConverterInfo, ConverterState, JoinRequest
from markerd.convert.protocol.pool import RENEWED_AFTER_FAULT, Judge, Task, TaskOutcome, Wakeup, add_states
from markerd.convert.ray.answers import parse_state, put_in_place, read_loss, read_outcome
from markerd.convert.ray.driver_link import DriverLink
from markerd.convert.ray.remote_actor import RemoteActor, build_actor
from markerd.convert.ray.settings import DriverSettings
from markerd.errors import (
    ModelsMissingError,
    UnavailableError,
)
from markerd.files import trees
from markerd.files.readiness import wait_until_readable
from markerd.logs import Log

_CLEANUP_S = 150.0
_order_of = operator.attrgetter("order")


class RayPool:
    """`settings.ray.actors` converters. `tick` is called every 0.2 s while one works, and may raise StopNowError."""

    def __init__(
        self, settings: DriverSettings, log: Log, tick: Callable[[], None], wakeup: Wakeup | None = None
    ) -> None:
        self._settings, self._log, self._tick, self._wakeup = settings, log, tick, wakeup
        self._link = DriverLink(settings, log, self._take, self._put_back)
        self._actors = [build_actor(number, log) for number in range(settings.ray.actors)]
        self._waiting: list[Task] = []
        self._outcomes: list[TaskOutcome] = []
        self._attempts = 0
        self._info: ConverterInfo | None = None
        self._judge: Judge = lambda _state, _report: None

    @property
    def capacity(self) -> int:
        return len(self._actors)

    @property
    def window(self) -> int:
        return self._settings.ray.window * self.capacity

    @property
    def info(self) -> ConverterInfo:
        return self._info or self.start()

    # --- start --------------------------------------------------------------------------------------------------------

    def start(self) -> ConverterInfo:
        self._link.start()
        while self._info is None:
            self._go_on()
            if self._info is None:
                self._demand_start()
        return self._info

    def _demand_start(self) -> None:
        """Raise UnavailableError where, at the first start, the cluster is not there or no actor got its models."""
        if self._link.driver is None:
            raise UnavailableError(self._link.reason)
        failures = [actor.failure for actor in self._actors if actor.failure is not None]
        if len(failures) == len(self._actors):
            self.stop()
            raise failures[0]

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        self.start()
        while (free := next((actor for actor in self._actors if actor.is_free), None)) is None:
            self._go_on()
        free.forget_problems()
        self._link.send("check_options", actor=free.number, options=dict(options))
        while free.is_up:
            self._go_on()
            if free.problems is not None:
                return free.problems
        raise UnavailableError(f"the actor was lost: {free.reason}")

    def _go_on(self) -> None:
        self._wait(POLL_S)
        self._tick()
        self._link.listen()

    # --- tasks --------------------------------------------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        bisect.insort(self._waiting, task, key=_order_of)
        self._hand_out()

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        deadline_s = time.monotonic() + timeout_s
        self.look_after()
        while not self._outcomes and (left_s := deadline_s - time.monotonic()) > 0:
            is_woken = self._wait(left_s, is_wakeable=True)
            self._tick()
            self.look_after()
            if is_woken:
                break
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def look_after(self) -> None:
        self._link.listen()
        self._hand_out()

    def _hand_out(self) -> None:
        """Give waiting tasks to free actors. An actor that converted a part stays free for the next part."""
        parts = sum(outcome.result is not None and outcome.result.is_part for outcome in self._outcomes)
        free = [actor for actor in self._actors if actor.is_free]
        for actor in free[: max(len(free) - parts, 0)]:
            if self._waiting:
                self._begin(actor, self._waiting.pop(0))

    def _begin(self, actor: RemoteActor, task: Task) -> None:
        try:
            task.on_start()
        except Exception as error:  # noqa: BLE001 - the document's work raises it again
            self._outcomes.append(TaskOutcome(task, error=error))
            return
        self._attempts += 1
        actor.task, actor.attempt, actor.pages = task, self._attempts, 0
        op = "join" if isinstance(task.request, JoinRequest) else "convert"
        self._link.send(op, actor=actor.number, attempt=actor.attempt, **asdict(task.request))

    def withdraw(self) -> list[Task]:
        tasks, self._waiting = self._waiting, []
        return tasks

    def give_up(self, reason: str) -> None:
        self._waiting, self._outcomes = [], []
        for actor in self._actors:
            if actor.task is not None:
                self._give_up(actor, reason)

    def _give_up(self, actor: RemoteActor, reason: str) -> None:
        """Let the actor end its document. It takes no other before it said that it did."""
        self._link.send("give_up", actor=actor.number, attempt=actor.attempt, reason=reason)
        actor.task = None

    # --- what the driver says -----------------------------------------------------------------------------------------

    def _put_back(self, reason: str) -> None:
        """The driver ended: what was in work goes back into the line."""
        for actor in self._actors:
            if actor.task is not None:
                bisect.insort(self._waiting, actor.task, key=_order_of)
            actor.leave(reason)

    def _take(self, message: Message) -> None:
        op = message["op"]
        if op == "pages":
            self._note_pages(message["attempt"], wire_format.parse_count(message["pages"]))
        else:
            self._take_from_actor(self._actors[message["actor"]], op, message)

    def _take_from_actor(self, actor: RemoteActor, op: str, message: Message) -> None:
        if op == "up":
            actor.come_up()
            self._info = self._info or wire_format.parse_info(message["info"])
            self._link.note_up()
        elif op == "not_up":
            actor.fail(str(message["message"]), ModelsMissingError if message["is_missing"] else UnavailableError)
        elif op == "seen":
            actor.see(parse_state(message["state"]))
        elif op == "log":
            actor.relay.log_event(message)
        elif op == "away":
            self._note_away(actor, str(message["reason"]))
        elif op == "lost":
            self._note_lost(actor, message)
        elif op == "done":
            self._note_done(actor, message)
        elif op == "cleaned":
            self._note_cleaned(actor, message["report"])
        elif op == "options":
            actor.problems = wire_format.parse_problems(message)

    def _note_pages(self, attempt: int, pages: int) -> None:
        actor = next((actor for actor in self._actors if actor.attempt == attempt), None)
        if actor is None or actor.task is None or pages <= actor.pages:
            return
        actor.pages = pages
        try:
            actor.task.on_pages(pages)
        except Exception as error:  # noqa: BLE001 - the document's work raises it again
            self._outcomes.append(TaskOutcome(actor.task, error=error))
            self._give_up(actor, "its document is not wanted any more")

    def _note_away(self, actor: RemoteActor, reason: str) -> None:
        if actor.is_up:  # else it is being tried again, and still away
            self._log.warning("cluster.actor_lost", actor=actor.number, node=actor.log.node, reason=reason)
        actor.leave(reason)

    def _note_lost(self, actor: RemoteActor, message: Message) -> None:
        if message["attempt"] != actor.attempt:
            return
        actor.attempt = 0
        if actor.task is not None:
            self._outcomes.append(TaskOutcome(actor.take_task(), error=read_loss(message)))

    def _note_done(self, actor: RemoteActor, message: Message) -> None:
        attempt, task = message["attempt"], actor.task
        assert self._link.driver is not None
        arrived = self._link.driver.folder / str(int(attempt))
        if attempt != actor.attempt or task is None:
            trees.remove(arrived)  # of a document that was given up
            actor.attempt = 0 if attempt == actor.attempt else actor.attempt
            return
        outcome = read_outcome(task, message["outcome"])
        try:
            put_in_place(arrived, task, outcome)
        except OSError as error:  # the spool is full, or was removed
            outcome = TaskOutcome(task, error=error)
        actor.take_task()
        self._outcomes.append(outcome)
        if task.demands_renewal(outcome.error):
            self._recycle(actor, RENEWED_AFTER_FAULT)
        self._note_cleaned(actor, message["report"])

    def _note_cleaned(self, actor: RemoteActor, described: Message | None) -> None:
        actor.is_cleaning = False
        report = None if described is None else wire_format.parse_report(described)
        if report is not None:
            actor.relay.count_cleanup(len(report.removed))
        reason = self._judge(actor.state, report)
        if reason is not None:
            self._recycle(actor, reason)

    def _wait(self, timeout_s: float, *, is_wakeable: bool = False) -> bool:
        """Wait until the driver has something to say; returns whether it was the wake-up that ended the wait."""
        if self._link.has_unread:
            timeout_s = 0.0
        driver = self._link.list_descriptors()
        is_watching = not driver or any(actor.attempt for actor in self._actors)
        wakeup = [] if self._wakeup is None or not is_wakeable else [self._wakeup.fileno()]
        ready = wait_until_readable([*wakeup, *driver], min(timeout_s, POLL_S) if is_watching else timeout_s)
        is_woken = not set(wakeup).isdisjoint(ready)
        if self._wakeup is not None and is_woken:
            self._wakeup.clear()
        return is_woken

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def judge_with(self, judge: Judge) -> None:
        self._judge = judge

    def cleanup(self, point: CleanupPoint) -> None:
        deadline_s = time.monotonic() + _CLEANUP_S
        while any(actor.task is not None for actor in self._actors):
            self._go_on()
        for actor in self._actors:
            if actor.is_free:
                actor.is_cleaning = True
                self._link.send("cleanup", actor=actor.number, point=point.value)
        while any(actor.is_cleaning for actor in self._actors) and time.monotonic() < deadline_s:
            self._go_on()

    def recycle(self, reason: str) -> None:
        for actor in self._actors:
            if actor.is_up:
                self._recycle(actor, reason)

    def _recycle(self, actor: RemoteActor, reason: str) -> None:
        actor.state = replace(actor.state, is_retiring=True)
        self._link.send("recycle", actor=actor.number, reason=reason)

    def tend(self) -> None:
        self._link.listen()

    def state(self) -> ConverterState:
        return add_states([actor.state for actor in self._actors])

    def states(self) -> list[ConverterState]:
        return [self.state(), *(actor.state for actor in self._actors)]

    def stop(self) -> None:
        with suppress(OSError):
            self.give_up("the converters are stopped")
        self._link.stop()
        for actor in self._actors:
            actor.leave("the converters are stopped")
