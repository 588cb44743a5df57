"""A converter in a pool, with what it does at present."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.supervisor import Steps
from markerd.convert.protocol.pool import Task
from markerd.errors import StopNowError


@dataclass
class PooledConverter:
    """A converter and its current work: `steps` is None without any; `task` is there while a document is in work."""

    converter: ProcessConverter
    steps: Steps[None] | None = None
    task: Task | None = None
    is_loading: bool = False
    """While the models load at the start, beside the first converter that is ready."""

    rests_until_s: float = 0.0
    """When a converter that could not load its models beside the others is tried again, on the monotonic clock."""

    @property
    def is_cleaning(self) -> bool:
        """Whether a document has ended, and the next one waits for the cleanup behind it."""
        return self.steps is not None and self.task is None and not self.is_loading

    @property
    def is_waited_for(self) -> bool:
        """Whether to look at it every `POLL_S` seconds: a deadline, its memory or its replacement."""
        return self.steps is not None or self.converter.is_retiring

    def advance(self) -> None:
        """Go on as far as possible without waiting."""
        if self.steps is None:
            self.converter.listen()
            self.converter.tend()
            return
        self.converter.watch_replacement()
        try:
            next(self.steps)
        except StopIteration:
            self.steps = None

    def interrupt(self, error: Exception) -> None:
        """End the document in work, or the loading of the models, by this error."""
        if self.steps is not None and not self.is_cleaning:
            with suppress(StopIteration, StopNowError):
                self.steps.throw(error)
                return
            self.steps = None
