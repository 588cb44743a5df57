"""The model set in force, with its servers, which are the daemon's and shared by its converters."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markerd.config import Config, Isolation
from markerd.convert.model_sets import choose_by_name, devices
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import ServersPlan, SuryaSettings, plan_servers
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.protocol import ConverterSpec, ServerState
from markerd.convert.sandbox import environment
from markerd.logs import Log
from markerd.runtime import cluster_choice, wiring
from markerd.runtime.llm_choice import LlmChoice, choose_llm

if TYPE_CHECKING:
    from markerd.convert.model_sets.servers.relay import Relay


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
    llm: LlmChoice | None = None
    relay: Relay | None = None
    """Leads to the service of `llm`."""


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
        if config.converter.isolation is Isolation.RAY:
            return self._add_llm(ReadyModels(cluster_choice.choose_models(spec)), config)
        settings = wiring.build_surya_settings(config)
        choice = choose_by_name(spec.models, settings.vision)
        spec = replace(spec, models=choice.name, models_reason=choice.reason, model_files=choice.files)
        ready = self._add_llm(ReadyModels(spec), config)
        try:
            return self._add_servers(ready, settings, config) if choice.name == "surya" else ready
        except BaseException:  # whatever ends it, no relay may be left
            self.discard(ready)
            raise

    def _add_llm(self, ready: ReadyModels, config: Config) -> ReadyModels:
        """Add the relay to the LLM service, if a folder asks one. Raise UnavailableError where its key is missing."""
        llm = choose_llm(config)
        if llm is None:
            return ready
        from markerd.convert.model_sets.servers.relay import Relay  # with a server of HTTP, which most have no use for

        before = self._ready.relay if self._ready is not None and self._ready.llm == llm else None
        relay = before or Relay(llm.build_upstream(), self._log())
        return replace(ready, spec=replace(ready.spec, llm=llm.build_spec(relay.url)), llm=llm, relay=relay)

    def _add_servers(self, ready: ReadyModels, settings: SuryaSettings, config: Config) -> ReadyModels:
        spec, settings = ready.spec, replace(settings, vlm_key=wiring.read_vision_key(config))
        wanted = _Wanted(settings, wiring.choose_server_limits(config), environment.resolve_threads(spec).threads)
        before = None if self._ready is None else self._ready.servers
        if before is not None and self._ready is not None and wanted == self._ready.wanted:
            servers = before
        else:
            servers = self._start(plan_servers(settings, wanted.threads), wanted, config, before)
        mode = devices.choose_mode(settings.device, has_vision=settings.vision.kind != "none")
        spec = replace(spec, mode=mode, model_variables=servers.variables)
        return replace(ready, spec=spec, servers=servers, wanted=wanted)

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
        _stop_unused(before, ready)

    def discard(self, ready: ReadyModels) -> None:
        """End the servers of models that do not come into force."""
        _stop_unused(ready, self._ready)

    def is_service_changed(self, config: Config) -> bool:
        """Whether another LLM is asked, or a key is another. Raise UnavailableError where one cannot be had."""
        ready = self._ready or ReadyModels(ConverterSpec())
        is_same_key = ready.wanted is None or ready.wanted.settings.vlm_key == wiring.read_vision_key(config)
        return choose_llm(config) != ready.llm or not is_same_key

    def recycle_large(self) -> None:
        """Start those servers anew that have taken too much memory. This is called between two documents."""
        if self._ready is not None and self._ready.servers is not None:
            self._ready.servers.recycle_large()

    def find_coming(self) -> set[str]:
        """Name the servers that have a model, or load it and have not failed at that."""
        return {state.name for state in self.states() if state.phase != "stopped" and not state.reason}

    def states(self) -> list[ServerState]:
        """List the servers for the status."""
        return [] if self._ready is None or self._ready.servers is None else self._ready.servers.states()

    def stop(self) -> None:
        _stop_unused(self._ready, None)


def _stop_unused(models: ReadyModels | None, others: ReadyModels | None) -> None:
    """End the servers and the relay of the models, but for those that the others use as well."""
    if models is None:
        return
    if models.relay is not None and (others is None or models.relay is not others.relay):
        models.relay.stop()
    if models.servers is not None and (others is None or models.servers is not others.servers):
        models.servers.stop(successor=None if others is None else others.servers)
