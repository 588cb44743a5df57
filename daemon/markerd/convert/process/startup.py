"""How a converter process begins: it is launched, it loads its models, and one that fails is ended and reported.

Models load while the daemon waits at the start, or beside another converter that goes on converting.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable

from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.process import wire_format
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.message_pipes import Message
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterInfo
from markerd.errors import ConverterDiedError, ModelsMissingError, UnavailableError
from markerd.logs import Log

_LOAD_TIMEOUT_S = 900.0
_NONE_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
_MOST_MESSAGES = 100
"""So many messages of one process are read before the others, and the clock, are looked at again."""


class ModelLoading:
    """Asks the process to load its models; `info` is what it runs on, once they are loaded.

    Whatever goes wrong meanwhile is no document's fault, and an UnavailableError.
    """

    def __init__(self, child: ChildProcess, log_event: Callable[[Message], None]) -> None:
        self.child = child
        self.info: ConverterInfo | None = None
        self._log_event = log_event
        self._deadline_s = time.monotonic() + _LOAD_TIMEOUT_S
        with contextlib.suppress(BrokenPipeError):  # the other pipe will tell that the process has ended
            child.send("start")

    def poll(self) -> ConverterInfo | None:
        """Take the messages that are there, and return what the process runs on; None while it loads.

        Raises ModelsMissingError, UnavailableError.
        """
        if self.info is not None:
            if not self.child.is_alive():
                raise UnavailableError("the converter ended before its first document")
            return self.info
        try:
            for message in self.child.receive_waiting(_MOST_MESSAGES):
                self._take(message)
                if message["op"] != "log":
                    break
        except ConverterDiedError as error:
            raise UnavailableError(f"the converter ended while it loaded the models ({error})") from error
        if self.info is None and time.monotonic() >= self._deadline_s:
            raise UnavailableError(f"the models did not load within {_LOAD_TIMEOUT_S:.0f} s")
        return self.info

    def _take(self, message: Message) -> None:
        if message["op"] == "log":
            self._log_event(message)
            return
        with wire_format.demand_known_form():
            if message["op"] == "unavailable":
                kind = ModelsMissingError if message["is_missing"] else UnavailableError
                raise kind(str(message["message"]))
            self.info = wire_format.parse_info(message)


class Launcher:
    """Launches converter processes and ends those that failed; it counts both over the daemon's life."""

    def __init__(self, settings: ProcessSettings, log: Log, log_event: Callable[[Message], None]) -> None:
        self._settings = settings
        self._log = log
        self._log_event = log_event
        self.starts = self.deaths = 0

    def launch(self) -> ChildProcess:
        """Start a process without models.

        Raises UnavailableError where no memory, process or descriptor is left for one, and OSError where the spool is
        full or was removed.
        """
        try:
            child = ChildProcess(self._settings, self._log)
        except OSError as error:
            if error.errno not in _NONE_LEFT:
                raise
            raise UnavailableError(f"no converter process can be started: {error.strerror}") from error
        self.starts += 1
        self._log.info("converter.started", converter_pid=child.pid)
        return child

    def load_models(self, child: ChildProcess) -> ModelLoading:
        return ModelLoading(child, self._log_event)

    def end_failed(self, child: ChildProcess, reason: str, *, is_on_purpose: bool = False) -> str:
        """Kill a process with all that it started, and log its death.

        If `is_on_purpose`, it is known to run, and nobody waits for it to end by itself.

        Returns how it had ended by itself, else `reason`.
        """
        self.deaths += 1
        ending = child.kill(is_on_purpose=is_on_purpose) or reason
        self._log.warning("converter.died", converter_pid=child.pid, reason=ending, last_output=child.last_output())
        sweep_dead_daemons()  # removes the names of semaphores that the process could not unlink any more
        return ending
