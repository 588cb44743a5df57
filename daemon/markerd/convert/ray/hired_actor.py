"""An actor as the driver sees it, and the end of those that are not wanted any more."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from markerd.convert.protocol import ConversionRequest, JoinRequest
from markerd.convert.ray.calls import Call

_STOP_S = 10.0
"""So long an actor may take to end its converter, before it is killed."""
FIRST_PING_S, LAST_PING_S = 10.0, 60.0
"""So long an actor that is not there yet may take for an answer before it is asked again; it doubles each time."""


class Stage(Enum):
    """How far an actor is: it was asked for, it loads its models, or it converts."""

    AWAITED = "awaited"
    LOADING = "loading"
    UP = "up"


@dataclass
class SentDocument:
    """A document that an actor has. `error` says that its call failed while the end of the one before is awaited."""

    call: Call
    request: ConversionRequest | JoinRequest
    pages: int = 0
    error: str = ""


@dataclass
class HiredActor:
    """Its `documents` are in the order in which it converts them; see `RemoteActor` for `hire`."""

    number: int
    hire: int
    handle: Any
    stage: Stage = Stage.AWAITED
    documents: list[SentDocument] = field(default_factory=list)
    try_at_s: float = 0.0
    ping_s: float = FIRST_PING_S
    look_at_s: float = 0.0

    def find(self, call: Call) -> SentDocument:
        return next(document for document in self.documents if document.call == call)

    def begin_again(self, handle: Any, rest_s: float) -> None:
        """It was lost, and is tried again after so many seconds."""
        self.handle, self.stage, self.documents = handle, Stage.AWAITED, []
        self.try_at_s, self.ping_s = time.monotonic() + rest_s, FIRST_PING_S


class Leavers:
    """Actors that end their converters, and then themselves. Each has a deadline for that."""

    def __init__(self) -> None:
        self._leaving: list[tuple[Any, Any, float]] = []

    def dismiss(self, handle: Any) -> None:
        self._leaving.append((handle, handle.stop.remote(), time.monotonic() + _STOP_S))

    def look_around(self) -> None:
        """Kill those that have ended their converters, and those that take too long. It does not wait."""
        import ray

        for leaver in list(self._leaving):
            handle, stopped, until_s = leaver
            done, _ = ray.wait([stopped], timeout=0)
            if done or time.monotonic() >= until_s:
                ray.kill(handle)
                self._leaving.remove(leaver)

    def finish(self) -> None:
        """Wait for all, and kill them."""
        import ray

        if self._leaving:
            asked = [stopped for _, stopped, _ in self._leaving]
            ray.wait(asked, num_returns=len(asked), timeout=_STOP_S)
        for handle, _, _ in self._leaving:
            ray.kill(handle)
        self._leaving = []
