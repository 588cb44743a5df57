"""What the converter process needs of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from markerd.convert.process.priority import NO_PRIORITY, Priority
from markerd.convert.protocol import ConverterSpec, TimeLimits


@dataclass(frozen=True)
class ProcessSettings:
    """What the daemon's side of the converter process needs; seconds and counts are as in the configuration."""

    spec: ConverterSpec
    """What the engine in the process acts on."""
    timeout_s: float
    timeout_per_page_s: float
    working_dir: Path
    """The converter gets a folder in it: the spool, for a document in work is moved there and back."""
    max_rss_bytes: int | None = None
    """With all its children, in mid-document; None: no ceiling."""
    priority: Priority = NO_PRIORITY

    @property
    def time_limits(self) -> TimeLimits:
        """How long a document may take."""
        return TimeLimits(self.timeout_s, self.timeout_per_page_s)

    @property
    def timed_spec(self) -> ConverterSpec:
        """What the engine acts on, with the time limits that it is held to."""
        return replace(self.spec, time_limits=self.time_limits)
