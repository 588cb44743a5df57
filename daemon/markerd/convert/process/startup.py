"""A converter process that loads its models: waited for at the start, or loading while another one converts."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from markerd.convert.process import wire_format
from markerd.convert.process.child_process import Child
from markerd.convert.process.wire_format import Message
from markerd.convert.protocol import ConverterInfo
from markerd.errors import ConverterDiedError, ModelsMissingError, UnavailableError

_LOAD_TIMEOUT_S = 900.0


class Loading:
    """Asks the process for its models; `info` is what it runs on, once they are there.

    Whatever goes wrong with it is no document's fault, and an UnavailableError.
    """

    def __init__(self, child: Child, log_event: Callable[[Message], None]) -> None:
        self.child = child
        self.info: ConverterInfo | None = None
        self._log_event = log_event
        self._deadline_s = time.monotonic() + _LOAD_TIMEOUT_S
        with contextlib.suppress(BrokenPipeError):  # its own pipe will tell
            child.send("start")

    def poll(self, timeout_s: float) -> ConverterInfo | None:
        """What it runs on; None while it loads. Raises ModelsMissingError, UnavailableError."""
        if self.info is not None:
            if not self.child.is_alive():
                raise UnavailableError("the converter ended before its first document")
            return self.info
        try:
            for message in self.child.messages(timeout_s):
                self._take(message)
        except ConverterDiedError as error:
            raise UnavailableError(f"the converter ended while it loaded the models ({error})") from error
        if self.info is None and time.monotonic() >= self._deadline_s:
            raise UnavailableError(f"the models did not load within {_LOAD_TIMEOUT_S:.0f} s")
        return self.info

    def _take(self, message: Message) -> None:
        if message["op"] == "log":
            self._log_event(message)
            return
        with wire_format.trusted_form():
            if message["op"] == "unavailable":
                kind = ModelsMissingError if message["is_missing"] else UnavailableError
                raise kind(str(message["message"]))
            self.info = wire_format.info_from(message)
