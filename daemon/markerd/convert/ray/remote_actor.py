"""An actor as the daemon sees it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from markerd.convert.process.event_relay import EventRelay
from markerd.convert.protocol import ConverterState
from markerd.convert.protocol.pool import Task
from markerd.errors import UnavailableError
from markerd.logs import Log

_UNSEEN = ConverterState(pid=None, rss_bytes=None, documents=0, semaphores=None, model_set=None)


class ActorLog:
    """The daemon's log for the events of one actor: each record has its number, and its node as far as it is known."""

    def __init__(self, log: Log, number: int) -> None:
        self._log, self._number = log, number
        self.node = ""

    def debug(self, event: str, **fields: Any) -> None:
        self._log.debug(event, **fields, actor=self._number, node=self.node)

    def info(self, event: str, **fields: Any) -> None:
        self._log.info(event, **fields, actor=self._number, node=self.node)

    def warning(self, event: str, **fields: Any) -> None:
        self._log.warning(event, **fields, actor=self._number, node=self.node)

    def error(self, event: str, **fields: Any) -> None:
        self._log.error(event, **fields, actor=self._number, node=self.node)


@dataclass
class RemoteActor:
    """An actor with what it does: `attempt` is that of the document in work, 0 where there is none.

    `task` is None beside an attempt that was given up: the actor is not free before its end. `failure` says why its
    models did not load. `state` is the last that was seen of it.
    """

    number: int
    log: ActorLog
    relay: EventRelay
    is_up: bool = False
    task: Task | None = None
    attempt: int = 0
    pages: int = 0
    is_cleaning: bool = False
    state: ConverterState = _UNSEEN
    failure: UnavailableError | None = None
    reason: str = ""
    problems: list[str] | None = None
    """Its last answer about options of Marker."""
    _before: ConverterState = field(default=_UNSEEN)
    """What the processes before the present one of this actor counted."""

    @property
    def is_free(self) -> bool:
        return self.is_up and self.attempt == 0 and not self.is_cleaning

    def take_task(self) -> Task:
        """Return the task, which has come to its end: the actor is free."""
        assert self.task is not None
        task, self.task, self.attempt = self.task, None, 0
        return task

    def forget_problems(self) -> None:
        self.problems = None

    def come_up(self) -> None:
        self.is_up, self.failure, self.reason = True, None, ""

    def fail(self, reason: str, kind: type[UnavailableError]) -> None:
        self.failure = kind(reason)

    def see(self, state: ConverterState) -> None:
        """Take note of its state; `starts` and the other counts go on where the actor was started anew."""
        before, self.log.node = self._before, state.node
        self.state = replace(
            state,
            starts=before.starts + state.starts,
            deaths=before.deaths + state.deaths,
            cleanups=self.relay.cleanups,
            removed=self.relay.removed,
        )

    def leave(self, reason: str) -> None:
        """It is out of use until it comes up again."""
        self.is_up, self.is_cleaning, self.reason = False, False, reason
        self.task, self.attempt = None, 0
        self._before = self.state
        self.state = replace(
            self.state, pid=None, rss_bytes=None, documents=0, is_retiring=False, replacement_pid=None, node=""
        )


def build_actor(number: int, log: Log) -> RemoteActor:
    """Build the actor of that number; its events go to the log."""
    own = ActorLog(log, number)
    return RemoteActor(number, own, EventRelay(own))
