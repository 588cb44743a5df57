"""The converters in force. They start with the daemon, a reload that changes them replaces them, and they stop at the
end."""

from __future__ import annotations

from markerd.config import Config
from markerd.convert.protocol import ConverterInfo, ConverterSpec
from markerd.convert.protocol.pool import Pool
from markerd.runtime import llm_choice, pool_choice, wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.model_slot import ModelSlot
from markerd.runtime.resources import Resources


class ConverterSlot:
    """The place of the converters. The main thread alone uses it. `pool` is a different one after a reload."""

    def __init__(self, active: ActiveConfiguration, resources: Resources) -> None:
        self._active = active
        self._resources = resources
        self._pool: Pool | None = None
        self.models = ModelSlot(lambda: active.log, resources.stop.tick)

    @property
    def pool(self) -> Pool:
        assert self._pool is not None, "the converters were not started"
        return self._pool

    def start(self) -> None:
        """Load the models.

        Raise UnavailableError if that fails, and ConfigurationError if the converter refuses an option of Marker.
        """
        llm_choice.check(self._active.config, self._active.path)
        models = self.models.prepare(self._active.config)
        self.models.adopt(models)
        self._take(self._build(self._active.config, models.spec))
        info = self.pool.start()
        self.models.await_ready(models)
        wiring.check_options(self.pool, self._active.config, self._active.path)
        self._log_ready(info)

    def replace(self, config: Config) -> None:
        """Replace the converters once a successor is ready. Keep the old ones and raise UnavailableError if not."""
        models = self.models.prepare(config)
        replacement: Pool | None = None
        try:
            replacement = self._build(config, models.spec)
            info = replacement.start()
            self.models.await_ready(models)
        except BaseException:  # whatever ends the wait, no process of it may be left
            if replacement is not None:
                replacement.stop()
            self.models.discard(models)
            raise
        self.pool.recycle("its configuration changed")
        self.pool.stop()  # the replacement is a pool of its own, and ready
        self.models.adopt(models)
        self._take(replacement)
        self._log_ready(info)

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.stop()
        self.models.stop()

    def _take(self, pool: Pool) -> None:
        """Let those who look at the converters look at these."""
        self._pool = pool
        self._resources.reporter.watch_models(self.models.states)
        self._resources.reporter.watch_converters(pool.states, lambda: pool.absence, self._resources.usage.describe)
        self._resources.spool.look_after = pool.look_after

    def _build(self, config: Config, spec: ConverterSpec) -> Pool:
        return pool_choice.build_pool(
            config, spec, self._active.log, self._resources.stop.tick, self._resources.requests.wakeup
        )

    def _log_ready(self, info: ConverterInfo) -> None:
        self._active.log.info(
            "models.ready",
            model_set=info.model_set,
            reason=info.reason,
            versions=dict(info.versions),
            seconds=round(info.load_seconds, 2),
        )
