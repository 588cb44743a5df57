"""All model servers of the daemon: started together, shared by its converters, and ended with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markerd.convert.model_sets.servers.plan import PlannedRelay, ServersPlan
from markerd.convert.model_sets.servers.remains import end_remains
from markerd.convert.model_sets.servers.server_spec import ServerLimits, ServerSpec
from markerd.convert.model_sets.servers.supervised_server import SupervisedServer
from markerd.convert.protocol import ServerState
from markerd.errors import UnavailableError
from markerd.files import trees
from markerd.logs import Log

if TYPE_CHECKING:
    from markerd.convert.model_sets.servers.relay import Relay

_TICK_S = 0.2
_LOADING_S = 8.0
"""So long a request waits for a server that loads. Clients wait 10 s for an answer to who it is."""


class ModelServers:
    """The servers and relays of a plan; the servers' folders lie in `home`. The main thread uses it.

    Each server has a thread of its own. Those of `before` that are wanted again go on; the others are the caller's to
    stop. Without `before`, what an earlier daemon with the same `home` has left running is ended first. Raises
    UnavailableError where there is no room or no port for them; then none is left.
    """

    def __init__(
        self,
        plan: ServersPlan,
        limits: ServerLimits,
        home: Path,
        variables: dict[str, str],
        log: Log,
        before: ModelServers | None = None,
    ) -> None:
        self.servers: list[SupervisedServer] = []
        self._relays: list[Relay] = []
        try:
            self._start(plan, limits, home, variables, log, before)
        except BaseException as error:  # whatever ends it, nothing that was started may be left
            self.stop(successor=before)
            if isinstance(error, OSError):
                raise UnavailableError(f"the model servers cannot be started: {error.strerror}") from error
            raise
        relayed = {planned.variable: relay.url for planned, relay in zip(plan.relays, self._relays, strict=True)}
        direct = {server.spec.url_variable: server.url for server in self.servers if server.spec.url_variable}
        self.variables = {**plan.variables, **direct, **relayed}
        """What tells the clients in the converters where everything is."""

    def _start(
        self,
        plan: ServersPlan,
        limits: ServerLimits,
        home: Path,
        variables: dict[str, str],
        log: Log,
        before: ModelServers | None,
    ) -> None:
        if before is None:
            _end_remains(home, log)
        for spec in plan.specs:
            same = None if before is None else _find_same(before.servers, spec, limits, variables)
            self.servers.append(same or SupervisedServer(spec, limits, _make_folder(home, spec), variables, log))
        for planned in plan.relays:
            self._relays.append(self._start_relay(planned, log))

    def _start_relay(self, planned: PlannedRelay, log: Log) -> Relay:
        from markerd.convert.model_sets.servers.relay import Relay, Upstream  # with its libraries, where there is one

        if not planned.is_own_server:
            return Relay(Upstream(planned.name, planned.url, planned.build_headers()), log)
        server = self.find(planned.name)
        return Relay(Upstream(planned.name, server.url, prepare=lambda: _start_on_demand(server)), log)

    def await_ready(self, tick: Callable[[], None]) -> None:
        """Wait for all servers but those that start on demand. Raises UnavailableError where one fails at its start."""
        for server in self.servers:
            while not server.spec.is_on_demand and (state := server.state).phase != "ready":
                if state.reason:
                    raise UnavailableError(f"the model server for {state.name} ended: {state.reason}")
                server.await_ready(_TICK_S)
                tick()

    def find(self, name: str) -> SupervisedServer:
        """Find a server by its name. Raises KeyError."""
        return {server.spec.name: server for server in self.servers}[name]

    def recycle_large(self) -> None:
        """Start those anew that have taken more memory than they should. Called between two documents."""
        for server in self.servers:
            if reason := server.find_recycle_reason():
                server.recycle(reason)

    def states(self) -> list[ServerState]:
        return [server.state for server in self.servers]

    def stop(self, successor: ModelServers | None = None) -> None:
        """End all servers but those that the successor has as well. It is safe to call this twice."""
        kept = [] if successor is None else successor.servers
        ended = [server for server in self.servers if server not in kept]
        for server in ended:
            server.begin_stop()
        for relay in self._relays:
            relay.stop()
        for server in ended:
            server.stop()


def _end_remains(home: Path, log: Log) -> None:
    for name, pid in end_remains(home):
        log.warning("server.leftover", server=name, server_pid=pid)
    if home.exists():
        trees.remove(home)


def _make_folder(home: Path, spec: ServerSpec) -> Path:
    """Make a folder for a server: another one for each, since a reload may start one beside its predecessor."""
    home.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{spec.name.replace(' ', '-')}-", dir=home))


def _find_same(
    running: Sequence[SupervisedServer], spec: ServerSpec, limits: ServerLimits, variables: Mapping[str, str]
) -> SupervisedServer | None:
    wanted = (spec, limits, variables)
    return next((each for each in running if (each.spec, each.limits, each.variables) == wanted), None)


def _start_on_demand(server: SupervisedServer) -> str:
    """Have the server started at its first use; say why it cannot be used now, and nothing once it can."""
    state = server.await_ready(_LOADING_S)
    return "" if state.phase == "ready" else f"the model server for {state.name} is {state.phase}; {state.reason}"
