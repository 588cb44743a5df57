"""Marker's own models of one actor: they are chosen on its node, and their servers run there, for this actor alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.convert.model_sets import choose_by_name, devices
from markerd.convert.model_sets.servers.model_servers import ModelServers
from markerd.convert.model_sets.servers.plan import SuryaSettings, plan_servers
from markerd.convert.model_sets.servers.server_spec import ServerLimits
from markerd.convert.process import memory_limits
from markerd.convert.protocol import ConverterSpec
from markerd.convert.sandbox import environment
from markerd.logs import Log


@dataclass(frozen=True)
class SuryaOnNodes:
    """The section `[surya]` for actors. No key is in it. A limit in megabytes that is None comes from the node."""

    settings: SuryaSettings
    recycle_rss_mb: int | None = None
    max_rss_mb: int | None = None


class NodeModels:
    """Starts the servers once; what then becomes of them is their own. The servers' folders lie in `home`."""

    def __init__(self, wanted: SuryaOnNodes, home: Path, log: Log) -> None:
        self._wanted, self._home, self._log = wanted, home, log
        self._servers: ModelServers | None = None

    def prepare(self, spec: ConverterSpec) -> ConverterSpec:
        """Start the servers; return the specification of a converter that uses them.

        Raises ModelsMissingError where the models are not on this node, and UnavailableError where there is no room.
        """
        settings = self._wanted.settings
        choice = choose_by_name("surya", settings.vision)
        if self._servers is None:
            threads = environment.resolve_threads(spec).threads
            variables = environment.build_child_environment(threads, os.environ)
            plan = plan_servers(settings, threads)
            self._servers = ModelServers(plan, self._choose_limits(), self._home, variables, self._log)
        return replace(
            spec,
            models=choice.name,
            models_reason=choice.reason,
            model_files=choice.files,
            mode=devices.choose_mode(settings.device, has_vision=settings.vision.kind != "none"),
            model_variables=self._servers.variables,
        )

    def _choose_limits(self) -> ServerLimits:
        total_bytes = memory_limits.measure_memory().total_bytes
        limits = memory_limits.derive_limits(self._wanted.recycle_rss_mb, self._wanted.max_rss_mb, total_bytes)
        return ServerLimits(limits.recycle_bytes, limits.max_bytes)

    def await_ready(self, tick: Callable[[], None]) -> None:
        """Wait for the servers. Raises UnavailableError where one fails at its start."""
        assert self._servers is not None
        self._servers.await_ready(tick)

    def recycle_large(self) -> None:
        """Start those anew that have taken too much memory, between two documents."""
        if self._servers is not None:
            self._servers.recycle_large()

    def stop(self) -> None:
        if self._servers is not None:
            self._servers.stop()
