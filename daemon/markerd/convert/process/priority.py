"""How far a converter stands back for other programs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass

import psutil

from markerd.values import Ionice

_LOWEST = 7
"""Of the class best_effort, ioprio_set(2)."""


@dataclass(frozen=True)
class Priority:
    """`nice` is 0 to 19, as in nice(1); `ionice` counts on Linux alone."""

    nice: int = 0
    ionice: Ionice = Ionice.NONE

    def apply(self, pid: int) -> None:
        """Give it to a process that has just been started; its threads and children get it from it.

        Never a higher priority than the daemon has itself. What the system refuses is left as it is.
        """
        with suppress(OSError, psutil.Error):
            if self.nice > os.getpriority(os.PRIO_PROCESS, 0):
                os.setpriority(os.PRIO_PROCESS, pid, self.nice)
        if sys.platform == "linux" and self.ionice is not Ionice.NONE:
            with suppress(OSError, psutil.Error):
                if self.ionice is Ionice.IDLE:
                    psutil.Process(pid).ionice(psutil.IOPRIO_CLASS_IDLE)
                else:
                    psutil.Process(pid).ionice(psutil.IOPRIO_CLASS_BE, _LOWEST)


NO_PRIORITY = Priority()
