"""The successor of a converter, while it loads its models beside the one that converts."""

from __future__ import annotations

import contextlib

from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.startup import Launcher, ModelLoading
from markerd.convert.protocol import ConverterInfo
from markerd.errors import UnavailableError


class WarmStandby:
    """At most one process at a time, launched and, where it fails, ended by `launcher`."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._loading: ModelLoading | None = None

    @property
    def child(self) -> ChildProcess | None:
        return None if self._loading is None else self._loading.child

    def begin(self) -> None:
        """Launch the process, unless no memory, process or descriptor is left for a second one."""
        with contextlib.suppress(OSError, UnavailableError):
            self._loading = self._launcher.load_models(self._launcher.launch())

    def poll(self) -> None:
        """Take the next message of the process, if it is there; a process that fails is given up."""
        if self._loading is None:
            return
        try:
            self._loading.poll()
        except UnavailableError as error:
            self.give_up(str(error))

    def give_up(self, reason: str) -> None:
        """End the process as one that failed."""
        loading, self._loading = self._loading, None
        if loading is not None:
            self._launcher.end_failed(loading.child, reason, is_on_purpose=True)

    def take_if_ready(self) -> tuple[ChildProcess, ConverterInfo] | None:
        """Return the process with its models, which is no standby any more; None while it loads."""
        loading = self._loading
        if loading is None or loading.info is None:
            return None
        self._loading = None
        return loading.child, loading.info

    def stop(self) -> None:
        """End the process at once: it has nothing to finish."""
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.child.kill(is_on_purpose=True)
            sweep_dead_daemons()
