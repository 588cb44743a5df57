"""Which converters the configuration asks for: one in this process, some in processes of their own, or a cluster's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from markerd.config import Config, Isolation
from markerd.convert.inline import InlineConverter
from markerd.convert.process.pool import ProcessPool
from markerd.convert.protocol import ConverterSpec
from markerd.convert.protocol.pool import Pool, Wakeup
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.convert.ray.pool import RayPool
from markerd.logs import Log
from markerd.runtime import cluster_choice, wiring


def build_pool(config: Config, spec: ConverterSpec, log: Log, tick: Callable[[], None], wakeup: Wakeup) -> Pool:
    """Build the converters. `spec` is that of the configuration, with its models chosen."""
    if config.converter.isolation is Isolation.INLINE:
        return SerialPool(InlineConverter(spec, log), wakeup)
    settings = replace(wiring.build_process_settings(config, config.daemon.state_dir / "spool"), spec=spec)
    if config.converter.isolation is Isolation.RAY:
        return RayPool(cluster_choice.build_driver_settings(config, settings), log, tick, wakeup)
    return ProcessPool(settings, log, tick, wiring.choose_workers(config).count, wakeup)
