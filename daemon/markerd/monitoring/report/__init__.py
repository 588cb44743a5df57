"""One self-contained page out of the journal, for people who would rather look than read."""

from markerd.monitoring.report.figures import Tally
from markerd.monitoring.report.page import compose
from markerd.monitoring.report.period import Period, period_of

__all__ = ["Period", "Tally", "compose", "period_of"]
