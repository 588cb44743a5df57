"""Converters on a Ray cluster; see `Pool`. The daemon's side: it knows the driver by its messages alone.

Where the driver ends, what was in work goes back into the line, uncounted, and a new driver is started after a while.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.process.supervisor import POLL_S
from markerd.convert.protocol import ConverterInfo, ConverterState
from markerd.convert.protocol.pool import (
    RENEWED_AFTER_FAULT,
    Absence,
    Judge,
    Task,
    TaskOutcome,
    Wakeup,
    add_states,
    wait_for_news,
)
from markerd.convert.ray.answers import parse_state, put_in_place, read_outcome
from markerd.convert.ray.crew import Crew
from markerd.convert.ray.driver_link import DriverLink
from markerd.convert.ray.remote_actor import RemoteActor
from markerd.convert.ray.settings import DriverSettings
from markerd.errors import (
    ModelsMissingError,
    UnavailableError,
)
from markerd.files import trees
from markerd.logs import Log

_CLEANUP_S = 150.0


class RayPool:
    """As many converters as `settings.ray` says. `tick` is called every 0.2 s while one works, and may raise
    StopNowError."""

    def __init__(
        self, settings: DriverSettings, log: Log, tick: Callable[[], None], wakeup: Wakeup | None = None
    ) -> None:
        self._settings, self._log, self._tick, self._wakeup = settings, log, tick, wakeup
        self._link = DriverLink(settings, log, self._take, self._put_back_all)
        self._crew = Crew(settings.ray, log, self._link.send)
        self._info: ConverterInfo | None = None
        self._judge: Judge = lambda _state, _report: None

    @property
    def capacity(self) -> int:
        return len(self._crew.actors)

    @property
    def window(self) -> int:
        return self._settings.ray.window * self.capacity

    @property
    def spare(self) -> int:
        return self._crew.spare

    @property
    def absence(self) -> Absence | None:
        since_s = self._link.away_since_s
        return None if since_s is None else Absence(since_s, f"the cluster is away: {self._link.reason}")

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
        failures = [actor.failure for actor in self._crew.wanted if actor.failure is not None]
        if len(failures) == len(self._crew.wanted):
            self.stop()
            raise failures[0]

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        self.start()
        while (idle := next((actor for actor in self._crew.wanted if actor.is_idle), None)) is None:
            self._go_on()
        idle.forget_problems()
        self._link.send("check_options", actor=idle.number, options=dict(options))
        while idle.is_up:
            self._go_on()
            if idle.problems is not None:
                return idle.problems
        raise UnavailableError(f"the actor was lost: {idle.reason}")

    def _go_on(self) -> None:
        self._wait(POLL_S)
        self._tick()
        self._link.listen()

    # --- tasks --------------------------------------------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        self._crew.waiting.put(task)
        self._look_after_crew()

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        deadline_s = time.monotonic() + timeout_s
        self.look_after()
        while not self._crew.outcomes and (left_s := deadline_s - time.monotonic()) > 0:
            is_woken = self._wait(left_s, is_wakeable=True)
            self._tick()
            self.look_after()
            if is_woken:
                break
        outcomes, self._crew.outcomes = self._crew.outcomes, []
        return outcomes

    def look_after(self) -> None:
        self._link.listen()
        self._look_after_crew()

    def _look_after_crew(self) -> None:
        if self._link.driver is not None:
            self._crew.look_after()

    def _wait(self, timeout_s: float, *, is_wakeable: bool = False) -> bool:
        """Wait until the driver has something to say; returns whether it was the wake-up that ended the wait."""
        driver = self._link.list_descriptors()
        is_watching = not driver or bool(self._crew.sent)
        timeout_s = 0.0 if self._link.has_unread else min(timeout_s, POLL_S) if is_watching else timeout_s
        return wait_for_news(driver, timeout_s, self._wakeup if is_wakeable else None)

    def withdraw(self) -> list[Task]:
        return self._crew.withdraw()

    def cancel(self, order: int) -> None:
        self._crew.cancel(order)

    def give_up(self, reason: str) -> None:
        self._crew.give_up(reason)

    def _put_back_all(self, reason: str) -> None:
        """The driver ended."""
        self._crew.put_back_all(reason)

    # --- what the driver says -----------------------------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        op = message["op"]
        if op == "pages":
            self._crew.note_pages(message["attempt"], wire_format.parse_count(message["pages"]))
        else:
            actor = self._crew.actors[message["actor"]]
            if actor.is_wanted and message["hire"] == actor.hire:
                self._take_from_actor(actor, op, message)

    def _take_from_actor(self, actor: RemoteActor, op: str, message: Message) -> None:
        if op == "up":
            self._note_up(actor, message)
        elif op == "not_up":
            actor.fail(str(message["message"]), ModelsMissingError if message["is_missing"] else UnavailableError)
        elif op == "seen":
            actor.see(parse_state(message["state"]))
        elif op == "log":
            actor.relay.log_event(message)
        elif op == "away":
            self._note_away(actor, message)
        elif op == "lost":
            self._crew.note_lost(actor, message)
            self._crew.begin_next(actor)
        elif op == "back":
            self._crew.note_back(actor, message["attempt"])
        elif op == "done":
            self._note_done(actor, message)
        elif op == "cleaned":
            self._note_cleaned(actor, message["report"])
        elif op == "options":
            actor.problems = wire_format.parse_problems(message)

    def _note_up(self, actor: RemoteActor, message: Message) -> None:
        actor.come_up()
        self._info = self._info or wire_format.parse_info(message["info"])
        self._link.note_up()

    def _note_away(self, actor: RemoteActor, message: Message) -> None:
        reason = str(message["reason"])
        if actor.is_up:  # else it is being tried again, and still away
            self._log.warning("cluster.actor_lost", actor=actor.number, node=actor.log.node, reason=reason)
        self._crew.note_lost(actor, message)
        self._crew.part_with(actor, reason)

    def _note_done(self, actor: RemoteActor, message: Message) -> None:
        attempt = message["attempt"]
        assert self._link.driver is not None
        arrived = self._link.driver.folder / str(int(attempt))
        task = self._crew.note_end(actor, attempt)
        self._crew.begin_next(actor)
        if task is None:
            trees.remove(arrived)  # of a document that was given up
            return
        outcome = read_outcome(task, message["outcome"])
        try:
            put_in_place(arrived, task, outcome)
        except OSError as error:  # the spool is full, or was removed
            outcome = TaskOutcome(task, error=error)
        self._crew.outcomes.append(outcome)
        if task.demands_renewal(outcome.error):
            self._crew.recycle(actor, RENEWED_AFTER_FAULT)
        self._note_cleaned(actor, message["report"])

    def _note_cleaned(self, actor: RemoteActor, described: Message | None) -> None:
        actor.is_cleaning = False
        report = None if described is None else wire_format.parse_report(described)
        if report is not None:
            actor.relay.count_cleanup(len(report.removed))
        reason = self._judge(actor.state, report)
        if reason is not None:
            self._crew.recycle(actor, reason)

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def judge_with(self, judge: Judge) -> None:
        self._judge = judge

    def cleanup(self, point: CleanupPoint) -> None:
        deadline_s = time.monotonic() + _CLEANUP_S
        while any(sent.task is not None for sent in self._crew.sent):
            self._go_on()
        for actor in self._crew.wanted:
            if actor.is_idle:
                actor.is_cleaning = True
                self._link.send("cleanup", actor=actor.number, point=point.value)
        while any(actor.is_cleaning for actor in self._crew.actors) and time.monotonic() < deadline_s:
            self._go_on()

    def recycle(self, reason: str) -> None:
        for actor in self._crew.wanted:
            if actor.is_up:
                self._crew.recycle(actor, reason)

    def tend(self) -> None:
        self.look_after()

    def state(self) -> ConverterState:
        return add_states([actor.describe() for actor in self._crew.actors])

    def states(self) -> list[ConverterState]:
        return [self.state(), *(actor.describe() for actor in self._crew.wanted)]

    def stop(self) -> None:
        with suppress(OSError):
            self.give_up("the converters are stopped")
        self._link.stop()
        for actor in self._crew.actors:
            actor.leave("the converters are stopped")
