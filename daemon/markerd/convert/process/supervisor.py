"""Who owns the converter process: it is started, replaced without a gap, and ended here.

Where memory allows, a standby loads its models while the old process goes on converting, and takes over between two
documents.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.event_relay import EventRelay
from markerd.convert.process.memory_limits import Memory
from markerd.convert.process.memory_watch import MemoryWatch
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.process.startup import Launcher
from markerd.convert.process.warm_standby import WarmStandby
from markerd.convert.protocol import ConverterInfo, ConverterState
from markerd.errors import UnavailableError
from markerd.logs import Log
from markerd.values import make_printable

POLL_S = 0.2
_Value = TypeVar("_Value")
Steps = Generator[None, None, _Value]
"""Work that waits for a converter process: it yields wherever it has to wait, and is resumed when a message came, or
every `POLL_S` seconds. What is thrown into it where it waits ends it."""
_MOST_ROBBED = 3  # starts for a converter whose folder is removed while it loads
_LOADED_BYTES = 1 << 30  # assumed for a converter with its models, until one was measured


@dataclass
class InService:
    """The process that converts, and what is known of it; what stays known after its end is its `info`.

    `semaphores` are those of the last cleanup. `documents` counts those of this process.
    """

    child: ChildProcess | None = None
    info: ConverterInfo | None = None
    documents: int = 0
    semaphores: int | None = None


class Supervisor:
    """Owns at most two processes: the one in service, and its standby.

    `memory_watch` counts both against the ceiling, with those of the other supervisors that have the same watch.
    `measure_memory` says what room there is for a standby.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        relay: EventRelay,
        memory_watch: MemoryWatch,
        measure_memory: Callable[[], Memory],
    ) -> None:
        self._relay = relay
        self._log = log
        self._spool = settings.working_dir
        self._measure_memory = measure_memory
        self._launcher = Launcher(settings, log, relay.log_event)
        self._memory_watch = memory_watch
        memory_watch.watch(self.list_children)
        self._standby = WarmStandby(self._launcher)
        self.in_service = InService()
        self.is_retiring = False
        self._may_overlap = False
        self._loaded_bytes = _LOADED_BYTES

    # --- start --------------------------------------------------------------------------------------------------------

    def start(self) -> Steps[ConverterInfo]:
        """Load the models, or end at once when they are loaded.

        Raises ModelsMissingError, UnavailableError.
        """
        if self.in_service.child is not None and not self.in_service.child.is_alive():
            self.kill("it ended while it had nothing to do")  # no document is to blame
        self.tend()
        self._stop_without_folder()
        for _ in range(_MOST_ROBBED):
            child = yield from self.ensure_child()
            try:
                return (yield from self._load_models(child))
            except UnavailableError:
                if child.has_folder():
                    raise
            finally:
                if self.in_service.info is None:
                    self.kill("it did not get ready")
        return (yield from self._load_models((yield from self.ensure_child())))

    def _stop_without_folder(self) -> None:
        """Stop the process where somebody removed the spool: it cannot get another folder once it is confined."""
        child = self.in_service.child
        if child is not None and not child.has_folder():
            self._log.warning("spool.renewed", spool=make_printable(str(self._spool)))
            self.stop()

    def ensure_child(self) -> Steps[ChildProcess]:
        """Find the process in service, with its models or still without; launch one where there is none."""
        yield from self._await_standby()
        if self.in_service.child is None:
            self.in_service = InService(self._launcher.launch())
        assert self.in_service.child is not None
        return self.in_service.child

    def _load_models(self, child: ChildProcess) -> Steps[ConverterInfo]:
        if self.in_service.info is None:
            loading = self._launcher.load_models(child)
            while (info := loading.poll()) is None:
                yield
            self.in_service.info = info
            self._loaded_bytes = child.measure_tree_rss() or self._loaded_bytes
        return self.in_service.info

    # --- memory -------------------------------------------------------------------------------------------------------

    def list_children(self) -> list[ChildProcess]:
        """List the processes that there are."""
        return [child for child in (self.in_service.child, self._standby.child) if child is not None]

    def give_up_standby(self, reason: str) -> bool:
        """End the standby as one that failed; returns False where there is none."""
        has_standby = self._standby.child is not None
        self._standby.give_up(reason)
        return has_standby

    # --- replacement, between documents -------------------------------------------------------------------------------

    def retire(self) -> None:
        """Have the process in service replaced; `tend` does it."""
        self.is_retiring = self._may_overlap = self.in_service.child is not None

    def tend(self) -> None:
        """Start a standby where one is wanted, and let it take over once it is ready."""
        if self.is_retiring and self._standby.child is None:
            self._begin_replacement()
        self._standby.poll()
        self._take_over()

    def watch_standby(self) -> None:
        """Take note of what the standby says; it does not take over yet."""
        self._standby.poll()

    def _begin_replacement(self) -> None:
        available_bytes = self._measure_memory().available_bytes
        if self._may_overlap and self._memory_watch.has_room_for_another(self._loaded_bytes, available_bytes):
            self._standby.begin()
            self._may_overlap = False  # one that fails is not tried again
        else:
            self._stop_in_service()  # its end makes room for its successor

    def _await_standby(self) -> Steps[None]:
        """Where the old process is gone, its successor has begun to load already."""
        while self.in_service.child is None and self._standby.child is not None:
            yield
            self._standby.poll()
            self._take_over()

    def _take_over(self) -> None:
        """Put the standby in service, if it is ready."""
        ready = self._standby.take_if_ready()
        if ready is not None:
            self._stop_in_service()
            self.in_service = InService(*ready)

    # --- end ----------------------------------------------------------------------------------------------------------

    def kill(self, reason: str, *, is_on_purpose: bool = False) -> str:
        """End the process in service as one that failed; returns how it ended. `reason` counts where it still ran.

        If `is_on_purpose`, it is known to run.
        """
        child, self.in_service.child = self.in_service.child, None
        self.is_retiring = False
        return reason if child is None else self._launcher.end_failed(child, reason, is_on_purpose=is_on_purpose)

    def ask_to_stop(self) -> None:
        """Let the process in service begin to end."""
        if self.in_service.child is not None:
            with suppress(BrokenPipeError):
                self.in_service.child.send("stop")

    def stop(self) -> None:
        """End both processes. It is safe to call this twice."""
        self._standby.stop()
        self._stop_in_service()

    def _stop_in_service(self) -> None:
        child, self.in_service.child = self.in_service.child, None
        self.is_retiring = False
        if child is not None:
            child.stop()

    # --- for status ---------------------------------------------------------------------------------------------------

    def describe_state(self) -> ConverterState:
        current, child, standby = self.in_service, self.in_service.child, self._standby.child
        return ConverterState(
            pid=child.pid if child else None,
            rss_bytes=child.estimate_tree_rss() if child else None,
            documents=current.documents if child else 0,
            semaphores=current.semaphores if child else None,
            model_set=current.info.model_set if current.info else None,
            starts=self._launcher.starts,
            deaths=self._launcher.deaths,
            cleanups=self._relay.cleanups,
            removed=self._relay.removed,
            is_retiring=self.is_retiring,
            replacement_pid=standby.pid if standby else None,
        )
