"""The section `[daemon]`."""

from __future__ import annotations

import os
import sys

from pydantic import Field, field_validator

from markerd.config.places import find_default_state_dir
from markerd.config.quiet_hours import parse_quiet_hours
from markerd.config.section import WEEK_S, FilePath, Section


class DaemonConfig(Section):
    """The section `[daemon]`."""

    state_dir: FilePath = Field(
        default_factory=lambda: find_default_state_dir(os.environ, sys.platform),
        description="The daemon's own folder: journal, spool and status. Local disk, apart from all other folders.",
    )
    queue_size: int = Field(
        default=256, ge=1, le=1_000_000, description="Documents that wait in memory; the others wait in their folders."
    )
    reconcile_s: float = Field(default=60, gt=0, le=WEEK_S, description="Seconds between two scans of the hot folders.")
    stop_timeout_s: float = Field(
        default=90,
        ge=0,
        le=WEEK_S,
        description="Seconds that the current document may still take when the daemon is stopped.",
    )
    quiet_hours: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Spans of local time in which no conversion begins; documents wait. A span may name its days.",
        examples=['["22:00-06:00"]', '["mon-fri 08:00-18:00", "sat,sun 10:00-12:00"]'],
    )
    history_days: int = Field(
        default=400, ge=1, le=100_000, description="Days for which the journal keeps what `markerd report` shows."
    )

    @field_validator("quiet_hours")
    @classmethod
    def _demand_spans(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        parse_quiet_hours(texts)
        return texts
