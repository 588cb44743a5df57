"""When each part of the daemon last showed life, on the monotonic clock."""

from __future__ import annotations

import time

from markerd.intake.intake_thread import Intake


class LifeSigns:
    """Of the main loop, the converter's supervisor and the observers. Called by the main thread alone."""

    def __init__(self) -> None:
        self._loop_alive_s = self._supervisor_alive_s = time.monotonic()

    def note_loop(self) -> None:
        """The main thread is alive."""
        self._loop_alive_s = time.monotonic()

    def note_supervisor(self) -> None:
        """Whoever waits for the converter is alive, or nobody has to wait for it."""
        self._supervisor_alive_s = time.monotonic()

    def measure_silent_s(self, intake: Intake | None) -> dict[str, float]:
        """Seconds since the `loop`, the `converter` and, with an intake, the `observers` last showed life."""
        alive = {"loop": self._loop_alive_s, "converter": self._supervisor_alive_s}
        if intake is not None:
            alive["observers"] = intake.heartbeat
        now_s = time.monotonic()
        return {part: round(max(now_s - at_s, 0.0), 1) for part, at_s in alive.items()}
