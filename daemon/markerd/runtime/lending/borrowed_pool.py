"""The converters of the running daemon, as a command uses them: see `Pool`.

The command stages and publishes by itself, in a folder of the daemon's spool; the daemon's converters only convert.
When the daemon ends, all tasks are lost, and the command goes on with converters of its own.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markerd import __version__
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.protocol import ConverterInfo, ConverterState, JoinRequest
from markerd.convert.protocol.pool import Judge, Task, TaskOutcome
from markerd.errors import DaemonGoneError
from markerd.files import trees
from markerd.files.readiness import wait_until_readable
from markerd.runtime.lending import channel

_POLL_S = 0.2
_PREPARED = 2
"""Documents in work: the one that is converted, and the next one. The daemon's other converters are for its own."""


class BorrowedPool:
    """`tick` is called every 0.2 s while it waits, and may raise StopNowError. Raises DaemonGoneError at the end."""

    capacity = 1
    window = _PREPARED
    spare = 0
    absence = None

    def __init__(self, connection: socket.socket, tick: Callable[[], None]) -> None:
        self._connection = connection
        self._reader = channel.Reader(connection)
        self._tick = tick
        self._messages: list[Message] = []
        self._is_gone = False
        self._tasks: dict[int, Task] = {}
        self._last_number = 0
        self._info: ConverterInfo | None = None
        self.spool_root = Path()

    # --- what the daemon says ---------------------------------------------------------------------------------------

    def start(self) -> ConverterInfo:
        """Wait until the daemon, whose models may still load, gives a folder in its spool."""
        self._send("hello", version=__version__)
        message = self._await("welcome")
        self.spool_root = Path(message["folder"])
        self._info = wire_format.parse_info(message["info"])
        return self._info

    @property
    def info(self) -> ConverterInfo:
        return self._info or self.start()

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        self._send("check_options", options=dict(options))
        return wire_format.parse_problems(self._await("problems"))

    def _await(self, op: str) -> Message:
        while True:
            self._receive(_POLL_S)
            for message in self._messages:
                if message["op"] == op:
                    self._messages.remove(message)
                    return message
            self._demand_there()
            self._tick()

    def _receive(self, timeout_s: float) -> None:
        if not self._is_gone and wait_until_readable([self._connection.fileno()], timeout_s):
            messages = self._reader.read()
            self._is_gone = messages is None
            self._messages += messages or []

    def _send(self, op: str, **fields: Any) -> None:
        try:
            self._connection.sendall(channel.encode(op, **fields))
        except OSError:
            self._is_gone = True
        self._demand_there()

    def _demand_there(self) -> None:
        if self._is_gone and not self._messages:
            raise DaemonGoneError("the daemon has stopped")

    # --- tasks ------------------------------------------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        self._last_number += 1
        self._tasks[self._last_number] = task
        op = "join" if isinstance(task.request, JoinRequest) else "convert"
        renewed = task.is_renewed_after_fault
        self._send(op, number=self._last_number, is_renewed_after_fault=renewed, **asdict(task.request))

    def poll(self, timeout_s: float) -> list[TaskOutcome]:
        deadline_s = time.monotonic() + timeout_s
        while True:
            self._receive(min(_POLL_S, max(deadline_s - time.monotonic(), 0.0)))
            outcomes = self._take_outcomes()
            self._tick()
            if outcomes or time.monotonic() >= deadline_s:
                return outcomes
            self._demand_there()

    def _take_outcomes(self) -> list[TaskOutcome]:
        messages, self._messages = self._messages, []
        return [outcome for message in messages if (outcome := self._follow(message)) is not None]

    def _follow(self, message: Message) -> TaskOutcome | None:
        task = self._tasks.get(wire_format.parse_count(message["number"]))
        if task is None:
            return None
        if message["op"] == "started":
            task.on_start()
        elif message["op"] == "pages":
            task.on_pages(wire_format.parse_count(message["pages"]))
        else:
            del self._tasks[message["number"]]
            if message["op"] == "error":
                return TaskOutcome(task, error=wire_format.parse_error(message))
            self._info = wire_format.parse_info(message["info"])
            return TaskOutcome(task, wire_format.parse_result(message))
        return None

    def look_after(self) -> None:
        self._receive(0.0)

    def withdraw(self) -> list[Task]:
        return []

    def cancel(self, order: int) -> None:
        """Forget them: what the daemon says of them is not heard."""
        self._tasks = {number: task for number, task in self._tasks.items() if task.order != order}

    def give_up(self, reason: str) -> None:  # noqa: ARG002 - the daemon drops them at the end of the connection
        self._tasks.clear()

    # --- what is the daemon's to do ---------------------------------------------------------------------------------

    def judge_with(self, judge: Judge) -> None:
        """Do nothing: the daemon judges its converters."""

    def cleanup(self, point: CleanupPoint) -> None:
        """Do nothing: the daemon cleans up."""

    def recycle(self, reason: str) -> None:
        """Do nothing: the daemon replaces its converters."""

    def tend(self) -> None:
        """Do nothing."""

    def state(self) -> ConverterState:
        return ConverterState(pid=None, rss_bytes=None, documents=0, semaphores=None, model_set=None)

    def states(self) -> list[ConverterState]:
        return [self.state()] * 2

    def stop(self) -> None:
        """End the connection. Who did not end it removes the folder: both at once would meet each other's halves.

        The daemon waits with that until no converter has anything of it.
        """
        self._receive(0.0)
        self._connection.close()
        if self._is_gone and self.spool_root != Path():
            with suppress(OSError):
                trees.remove(self.spool_root)


@contextmanager
def borrow_converters(state_dir: Path, tick: Callable[[], None]) -> Iterator[BorrowedPool | None]:
    """Borrow the converters of the daemon that holds the state directory; None where there is none to be had.

    Raise DaemonGoneError where it ends before it has answered, and what `tick` raises.
    """
    connection = channel.connect(state_dir)
    if connection is None:
        yield None
        return
    os.set_inheritable(connection.fileno(), False)
    pool = BorrowedPool(connection, tick)
    try:
        pool.start()
        yield pool
    finally:
        pool.stop()
