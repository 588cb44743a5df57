"""Keeps `status.json` and the display up to date: told by the loop, asking the parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sized
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from markerd import status
from markerd.config import Config
from markerd.convert.protocol import ConverterState
from markerd.intake.intake import Intake
from markerd.journal import Journal
from markerd.status import Current, DaemonState, Snapshot
from markerd.values import printable


class Display(Protocol):
    """Shown beside the log while it runs."""

    def update(self, snapshot: Snapshot) -> None: ...


class Reporter:
    """Called by the main thread alone. Writing is cheap and happens at most every two seconds, or at a change."""

    def __init__(self, state_dir: Path, journal: Journal, display: Display | None, isolation: str) -> None:
        self._state_dir = state_dir
        self._journal = journal
        self._display = display
        self._snapshot = Snapshot(isolation=isolation)
        self._written_s = 0.0
        self._converter_state: Callable[[], ConverterState] | None = None
        self._queue: Sized = ()
        self._intake: Intake | None = None
        self._config: Config | None = None
        self._write()

    def watch_converter(self, state: Callable[[], ConverterState]) -> None:
        self._converter_state = state

    def watch_session(self, queue: Sized, intake: Intake, config: Config) -> None:
        self._queue, self._intake, self._config = queue, intake, config
        self.idle()

    @property
    def is_converting(self) -> bool:
        return self._snapshot.current is not None

    def beat(self) -> None:
        """Call it at least every few seconds."""
        self._snapshot.heartbeat = time.time()
        if time.monotonic() - self._written_s >= status.WRITE_EVERY_S:
            self._write()

    def converting(self, document: str) -> None:
        self._enter(DaemonState.CONVERTING, Current(document, time.time()))

    def pages(self, pages: int) -> None:
        current = self._snapshot.current
        if current is not None:
            self._snapshot.current = Current(current.document, current.started, pages)

    def finished(self) -> None:
        self._snapshot.current = None
        if self._display is not None:
            self._refresh()
            self._display.update(self._snapshot)

    def idle(self) -> None:
        self._enter(DaemonState.IDLE, None)

    def stopping(self) -> None:
        self._enter(DaemonState.STOPPING, None)

    def close(self) -> None:
        """The last word: what stands in the file is no running daemon any more."""
        self._snapshot.heartbeat = 0.0
        self._write()

    def _enter(self, state: DaemonState, current: Current | None) -> None:
        self._snapshot.state, self._snapshot.current = state, current
        self._write()

    def _write(self) -> None:
        self._written_s = time.monotonic()
        self._refresh()
        with suppress(OSError):  # a full disk makes the status stale, which shows; it must not end the daemon
            status.write(self._state_dir, self._snapshot)
        if self._display is not None:
            self._display.update(self._snapshot)

    def _refresh(self) -> None:
        snapshot = self._snapshot
        snapshot.queued = len(self._queue)
        snapshot.counts = self._journal.counts()
        snapshot.last_errors = [{**error, "path": printable(error["path"])} for error in self._journal.last_errors()]
        if self._converter_state is not None:
            snapshot.converter = status.describe_converter(self._converter_state())
        if self._intake is not None and self._config is not None:
            snapshot.folders = self._folders(self._intake, self._config)
            self._show_pause()

    def _show_pause(self) -> None:
        """An idle daemon none of whose folders can be used is paused."""
        is_paused = all(folder["paused"] for folder in self._snapshot.folders)
        if self._snapshot.state in (DaemonState.IDLE, DaemonState.PAUSED):
            self._snapshot.state = DaemonState.PAUSED if is_paused else DaemonState.IDLE

    @staticmethod
    def _folders(intake: Intake, config: Config) -> list[dict[str, Any]]:
        outputs = {str(folder.path): str(folder.output) for folder in config.folders}
        return [
            {
                "path": printable(folder.folder),
                "output": printable(outputs.get(folder.folder, "")),
                "observer": folder.observer,
                "since": folder.since,
                "paused": folder.paused,
                "settling": folder.settling + folder.ready,
            }
            for folder in intake.status()
        ]
