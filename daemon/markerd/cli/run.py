"""`markerd run`."""

from __future__ import annotations

import faulthandler
import sys
from contextlib import nullcontext
from pathlib import Path

from markerd.monitoring.reporter import Display
from markerd.monitoring.sd_notify import find_service_manager
from markerd.monitoring.status_file import Snapshot
from markerd.runtime.lifecycle import Daemon


def run(config: Path, *, is_once: bool, is_verbose: bool = False) -> int:
    """Run until a stop, or until everything is done. Return the exit code."""
    faulthandler.enable()  # a service manager ends a hung daemon with SIGABRT, and its log then says where it hung
    bar = _ProgressBar() if is_once and sys.stderr.isatty() else None
    displays: list[Display] = [display for display in (bar, find_service_manager()) if display is not None]
    with bar or nullcontext():
        return Daemon(config, is_once=is_once, is_verbose=is_verbose, displays=displays).run()


class _ProgressBar:
    """The progress bar of `--once` on a terminal: how many of the documents are done."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self._task = self._progress.add_task("starting", total=None)
        self._done_before: int | None = None

    def __enter__(self) -> _ProgressBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, snapshot: Snapshot) -> None:
        counts = snapshot.counts
        done = sum(counts.get(name, 0) for name in ("published", "skipped", "dead"))
        if self._done_before is None:
            self._done_before = done
        done -= self._done_before
        description = snapshot.current.document if snapshot.current else snapshot.state.value
        self._progress.update(
            self._task, completed=done, total=done + counts.get("waiting", 0), description=description[:50]
        )
