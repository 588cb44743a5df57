"""The successor of a converter, while it loads its models beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from markerd.convert.cleanup import sweep_dead_daemons
from markerd.convert.process.child_process import Child
from markerd.convert.process.startup import Loading
from markerd.convert.protocol import ConverterInfo
from markerd.errors import UnavailableError


class Standby:
    """At most one at a time. `load` starts one, `bury` ends and reports one that failed."""

    def __init__(self, load: Callable[[], Loading], bury: Callable[[Child, str], str]) -> None:
        self._load = load
        self._bury = bury
        self._loading: Loading | None = None

    @property
    def child(self) -> Child | None:
        return None if self._loading is None else self._loading.child

    def begin(self) -> None:
        with contextlib.suppress(OSError):  # no memory, process or descriptor is left for a second one
            self._loading = self._load()

    def poll(self, timeout_s: float = 0.0) -> None:
        """Take note of what it says, waiting so long for it; one that fails is given up."""
        if self._loading is None:
            return
        try:
            self._loading.poll(timeout_s)
        except UnavailableError as error:
            self.give_up(str(error))

    def give_up(self, reason: str) -> None:
        loading, self._loading = self._loading, None
        if loading is not None:
            self._bury(loading.child, reason)

    def taken_if_ready(self) -> tuple[Child, ConverterInfo] | None:
        """The process with its models, which is no standby from then on; None while it loads."""
        loading = self._loading
        if loading is None or loading.info is None:
            return None
        self._loading = None
        return loading.child, loading.info

    def stop(self) -> None:
        """It has nothing to finish."""
        loading, self._loading = self._loading, None
        if loading is not None:
            loading.child.kill()
            sweep_dead_daemons()
