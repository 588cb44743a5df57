"""The cluster, seen from the driver: it is connected to or started, and everything of it is gone at the end.

Of the modules of markerd, this one and its users in the driver process alone import Ray.
"""

from __future__ import annotations

import math
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from markerd.convert.ray.actor import HOME_VARIABLE, ConverterActor
from markerd.convert.ray.owned_folder import OwnedFolder
from markerd.convert.ray.settings import CLUSTER_PREFIX, LOCAL, RaySettings
from markerd.errors import UnavailableError

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no telemetry
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
}


class Cluster:
    """A cluster that was found, or one on this machine that ends with the driver. Raises UnavailableError."""

    def __init__(self, settings: RaySettings) -> None:
        self._settings = settings
        self._folder: OwnedFolder | None = None
        os.environ.update(_QUIET)
        try:
            if settings.address == LOCAL:
                self._start()
            else:
                self._connect(address=settings.address)
        except (ImportError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            self.stop()
            raise UnavailableError(f"the cluster at {settings.address} cannot be used: {error}") from error

    def _start(self) -> None:
        """Start a cluster of one node, with a token of its own, that nobody else can join."""
        settings = self._settings
        base = settings.temp_dir or Path(tempfile.gettempdir())
        self._folder = OwnedFolder(base, CLUSTER_PREFIX)
        os.environ[HOME_VARIABLE] = str(self._folder.path)
        os.environ.pop("RAY_ADDRESS", None)
        os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
        os.environ.update({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)})
        self._connect(
            address=LOCAL,
            num_cpus=max(os.cpu_count() or 1, math.ceil(settings.max_actors * settings.num_cpus)),
            resources={name: amount * settings.max_actors for name, amount in settings.resources.items()},
            include_dashboard=False,
            _temp_dir=str(self._folder.path),
        )

    def _connect(self, **how: Any) -> None:
        import ray

        ray.init(namespace=self._settings.namespace, log_to_driver=False, configure_logging=False, **how)

    def make_actor(self, encoded: str) -> Any:
        """Ask for an actor; it is there once it answers."""
        import ray

        settings = self._settings
        made = ray.remote(
            num_cpus=settings.num_cpus,
            num_gpus=settings.num_gpus,
            resources=dict(settings.resources) or None,
            max_restarts=-1,
            max_task_retries=0,
            concurrency_groups={"looks": 2},
            scheduling_strategy="SPREAD",
        )(ConverterActor)
        return made.remote(encoded)

    def stop(self) -> None:
        """Leave the cluster, and end it where it is ours. It is safe to call this twice."""
        import ray

        ray.shutdown()
        if self._folder is not None:
            self._folder.remove()
