"""The way to the cluster: the driver, which is started again after a while where it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from markerd.convert.process import wire_format
from markerd.convert.process.message_pipes import Message
from markerd.convert.ray.driver_process import DriverProcess
from markerd.convert.ray.settings import DriverSettings
from markerd.errors import ConverterDiedError, UnavailableError
from markerd.logs import Log

_MOST_MESSAGES = 1000
_SILENCE_S = 120.0
"""A driver that says nothing for so long is ended; it speaks every second, but not while it connects."""
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 60.0
"""Between the end of a driver and the start of the next one; it doubles as long as none gets an actor to work."""


class DriverLink:
    """Has at most one driver. Nothing of an old one is left when a new one starts.

    `take` gets each of its messages, and `on_end` the reason of its end. `reason` is that of the last end.
    """

    def __init__(
        self, settings: DriverSettings, log: Log, take: Callable[[Message], None], on_end: Callable[[str], None]
    ) -> None:
        self._settings, self._log = settings, log
        self._take, self._on_end = take, on_end
        self._driver: DriverProcess | None = None
        self._was_up = False
        self.away_since_s: float | None = None
        """Since when no actor was to be had, on the monotonic clock; None where one is ready, or none was asked yet."""
        self._delay_s = _FIRST_DELAY_S
        self._start_at_s = 0.0
        self.reason = ""

    @property
    def driver(self) -> DriverProcess | None:
        return self._driver

    @property
    def has_unread(self) -> bool:
        return self._driver is not None and self._driver.has_unread

    def list_descriptors(self) -> list[int]:
        """List what is ready to be read when the driver has something to say."""
        return [] if self._driver is None else [self._driver.fileno()]

    def start(self) -> None:
        """Start a driver where none was started. Raises OSError where there is no room for one."""
        if self._driver is None and self.away_since_s is None:
            self._driver = DriverProcess(self._settings, self._log)

    def send(self, op: str, **fields: Any) -> None:
        """Send a message; without a driver it is lost, as the driver's end tells."""
        if self._driver is not None:
            self._driver.send(op, **fields)

    def listen(self) -> None:
        """Take what the driver said; start one where it ended and its time has come."""
        if self._driver is None:
            if self.away_since_s is not None and time.monotonic() >= self._start_at_s:
                self._restart()
            return
        try:
            for message in self._driver.receive_waiting(_MOST_MESSAGES):
                with wire_format.demand_known_form():
                    self._take_or_end(message)
            if time.monotonic() - self._driver.heard_s > _SILENCE_S:
                raise UnavailableError(f"the driver said nothing for {_SILENCE_S:.0f} s")
        except (ConverterDiedError, UnavailableError) as error:
            self._lose(str(error))

    def _take_or_end(self, message: Message) -> None:
        if message["op"] == "unavailable":
            raise UnavailableError(str(message["message"]))
        if message["op"] != "beat":
            self._take(message)

    def _restart(self) -> None:
        try:
            self._driver = DriverProcess(self._settings, self._log)
        except OSError as error:
            self._delay(str(error))

    def _lose(self, reason: str) -> None:
        assert self._driver is not None
        driver, self._driver = self._driver, None
        said = driver.last_line()
        driver.kill()
        self._on_end(reason)
        self._delay(f"{reason}: {said}" if said else reason)

    def _delay(self, reason: str) -> None:
        now_s = time.monotonic()
        if self.away_since_s is None:
            self.away_since_s = now_s
            if self._was_up:
                self._log.warning("cluster.away", reason=reason)
        self.reason = reason
        self._start_at_s = now_s + self._delay_s
        self._delay_s = min(2 * self._delay_s, _LAST_DELAY_S)

    def note_up(self) -> None:
        """An actor is ready for work: the cluster is there."""
        if self.away_since_s is not None and self._was_up:
            self._log.info("cluster.back", seconds=round(time.monotonic() - self.away_since_s, 1))
        self._was_up, self.away_since_s, self._delay_s = True, None, _FIRST_DELAY_S

    def stop(self) -> None:
        """Let the driver leave the cluster. It is safe to call this twice."""
        driver, self._driver = self._driver, None
        self.away_since_s = None
        if driver is not None:
            driver.stop()
