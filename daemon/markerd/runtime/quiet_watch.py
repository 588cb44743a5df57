"""Tells the loop whether these are quiet hours, and the log when they begin and end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

from markerd.config.quiet_hours import QuietHours
from markerd.logs import Log


class QuietWatch:
    """Called by the main loop's thread alone. `clock` tells seconds since the epoch."""

    def __init__(self, hours: QuietHours, log: Log, clock: Callable[[], float] = time.time) -> None:
        self._hours = hours
        self._log = log
        self._clock = clock
        self._was_quiet = False

    def is_quiet(self) -> bool:
        """Whether no conversion may begin now."""
        end = self._hours.find_end(self._clock())
        if (end is not None) != self._was_quiet:
            self._was_quiet = end is not None
            if end is not None:
                self._log.info("quiet.began", until=datetime.fromtimestamp(end, timezone.utc).isoformat())
            else:
                self._log.info("quiet.ended")
        return end is not None
