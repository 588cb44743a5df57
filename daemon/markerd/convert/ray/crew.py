"""The actors that are wanted, and which of them has which document.

An actor has two documents, as far as there are so many: it begins with the second one as soon as the first one ends.
One that waits behind another is taken back where an actor has nothing to do, or for a document that came earlier.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Protocol

from markerd.convert.process.message_pipes import Message
from markerd.convert.protocol import JoinRequest
from markerd.convert.protocol.pool import Task, TaskOutcome
from markerd.convert.protocol.waiting_line import WaitingLine
from markerd.convert.ray.answers import read_loss
from markerd.convert.ray.remote_actor import RemoteActor, SentTask, build_actor
from markerd.convert.ray.settings import RaySettings
from markerd.logs import Log


class Send(Protocol):
    """Sends a message to the driver; without one it is lost, as the driver's end tells."""

    def __call__(self, op: str, **fields: object) -> None: ...


class Crew:
    """The actors from number 0 on. Each document that is sent has an attempt number of its own.

    `outcomes` are those that the pool has not handed back yet.
    """

    def __init__(self, settings: RaySettings, log: Log, send: Send) -> None:
        self._settings, self._send = settings, send
        self.actors = [build_actor(number, log) for number in range(settings.max_actors)]
        self.waiting = WaitingLine()
        self.outcomes: list[TaskOutcome] = []
        self._attempts = 0
        self._want_least()

    def _want_least(self) -> None:
        """A driver begins with the least number of actors."""
        for actor in self.actors:
            actor.is_wanted, actor.hire = actor.number < self._settings.min_actors, 0

    @property
    def wanted(self) -> list[RemoteActor]:
        return [actor for actor in self.actors if actor.is_wanted]

    @property
    def sent(self) -> list[SentTask]:
        """All attempts whose end is awaited."""
        return [each for actor in self.actors for each in actor.sent]

    # --- to the actors ------------------------------------------------------------------------------------------------

    def look_after(self) -> None:
        """Send what waits to the actors that have room for it; have as many actors as there is work for."""
        self._hand_out()
        self._take_back_for_idle()
        self._grow()
        self._shrink()

    def _hand_out(self) -> None:
        """Idle actors come first. One that converted a part keeps itself free for the next part of the document."""
        parts = sum(outcome.result is not None and outcome.result.is_part for outcome in self.outcomes)
        idle = [actor for actor in self.wanted if actor.is_idle]
        kept = idle[max(len(idle) - parts, 0) :]
        while len(self.waiting) > 0:
            able = [actor for actor in self.wanted if actor.has_room and actor not in kept]
            if able:
                self._begin(min(able, key=lambda actor: len(actor.sent)), self.waiting.take())
            elif not self._make_way():
                return

    def _make_way(self) -> bool:
        """Take back the latest document that is not begun, where the first one that waits came before it."""
        unbegun = [
            (sent.task.order, actor)
            for actor in self.wanted
            for sent in actor.sent
            if sent.task is not None and not sent.is_begun
        ]
        latest, actor = max(unbegun, key=operator.itemgetter(0), default=(-1, None))
        if actor is None or latest <= self.waiting.first_order:
            return False
        first = self.waiting.take()
        self._recall_unbegun(actor)
        self._begin(actor, first)
        return True

    def _begin(self, actor: RemoteActor, task: Task) -> None:
        self._attempts += 1
        sent = SentTask(self._attempts, task)
        actor.sent.append(sent)
        if self._start_first(actor):
            op = "join" if isinstance(task.request, JoinRequest) else "convert"
            self._send(op, actor=actor.number, attempt=sent.attempt, **asdict(task.request))
        else:
            actor.end(sent.attempt)

    def _start_first(self, actor: RemoteActor) -> bool:
        """Note that the actor begins with its first document; returns False where that is not wanted any more."""
        first = actor.sent[0] if actor.sent else None
        if first is None or first.is_begun or first.task is None:
            return True
        first.is_begun = True
        return self._tell(first, first.task.on_start)

    def _tell(self, sent: SentTask, callback: Callable[[], None]) -> bool:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - the document's work raises it again
            self.outcomes.append(TaskOutcome(sent.take_task(), error=error))
            return False
        return True

    def _take_back_for_idle(self) -> None:
        """Take documents that wait behind others back, for actors that have nothing to do."""
        idle = sum(actor.is_idle for actor in self.wanted)
        for actor in self.wanted:
            if idle > 0 and len(self.waiting) == 0 and self._recall_unbegun(actor):
                idle -= 1
                self._hand_out()

    def _recall_unbegun(self, actor: RemoteActor) -> list[Task]:
        """Take back what the actor has not begun; it comes back unconverted."""
        unbegun = [sent for sent in actor.sent if sent.is_unbegun]
        tasks = [sent.take_task() for sent in unbegun]
        for sent, task in zip(unbegun, tasks, strict=True):
            self._send("recall", actor=actor.number, attempt=sent.attempt)
            self.waiting.put(task)
        return tasks

    def withdraw(self) -> list[Task]:
        """Take back all tasks that no actor has begun."""
        for actor in self.actors:
            self._recall_unbegun(actor)
        return self.waiting.take_all()

    def cancel(self, order: int) -> None:
        """End what is left of the tasks of that document."""
        self.waiting.remove(order)
        self.outcomes = [outcome for outcome in self.outcomes if outcome.task.order != order]
        for actor in self.actors:
            for sent in actor.sent:
                if sent.task is not None and sent.task.order == order:
                    self._give_up(actor, sent, "its document is not wanted any more")

    def give_up(self, reason: str) -> None:
        self.withdraw()
        self.outcomes = []
        for actor in self.actors:
            for sent in actor.sent:
                if sent.task is not None:
                    self._give_up(actor, sent, reason)

    def _give_up(self, actor: RemoteActor, sent: SentTask, reason: str) -> None:
        """Let the actor end the document, or not begin with it."""
        self._send("give_up", actor=actor.number, attempt=sent.attempt, reason=reason)
        sent.task = None

    def recycle(self, actor: RemoteActor, reason: str) -> None:
        actor.state = replace(actor.state, is_retiring=True)
        self._send("recycle", actor=actor.number, reason=reason)

    # --- from the actors ----------------------------------------------------------------------------------------------

    def put_back_all(self, reason: str) -> None:
        """The driver ended, and the actors with it: what they had goes back into the line."""
        for actor in self.actors:
            self.part_with(actor, reason)
        self._want_least()

    def part_with(self, actor: RemoteActor, reason: str) -> None:
        """The actor is out of use: what it has goes back into the line, also what was sent while it was lost."""
        for task in actor.leave(reason):
            self.waiting.put(task)

    def note_pages(self, attempt: int, pages: int) -> None:
        actor = next((actor for actor in self.actors if actor.find(attempt) is not None), None)
        sent = None if actor is None else actor.find(attempt)
        if actor is None or sent is None or sent.task is None or pages <= sent.pages:
            return
        sent.pages = pages
        on_pages = sent.task.on_pages
        if not self._tell(sent, lambda: on_pages(pages)):
            self._give_up(actor, sent, "its document is not wanted any more")

    def note_lost(self, actor: RemoteActor, message: Message) -> None:
        """An attempt was lost with its actor, or on its way."""
        task = self.note_end(actor, message["attempt"])
        if task is not None:
            self.outcomes.append(TaskOutcome(task, error=read_loss(message)))

    def _tell_begun(self, sent: SentTask) -> bool:
        """Note that a document was begun, where that is heard of at its end only."""
        if sent.is_begun or sent.task is None:
            return True
        sent.is_begun = True
        return self._tell(sent, sent.task.on_start)

    def note_back(self, actor: RemoteActor, attempt: int) -> None:
        """A document did not reach its actor: it goes back into the line."""
        sent = actor.end(attempt)
        if sent is not None and sent.task is not None:
            self.waiting.put(sent.task)

    def note_end(self, actor: RemoteActor, attempt: int) -> Task | None:
        """An attempt ended with an answer; returns its task, or None where nobody wants the answer."""
        sent = actor.end(attempt)
        if sent is not None and sent.task is not None and self._tell_begun(sent):
            return sent.take_task()
        return None

    def begin_next(self, actor: RemoteActor) -> None:
        """The actor goes on with its next document."""
        first = actor.sent[0] if actor.sent else None
        if first is not None and not self._start_first(actor):
            self._send("give_up", actor=actor.number, attempt=first.attempt, reason="its document is not wanted")

    # --- their number -------------------------------------------------------------------------------------------------

    def _grow(self) -> None:
        """Ask for an actor for each document that waits, even behind another one."""
        for actor in self.actors[: self._count_tasks()]:
            if not actor.is_wanted:
                actor.begin_to_be_wanted()
                self._send("add", actor=actor.number, hire=actor.hire)

    @property
    def spare(self) -> int:
        """How many actors there may be beyond those that have something to do."""
        return max(len(self.actors) - self._count_tasks(), 0)

    def _count_tasks(self) -> int:
        return len(self.waiting) + sum(sent.task is not None for sent in self.sent)

    def _shrink(self) -> None:
        """Let the last actor go where it had nothing to do for a while, or could not be had so long."""
        wanted = self.wanted
        last = wanted[-1]
        if len(wanted) <= max(self._settings.min_actors, self._count_tasks()) or last.sent or last.is_cleaning:
            return
        if time.monotonic() - last.idle_since_s >= self._settings.idle_s:
            self.part_with(last, "there is no work for it")
            last.is_wanted = False
            self._send("remove", actor=last.number)
