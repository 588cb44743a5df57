"""All model servers of the daemon: started together, shared by its converters, and ended with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from markerd.convert.model_sets.servers.remains import end_remains
from markerd.convert.model_sets.servers.server_spec import ServerLimits, ServerSpec, ServerState
from markerd.convert.model_sets.servers.supervised_server import SupervisedServer
from markerd.errors import UnavailableError
from markerd.logs import Log

_TICK_S = 0.2


class ModelServers:
    """The servers of `specs`, in folders below `home`. The main thread uses it; each server has a thread of its own.

    What an earlier daemon with the same `home` has left running is ended first.
    """

    def __init__(
        self, specs: Sequence[ServerSpec], limits: ServerLimits, home: Path, variables: dict[str, str], log: Log
    ) -> None:
        self.specs = tuple(specs)
        for name, pid in end_remains(home):
            log.warning("server.leftover", server=name, server_pid=pid)
        self._servers = [
            SupervisedServer(spec, limits, home / spec.name.replace(" ", "-"), variables, log) for spec in specs
        ]

    def await_ready(self, tick: Callable[[], None]) -> None:
        """Wait for all servers but those that start on demand. Raises UnavailableError where one fails at its start."""
        for server in self._servers:
            while not server.spec.is_on_demand and (state := server.state).phase != "ready":
                if state.reason:
                    raise UnavailableError(f"the model server for {state.name} ended: {state.reason}")
                server.await_ready(_TICK_S)
                tick()

    def find(self, name: str) -> SupervisedServer:
        """Find a server by its name. Raises KeyError."""
        return {server.spec.name: server for server in self._servers}[name]

    def recycle_large(self) -> None:
        """Start those anew that have taken more memory than they should. Called between two documents."""
        for server in self._servers:
            if reason := server.find_recycle_reason():
                server.recycle(reason)

    def states(self) -> list[ServerState]:
        return [server.state for server in self._servers]

    def stop(self) -> None:
        """End all servers. It is safe to call this twice."""
        for server in self._servers:
            server.begin_stop()
        for server in self._servers:
            server.stop()
