"""How far `markerd convert` is: a progress bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from markerd.pipeline.progress import Progress

_BEAT_S = 0.5
_LONGEST_NAME = 40
"""Characters of a document's name beside the bar."""


class Display:
    """Shows nothing. The loop tells it what it does; `on_finished` is called with the number of what has ended."""

    def __init__(self, on_finished: Callable[[int], None]) -> None:
        self._on_finished = on_finished

    @property
    def next_beat_s(self) -> float:
        """When `beat` is to be called again: it costs nothing."""
        return time.monotonic() + _BEAT_S

    def beat(self) -> None:
        """The loop is alive."""

    def show_loading(self, reason: str) -> None:
        """Nothing can be converted yet."""

    def show_ready(self) -> None:
        """The converters are there."""

    def show_note(self, text: str) -> None:
        """Say something that the person should know, whatever else is shown."""
        print(f"markerd: {text}", file=sys.stderr, flush=True)

    def show_converting(self, number: int, document: str) -> None:
        """A converter has taken the document."""

    def show_progress(self, number: int, progress: Progress) -> None:
        """The document is that far."""

    def show_finished(self, number: int) -> None:
        """The document has come to its end, or will be tried again."""
        self._on_finished(number)

    def show_idle(self) -> None:
        """Nothing is left to convert."""


class ProgressBar(Display):
    """A bar on standard error: how many of the documents are done, and what is in work."""

    def __init__(self, documents: int, on_finished: Callable[[int], None]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        super().__init__(self._count_finished)
        self._report = on_finished
        self._bar = Bar(
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty(),
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=documents)
        self._names: dict[int, str] = {}
        self._done: set[int] = set()

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show_loading(self, reason: str) -> None:
        self._bar.update(self._task, description=reason)

    def show_ready(self) -> None:
        self._bar.update(self._task, description="ready")

    def show_converting(self, number: int, document: str) -> None:
        self._names[number] = document[:_LONGEST_NAME]
        self._bar.update(self._task, description=self._names[number])

    def show_progress(self, number: int, progress: Progress) -> None:
        name = self._names.get(number, "")
        self._bar.update(self._task, description=f"{name}, {progress.pages_done} of {progress.pages} pages")

    def _count_finished(self, number: int) -> None:
        self._done.add(number)
        self._bar.update(self._task, completed=len(self._done))
        self._report(number)


@contextmanager
def open_display(documents: int, on_finished: Callable[[int], None], *, is_quiet: bool) -> Iterator[Display]:
    """Show a progress bar if standard error is a terminal and somebody wants to see it."""
    if is_quiet or documents == 0 or not sys.stderr.isatty():
        yield Display(on_finished)
        return
    with ProgressBar(documents, on_finished) as bar:
        yield bar
