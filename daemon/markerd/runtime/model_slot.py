"""The model set in force, with its servers, which are the daemon's and shared by its converters."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from markerd.config import Config
from markerd.convert.model_sets import choose_by_name, devices
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import ServersPlan, SuryaSettings, plan_servers
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.protocol import ConverterSpec, ServerState
from markerd.convert.sandbox import environment
from markerd.logs import Log
from markerd.runtime import wiring


@dataclass(frozen=True)
class _Wanted:
    """What the servers depend on: where it is the same after a reload, they go on."""

    settings: SuryaSettings
    limits: ServerLimits
    threads: int


@dataclass(frozen=True)
class ReadyModels:
    """What converters are built with, and the servers that they use; None with the embedded models."""

    spec: ConverterSpec
    servers: ModelServers | None = None
    wanted: _Wanted | None = None


class ModelSlot:
    """The place of the models. The main thread alone uses it; `tick` is called while it waits for servers."""

    def __init__(self, log: Callable[[], Log], tick: Callable[[], None]) -> None:
        self._log, self._tick = log, tick
        self._ready: ReadyModels | None = None

    def prepare(self, config: Config) -> ReadyModels:
        """Choose the models for a configuration, and start their servers beside those in force, if they differ.

        Raise ModelsMissingError if the models are not there. Whoever calls this adopts or discards the models.
        """
        spec = wiring.build_converter_spec(config)
        settings = wiring.build_surya_settings(config)
        choice = choose_by_name(spec.models, settings.vision)
        spec = replace(spec, models=choice.name, models_reason=choice.reason, model_files=choice.files)
        if choice.name != "surya":
            return ReadyModels(spec)
        wanted = _Wanted(settings, wiring.choose_server_limits(config), environment.resolve_threads(spec).threads)
        before = None if self._ready is None else self._ready.servers
        if before is not None and self._ready is not None and wanted == self._ready.wanted:
            servers = before
        else:
            servers = self._start(plan_servers(settings, wanted.threads), wanted, config, before)
        mode = devices.choose_mode(settings.device, has_vision=settings.vision.kind != "none")
        return ReadyModels(replace(spec, mode=mode, model_variables=servers.variables), servers, wanted)

    def _start(self, plan: ServersPlan, wanted: _Wanted, config: Config, before: ModelServers | None) -> ModelServers:
        home = config.daemon.state_dir / "servers"
        variables = environment.build_child_environment(wanted.threads, os.environ)
        return ModelServers(plan, wanted.limits, home, variables, self._log(), before)

    def await_ready(self, models: ReadyModels) -> None:
        """Wait for the servers; they load while the converters do. Raise UnavailableError if one fails."""
        if models.servers is not None:
            models.servers.await_ready(self._tick)

    def adopt(self, ready: ReadyModels) -> None:
        """Put the models into force; servers that are not used any more end."""
        before, self._ready = self._ready, ready
        if before is not None and before.servers is not None and before.servers is not ready.servers:
            before.servers.stop(successor=ready.servers)

    def discard(self, ready: ReadyModels) -> None:
        """End the servers of models that do not come into force."""
        if ready.servers is not None and (self._ready is None or ready.servers is not self._ready.servers):
            ready.servers.stop(successor=None if self._ready is None else self._ready.servers)

    def recycle_large(self) -> None:
        """Start those servers anew that have taken too much memory. This is called between two documents."""
        if self._ready is not None and self._ready.servers is not None:
            self._ready.servers.recycle_large()

    def states(self) -> list[ServerState]:
        """List the servers for the status."""
        return [] if self._ready is None or self._ready.servers is None else self._ready.servers.states()

    def stop(self) -> None:
        if self._ready is not None and self._ready.servers is not None:
            self._ready.servers.stop()
