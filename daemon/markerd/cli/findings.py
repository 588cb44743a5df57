"""One line of what `markerd doctor` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How a finding is shown. Only a FAULT keeps markerd from working."""

    GOOD = "[green]ok[/green]     "
    NOTE = "[dim]note[/dim]   "
    WARNING = "[yellow]warning[/yellow]"
    FAULT = "[red]fault[/red]  "


@dataclass(frozen=True)
class Finding:
    """One line of the report. `advice` says what to do."""

    verdict: Verdict
    subject: str
    detail: str
    advice: str = ""
