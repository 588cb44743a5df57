"""One self-contained page out of the journal, for people who would rather look than read."""

from markerd.monitoring.report.figures import Tally
from markerd.monitoring.report.page import compose_page
from markerd.monitoring.report.period import Period, build_period

__all__ = ["Period", "Tally", "build_period", "compose_page"]
