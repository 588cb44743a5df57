"""The calls to actors that are under way: each has a deadline, and its end comes through the driver's one queue."""

from __future__ import annotations

import itertools
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """A call of a method of the actor `actor`; `attempt` is that of the document, 0 where it is about none."""

    number: int
    actor: int
    method: str
    attempt: int = 0


@dataclass(frozen=True)
class CallEnd:
    """How a call ended: with a value, or with an error of Ray or of the actor."""

    call: Call
    value: Any = None
    error: BaseException | None = None


class Calls:
    """Begins calls, and knows which are late. The driver's main thread alone uses it.

    The end of a call arrives in the `inbox` by another thread. An end that nobody expects any more is not taken.
    """

    def __init__(self, inbox: queue.Queue[Any]) -> None:
        self._inbox = inbox
        self._numbers = itertools.count(1)
        self._due: dict[int, tuple[Call, float]] = {}

    def begin(
        self, actor: int, handle: Any, method: str, arguments: tuple[Any, ...], timeout_s: float, **how: Any
    ) -> Call:
        """Call the method. `how` has the attempt, and `group`, the concurrency group."""
        call = Call(next(self._numbers), actor, method, how.get("attempt", 0))
        self._due[call.number] = (call, time.monotonic() + timeout_s)
        bound = getattr(handle, method)
        if "group" in how:
            bound = bound.options(concurrency_group=how["group"])
        future: Future[Any] = bound.remote(*arguments).future()
        future.add_done_callback(self._announce(call))
        return call

    def _announce(self, call: Call) -> Callable[[Future[Any]], None]:
        def announce(future: Future[Any]) -> None:
            error = future.exception()
            self._inbox.put(CallEnd(call, None if error is not None else future.result(), error))

        return announce

    def take(self, call: Call) -> bool:
        """Whether the end of this call is still expected; it is not afterwards."""
        return self._due.pop(call.number, None) is not None

    def set_timeout(self, call: Call, timeout_s: float) -> None:
        """Let the call take so long from now on."""
        if call.number in self._due:
            self._due[call.number] = (call, time.monotonic() + timeout_s)

    def forget_actor(self, actor: int) -> list[Call]:
        """Expect no end of this actor's calls any more; returns those that were under way."""
        calls = [call for call, _ in self._due.values() if call.actor == actor]
        for call in calls:
            del self._due[call.number]
        return calls

    def take_late(self) -> list[Call]:
        """Return the calls whose deadline has passed; their ends are not expected any more."""
        now_s = time.monotonic()
        late = [call for call, due_s in self._due.values() if due_s <= now_s]
        for call in late:
            del self._due[call.number]
        return late

    def is_under_way(self, actor: int, method: str) -> bool:
        return any(call.actor == actor and call.method == method for call, _ in self._due.values())
