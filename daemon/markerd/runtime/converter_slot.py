"""The converters in force. They start with the daemon, a reload that changes them replaces them, and they stop at the
end."""

from __future__ import annotations

from markerd.config import Config
from markerd.convert.protocol import ConverterInfo
from markerd.convert.protocol.pool import Pool
from markerd.runtime import wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.resources import Resources


class ConverterSlot:
    """The place of the converters. The main thread alone uses it. `pool` is a different one after a reload."""

    def __init__(self, active: ActiveConfiguration, resources: Resources) -> None:
        self._active = active
        self._resources = resources
        self._take(self._build(active.config))

    def start(self) -> None:
        """Load the models.

        Raise UnavailableError if that fails, and ConfigurationError if the converter refuses an option of Marker.
        """
        info = self.pool.start()
        wiring.check_options(self.pool, self._active.config, self._active.path)
        self._log_ready(info)

    def replace(self, config: Config) -> None:
        """Replace the converters once a successor is ready. Keep the old ones and raise UnavailableError if not."""
        replacement = self._build(config)
        try:
            info = replacement.start()
        except BaseException:  # whatever ends the wait, no process of it may be left
            replacement.stop()
            raise
        self.pool.recycle("its configuration changed")
        self.pool.stop()  # the replacement is a pool of its own, and ready
        self._take(replacement)
        self._log_ready(info)

    def stop(self) -> None:
        self.pool.stop()

    def _take(self, pool: Pool) -> None:
        """Let those who look at the converters look at these."""
        self.pool = pool
        self._resources.reporter.watch_converters(pool.states, self._resources.usage.describe)
        self._resources.spool.look_after = pool.look_after

    def _build(self, config: Config) -> Pool:
        return wiring.build_pool(config, self._active.log, self._resources.stop.tick, self._resources.requests.wakeup)

    def _log_ready(self, info: ConverterInfo) -> None:
        self._active.log.info(
            "models.ready",
            model_set=info.model_set,
            reason=info.reason,
            versions=dict(info.versions),
            seconds=round(info.load_seconds, 2),
        )
