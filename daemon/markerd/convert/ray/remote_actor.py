"""An actor as the daemon sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from markerd.convert.process.event_relay import EventRelay
from markerd.convert.protocol import ConversionRequest, ConverterState
from markerd.convert.protocol.pool import Task
from markerd.errors import UnavailableError
from markerd.logs import Log

_MOST_SENT = 2
"""Documents that an actor has: the one that it converts, and the next one, so that it never waits for the way there."""
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
class SentTask:
    """A document that an actor has. `task` is None where it was given up or taken back: its end is awaited still."""

    attempt: int
    task: Task | None
    is_begun: bool = False
    pages: int = 0

    @property
    def is_in_parts(self) -> bool:
        """Whether it is known to have more pages than a part: the next part follows it."""
        request = None if self.task is None else self.task.request
        return isinstance(request, ConversionRequest) and 0 < request.part_pages < self.pages

    @property
    def is_unbegun(self) -> bool:
        return self.task is not None and not self.is_begun

    def take_task(self) -> Task:
        """Take the task away: what becomes of this attempt does not matter any more."""
        assert self.task is not None
        task, self.task = self.task, None
        return task


@dataclass
class RemoteActor:
    """An actor with what it has: `sent` are its documents, of which it converts the first one.

    It `is_wanted` while it should be there, and `is_up` where it is. `failure` says why its models did not load.
    `state` is the last that was seen of it. `hire` tells apart those that had this number one after another: what is
    said of an earlier one comes too late.
    """

    number: int
    log: ActorLog
    relay: EventRelay
    hire: int = 0
    is_wanted: bool = False
    is_up: bool = False
    sent: list[SentTask] = field(default_factory=list)
    is_cleaning: bool = False
    idle_since_s: float = 0.0
    """Since when it has nothing to do, on the monotonic clock."""
    state: ConverterState = _UNSEEN
    failure: UnavailableError | None = None
    reason: str = ""
    problems: list[str] | None = None
    """Its last answer about options of Marker."""
    _before: ConverterState = field(default=_UNSEEN)
    """What the processes before the present one of this actor counted."""

    @property
    def is_idle(self) -> bool:
        return self.is_up and not self.sent and not self.is_cleaning

    @property
    def has_room(self) -> bool:
        """Whether it may have another document. Behind a part it has none: the next part comes."""
        is_in_parts = any(each.is_in_parts for each in self.sent)
        wanted = sum(each.task is not None for each in self.sent)
        return self.is_up and not self.is_cleaning and wanted < _MOST_SENT and not is_in_parts

    def find(self, attempt: int) -> SentTask | None:
        return next((each for each in self.sent if each.attempt == attempt), None)

    def end(self, attempt: int) -> SentTask | None:
        """The attempt has ended; returns it, or None where it is not one of this actor's."""
        ended = self.find(attempt)
        if ended is not None:
            self.sent.remove(ended)
            self.idle_since_s = time.monotonic()
        return ended

    def forget_problems(self) -> None:
        self.problems = None

    def begin_to_be_wanted(self) -> None:
        self.hire += 1
        self.is_wanted, self.failure, self.idle_since_s = True, None, time.monotonic()

    def come_up(self) -> None:
        self.is_up, self.failure, self.reason = True, None, ""
        self.idle_since_s = time.monotonic()

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

    def describe(self) -> ConverterState:
        """Return what was last seen of it, with what it has in work."""
        return replace(self.state, in_work=sum(sent.task is not None for sent in self.sent))

    def leave(self, reason: str) -> list[Task]:
        """It is out of use until it comes up again; returns what it had, which must go elsewhere."""
        self.is_up, self.is_cleaning, self.reason = False, False, reason
        tasks = [sent.task for sent in self.sent if sent.task is not None]
        self.sent = []
        self._before = self.state
        self.state = replace(
            self.state, pid=None, rss_bytes=None, documents=0, is_retiring=False, replacement_pid=None, node=""
        )
        return tasks


def build_actor(number: int, log: Log) -> RemoteActor:
    """Build the actor of that number; its events go to the log."""
    own = ActorLog(log, number)
    return RemoteActor(number, own, EventRelay(own))
