"""What one document asks of the LLM service: counted, and bounded in time, so that no service costs a document.

Marker's services catch their errors and answer with nothing; then the text stays as it was read, and nobody learns why.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from markerd.convert.protocol import ConversionResult, LlmSpec, TimeLimits
from markerd.values import LlmUse

_SHARE_OF_TIME = 0.5
"""Of a document's time limit, for layout, OCR and the service together; the rest is for what follows."""
_MOST_FAILURES = 3
"""In a row, after which the document asks no more: Marker has tried each of them three times."""
_LONGEST_REASON = 300  # characters


@dataclass(frozen=True)
class Budget:
    """What one request may take: so many attempts, each of at most so many seconds."""

    attempts: int
    timeout_s: int


class LlmSession:
    """Counts what the document in work asks. Marker asks in several threads at once; `now` is in seconds.

    Without `spec` no service is asked. Without `limits` a document may take any time.
    """

    def __init__(
        self, spec: LlmSpec | None, limits: TimeLimits | None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.spec, self._limits = spec, limits
        self._now = now
        self._lock = threading.Lock()
        self.begin()

    def begin(self) -> None:
        """Begin a document, whose pages are not known yet."""
        self._began_s = self._now()
        self._limit_s = math.inf if self._limits is None else self._limits.limit_s(1)
        self._requests = self._failed = self._failed_in_a_row = 0
        self._reason = self._model = ""

    def extend(self, pages: int, part_pages: int) -> None:
        """Give the document the time of so many pages."""
        if self._limits is not None:
            self._limit_s = max(self._limit_s, self._limits.limit_s(pages, part_pages))

    @property
    def use(self) -> LlmUse | None:
        """What was asked so far; None where nothing was."""
        if self.spec is None or not self._requests:
            return None
        return LlmUse(self.spec.service, self._model, self._requests, self._failed, self._reason)

    def add_use(self, result: ConversionResult) -> ConversionResult:
        """Add to the result what was asked; that of a join has what was asked for the parts."""
        return result if (use := self.use) is None else replace(result, llm=use)

    def find_budget(self, attempts: int, timeout_s: int) -> Budget | None:
        """Return what the next request may take of what Marker allows it; None where there is to be none."""
        if self._failed_in_a_row >= _MOST_FAILURES:
            return None
        left_s = self._began_s + self._limit_s * _SHARE_OF_TIME - self._now()
        if left_s < 1:
            self._set_reason("no time is left for the service: raise converter.timeout_s or timeout_per_page_s")
            return None
        return Budget(attempts, int(min(timeout_s, max(1.0, left_s / attempts))))

    def record(self, model: str, problem: str | None) -> None:
        """Count a request; `problem` says why it brought nothing, as far as that is known, and is None if it did."""
        with self._lock:
            self._model = model
            self._requests += 1
            self._failed += problem is not None
            self._failed_in_a_row = 0 if problem is None else self._failed_in_a_row + 1
        if problem:
            self._set_reason(problem)

    def _set_reason(self, reason: str) -> None:
        """Keep the first one: what follows from it says less."""
        with self._lock:
            self._reason = self._reason or _shorten(hide_address(reason, "" if self.spec is None else self.spec.url))


class LastWords(logging.Filter):
    """Keeps, for each thread, the last line that Marker has logged: its services say there why they failed.

    The address of the relay, which is as secret as the key behind it, is taken out of every line.
    """

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self._said = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            record.msg, record.args = hide_address(record.getMessage(), self.url), ()
            self._said.line = record.msg
        return True

    def forget(self) -> None:
        self._said.line = ""

    def read(self) -> str:
        """Return the last line of this thread since `forget`."""
        return str(getattr(self._said, "line", ""))


_last_words = LastWords()


def listen_to_marker(url: str) -> LastWords:
    """Return the filter, which stands at Marker's logger once; `url` is the address of the relay."""
    _last_words.url = url
    logging.getLogger("marker").addFilter(_last_words)  # a second time changes nothing
    return _last_words


def hide_address(text: str, url: str) -> str:
    return text.replace(url, "the service") if url else text


def _shorten(reason: str) -> str:
    """Return one line without the answer, which pydantic repeats: it may be a part of the document."""
    return " ".join(reason.partition("[type=")[0].split())[:_LONGEST_REASON]


def find_problem(answer: Any, schema: Any) -> str | None:
    """Say why an answer of a service is of no use; None where it has the form that was asked for."""
    if not answer:
        return ""
    try:
        schema.model_validate(answer)
    except ValueError as error:
        return f"its answer has not the form that was asked for: {type(error).__name__}"
    return None
