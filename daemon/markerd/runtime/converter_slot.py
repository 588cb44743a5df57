"""The converter in force: started with the daemon, replaced by a reload that changes it, stopped at the end."""

from __future__ import annotations

from markerd.config import Config
from markerd.convert.protocol import Converter, ConverterInfo, ConverterState
from markerd.errors import UnavailableError
from markerd.runtime import wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.resources import Resources


class ConverterSlot:
    """Used by the main thread alone. `converter` is another one after a reload."""

    def __init__(self, active: ActiveConfiguration, resources: Resources) -> None:
        self._active = active
        self._tick = resources.stop.tick
        self.converter = self._build(active.config)
        resources.reporter.watch_converter(self.state, resources.usage.describe)

    def start(self) -> None:
        """Load the models. Raises UnavailableError, or ConfigurationError for an option of Marker that it refuses."""
        info = self.converter.start()
        wiring.check_options(self.converter, self._active.config, self._active.path)
        self._log_ready(info)

    def replace(self, config: Config) -> None:
        """Put another one in its place once that is ready. Raises UnavailableError, and then the old one stays."""
        replacement = self._build(config)
        try:
            info = replacement.start()
        except UnavailableError:
            replacement.stop()
            raise
        self.converter.recycle("its configuration changed")
        self.converter.stop()  # its replacement is another converter, and ready
        self.converter = replacement
        self._log_ready(info)

    def state(self) -> ConverterState:
        return self.converter.state()

    def stop(self) -> None:
        self.converter.stop()

    def _build(self, config: Config) -> Converter:
        return wiring.build_converter(config, self._active.log, self._tick)

    def _log_ready(self, info: ConverterInfo) -> None:
        self._active.log.info(
            "models.ready",
            model_set=info.model_set,
            reason=info.reason,
            versions=dict(info.versions),
            seconds=round(info.load_seconds, 2),
        )
