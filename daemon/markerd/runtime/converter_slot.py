"""The converter in force. It starts with the daemon, a reload that changes it replaces it, and it stops at the end."""

from __future__ import annotations

from markerd.config import Config
from markerd.convert.protocol import Converter, ConverterInfo, ConverterState
from markerd.errors import UnavailableError
from markerd.runtime import wiring
from markerd.runtime.active_configuration import ActiveConfiguration
from markerd.runtime.resources import Resources


class ConverterSlot:
    """The place of the converter. The main thread alone uses it. `converter` is a different one after a reload."""

    def __init__(self, active: ActiveConfiguration, resources: Resources) -> None:
        self._active = active
        self._tick = resources.stop.tick
        self.converter = self._build(active.config)
        resources.reporter.watch_converter(self.state, resources.usage.describe)

    def start(self) -> None:
        """Load the models.

        Raise UnavailableError if that fails, and ConfigurationError if the converter refuses an option of Marker.
        """
        info = self.converter.start()
        wiring.check_options(self.converter, self._active.config, self._active.path)
        self._log_ready(info)

    def replace(self, config: Config) -> None:
        """Replace the converter once its successor is ready. Keep the old one and raise UnavailableError if not."""
        replacement = self._build(config)
        try:
            info = replacement.start()
        except UnavailableError:
            replacement.stop()
            raise
        self.converter.recycle("its configuration changed")
        self.converter.stop()  # the replacement is a converter of its own, and ready
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
