"""The engine in the daemon's own process: for debugging, and where a second process is not wanted.

Here a crash or a hang of a library is one of the daemon, and no time limit can be enforced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psutil

from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.engine import Engine
from markerd.convert.protocol import (
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    ConverterState,
    JoinRequest,
)
from markerd.convert.sandbox import confinement
from markerd.logs import Log


class InlineConverter:
    """Runs the engine itself; see `Converter`."""

    def __init__(self, spec: ConverterSpec, log: Log) -> None:
        self._log = log
        self._engine = Engine(self._emit, spec)
        self._info: ConverterInfo | None = None
        self._documents = 0
        self._semaphores: int | None = None
        self._cleanups = self._removed = 0

    def start(self) -> ConverterInfo:
        if self._info is None:
            confined = confinement.build_unwanted('isolation = "inline"')
            self._log.info("converter.confined", **confinement.build_log_fields(confined))
            self._info = self._engine.load()
        return self._info

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        return self._engine.check_options(options)

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        self.start()
        self._documents += 1
        result = self._engine.convert(request, on_pages)
        self._documents -= result.is_part  # which is no document yet
        return result

    def join(self, request: JoinRequest) -> ConversionResult:
        self.start()
        self._documents += 1
        return self._engine.join(request)

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        report = self._engine.cleanup(point)
        self._semaphores = report.after.semaphores
        self._count_cleanup(len(report.removed))
        return report

    def _count_cleanup(self, removed: int) -> None:
        self._cleanups += 1
        self._removed += removed

    def recycle(self, reason: str) -> None:
        """Log the reason: the daemon's own process cannot be replaced, and the models stay."""
        self._log.warning("converter.recycled", reason=f"{reason}; not possible with isolation = inline")

    def tend(self) -> None:
        """Do nothing, because there is no replacement."""

    def state(self) -> ConverterState:
        process = psutil.Process()
        return ConverterState(
            pid=process.pid,
            rss_bytes=process.memory_info().rss,
            documents=self._documents,
            semaphores=self._semaphores,
            model_set=self._info.model_set if self._info else None,
            starts=int(self._info is not None),
            cleanups=self._cleanups,
            removed=self._removed,
        )

    def stop(self) -> None:
        """Do nothing, because the process is the daemon's."""

    def _emit(self, level: str, event: str, **fields: Any) -> None:
        if event == "cleanup.done":
            self._count_cleanup(len(fields["removed"]))
        getattr(self._log, level)(event, **fields)
