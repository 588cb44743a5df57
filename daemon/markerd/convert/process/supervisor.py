"""Who owns the converter process: it is started, replaced without a gap, and ended here.

Where memory allows, a standby loads its models while the old process goes on converting, and takes over between two
documents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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

POLL_S = 0.2
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

    `tick` is called every `POLL_S` seconds while it waits; an exception of `tick` ends the wait. `measure_memory` says
    what room there is for a standby.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        log: Log,
        relay: EventRelay,
        tick: Callable[[], None],
        measure_memory: Callable[[], Memory],
    ) -> None:
        self._relay = relay
        self._tick = tick
        self._measure_memory = measure_memory
        self._launcher = Launcher(settings, log, relay.log_event)
        self._memory_watch = MemoryWatch(settings.max_rss_bytes)
        self._standby = WarmStandby(self._launcher)
        self.in_service = InService()
        self._is_retiring = False
        self._may_overlap = False
        self._loaded_bytes = _LOADED_BYTES

    # --- start --------------------------------------------------------------------------------------------------------

    def start(self) -> ConverterInfo:
        """Load the models, or return at once when they are loaded.

        Raises ModelsMissingError, UnavailableError, and what `tick` raises.
        """
        if self.in_service.child is not None and not self.in_service.child.is_alive():
            self.kill("it ended while it had nothing to do")  # no document is to blame
        self.tend()
        for _ in range(_MOST_ROBBED):
            child = self.ensure_child()
            try:
                return self._load_models(child)
            except UnavailableError:
                if child.has_folder():
                    raise
            finally:
                if self.in_service.info is None:
                    self.kill("it did not get ready")
        return self._load_models(self.ensure_child())

    def ensure_child(self) -> ChildProcess:
        """Return the process in service, with its models or still without; launch one where there is none."""
        self._await_standby()
        if self.in_service.child is None:
            self.in_service = InService(self._launcher.launch())
        assert self.in_service.child is not None
        return self.in_service.child

    def _load_models(self, child: ChildProcess) -> ConverterInfo:
        if self.in_service.info is None:
            loading = self._launcher.load_models(child)
            while (info := loading.poll(POLL_S)) is None:
                self._tick()
            self.in_service.info = info
            self._loaded_bytes = child.measure_tree_rss() or self._loaded_bytes
        return self.in_service.info

    # --- while a document is in work ----------------------------------------------------------------------------------

    def check_memory(self) -> None:
        """Take note of the standby, and give it up where both processes together are above the ceiling.

        Raises MemoryCeilingError where the process in service is above the ceiling by itself.
        """
        self._standby.poll()
        children = [child for child in (self.in_service.child, self._standby.child) if child is not None]
        taken_bytes = self._memory_watch.measure_excess(children)
        if taken_bytes is None:
            return
        if self._standby.child is None:
            raise self._memory_watch.build_error(taken_bytes)
        self._standby.give_up(f"it makes room: with the one that converts it took {taken_bytes >> 20} MB")

    # --- replacement, between documents -------------------------------------------------------------------------------

    def retire(self) -> None:
        """Have the process in service replaced; `tend` does it."""
        self._is_retiring = self._may_overlap = self.in_service.child is not None

    def tend(self) -> None:
        """Start a standby where one is wanted, and let it take over once it is ready."""
        if self._is_retiring and self._standby.child is None:
            self._begin_replacement()
        self._standby.poll()
        self._take_over()

    def _begin_replacement(self) -> None:
        available_bytes = self._measure_memory().available_bytes
        child = self.in_service.child
        if self._may_overlap and self._memory_watch.has_room_for_two(child, self._loaded_bytes, available_bytes):
            self._standby.begin()
            self._may_overlap = False  # one that fails is not tried again
        else:
            self._stop_in_service()  # its end makes room for its successor

    def _await_standby(self) -> None:
        """Where the old process is gone, its successor has begun to load already."""
        while self.in_service.child is None and self._standby.child is not None:
            self._tick()
            self._standby.poll(POLL_S)
            self._take_over()

    def _take_over(self) -> None:
        """Put the standby in service, if it is ready."""
        ready = self._standby.take_if_ready()
        if ready is not None:
            self._stop_in_service()
            self.in_service = InService(*ready)

    # --- end ----------------------------------------------------------------------------------------------------------

    def kill(self, reason: str) -> str:
        """End the process in service as one that failed; returns how it ended. `reason` counts where it still ran."""
        child, self.in_service.child = self.in_service.child, None
        self._is_retiring = False
        return reason if child is None else self._launcher.end_failed(child, reason)

    def stop(self) -> None:
        """End both processes. It is safe to call this twice."""
        self._standby.stop()
        self._stop_in_service()

    def _stop_in_service(self) -> None:
        child, self.in_service.child = self.in_service.child, None
        self._is_retiring = False
        if child is not None:
            child.stop()

    # --- for status ---------------------------------------------------------------------------------------------------

    def describe_state(self) -> ConverterState:
        current, child, standby = self.in_service, self.in_service.child, self._standby.child
        return ConverterState(
            pid=child.pid if child else None,
            rss_bytes=child.measure_tree_rss() if child else None,
            documents=current.documents if child else 0,
            semaphores=current.semaphores if child else None,
            model_set=current.info.model_set if current.info else None,
            starts=self._launcher.starts,
            deaths=self._launcher.deaths,
            cleanups=self._relay.cleanups,
            removed=self._relay.removed,
            is_retiring=self._is_retiring,
            replacement_pid=standby.pid if standby else None,
        )
