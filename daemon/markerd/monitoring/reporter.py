"""Tells the outside what the daemon does: `status.json`, the displays, and a heartbeat in the log.

Told by the loop, asking the parts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence, Sized
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from markerd.config import Config
from markerd.convert.protocol import ConverterState
from markerd.intake.intake_thread import Intake
from markerd.journal import Journal
from markerd.logs import Log
from markerd.monitoring import status_file
from markerd.monitoring.status_file import Current, DaemonState, Snapshot
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.progress import Progress
from markerd.values import printable


class Display(Protocol):
    """Shown the state every two seconds and at each change: the progress bar, the service manager, the web page."""

    def update(self, snapshot: Snapshot) -> None: ...


class Reporter:
    """Called by the main thread alone. Writing is cheap and happens at most every two seconds, or at a change."""

    def __init__(
        self, runtime_dir: Path, journal: Journal, displays: Sequence[Display], snapshot: Snapshot, log: Log
    ) -> None:
        self._runtime_dir = runtime_dir
        self._journal = journal
        self._displays = displays
        self._snapshot = snapshot
        self._log = log
        self._written_s = 0.0
        self._began_s = time.monotonic()
        self._loop_alive_s = self._converter_alive_s = self._said_alive_s = self._began_s
        self._converter_state: Callable[[], ConverterState] | None = None
        self._trend: Callable[[], dict[str, Any]] = dict
        self._queue: Sized = ()
        self._intake: Intake | None = None
        self._storage: Storage | None = None
        self._config: Config | None = None
        self._write()

    def watch_converter(self, state: Callable[[], ConverterState], trend: Callable[[], dict[str, Any]]) -> None:
        self._converter_state, self._trend = state, trend

    def watch_session(self, queue: Sized, intake: Intake, storage: Storage, config: Config) -> None:
        self._queue, self._intake, self._storage, self._config = queue, intake, storage, config
        self._snapshot.is_reload_wanted = False
        self.idle()

    @property
    def is_converting(self) -> bool:
        return self._snapshot.current is not None

    # --- signs of life ----------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """The main thread is alive. Call it at least every few seconds."""
        self._loop_alive_s = time.monotonic()
        self._snapshot.heartbeat = time.time()
        is_news = self._is_watching() and not self._snapshot.is_ready  # who waits for it shall not wait for the clock
        if is_news or self._loop_alive_s - self._written_s >= status_file.WRITE_EVERY_S:
            self._write()

    def supervising(self, *, is_reload_wanted: bool) -> None:
        """The converter's supervisor is alive while it waits for an answer; a reload waits as well."""
        self._snapshot.is_reload_wanted = is_reload_wanted
        self._converter_alive_s = time.monotonic()
        self.beat()

    def _say_alive(self) -> None:
        every_s = self._config.log.heartbeat_s if self._config is not None else 0.0
        if every_s <= 0 or time.monotonic() - self._said_alive_s < every_s:
            return
        self._said_alive_s = time.monotonic()
        snapshot = self._snapshot
        waited = 0.0 if snapshot.waiting_since is None else max(time.time() - snapshot.waiting_since, 0.0)
        self._log.info(
            "daemon.heartbeat",
            state=snapshot.state.value,
            queued=snapshot.queued,
            oldest_waiting_seconds=round(waited, 1),
            paused_folders=sum(1 for folder in snapshot.folders if folder["paused"]),
            semaphores=snapshot.converter.get("semaphores"),
            rss_mb=snapshot.converter.get("rss_mb"),
            **snapshot.counts,
        )

    # --- what the loop does -----------------------------------------------------------------------------------------

    def show_converting(self, document: str) -> None:
        self._enter(DaemonState.CONVERTING, Current(document, time.time()))

    def show_progress(self, progress: Progress) -> None:
        current = self._snapshot.current
        if current is not None:
            self._snapshot.current = replace(current, **asdict(progress))

    def finished(self) -> None:
        self._snapshot.current = None
        self._refresh()
        self._show()

    def idle(self) -> None:
        self._enter(DaemonState.IDLE, None)

    def reloading(self) -> None:
        """The session has ended: until the next one watches its folders, the daemon is not ready."""
        self._intake = None
        self._began_s = time.monotonic()
        self._write()

    def draining(self) -> None:
        """The daemon was asked to stop; the document in work may end first."""
        self._enter(DaemonState.STOPPING, self._snapshot.current)

    def stopping(self) -> None:
        self._enter(DaemonState.STOPPING, None)

    def close(self) -> None:
        """The last word: what stands in the file is no running daemon any more."""
        self._snapshot.heartbeat = 0.0
        self._write()

    def _enter(self, state: DaemonState, current: Current | None) -> None:
        is_stopping = self._snapshot.state is DaemonState.STOPPING  # which it stays, whatever ends meanwhile
        self._snapshot.state = DaemonState.STOPPING if is_stopping else state
        self._snapshot.current = current
        self._write()

    # --- showing it -------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        self._written_s = time.monotonic()
        self._refresh()
        with suppress(OSError):  # a full disk makes the status stale, which shows; it must not end the daemon
            status_file.write(self._runtime_dir, self._snapshot)
        self._show()
        self._say_alive()

    def _show(self) -> None:
        for display in self._displays:
            display.update(self._snapshot)

    def _refresh(self) -> None:
        snapshot = self._snapshot
        snapshot.queued = len(self._queue)
        snapshot.counts = self._journal.reader.count_documents()
        snapshot.totals = self._journal.reader.read_totals()
        snapshot.waiting_since = self._journal.reader.find_oldest_waiting()
        snapshot.last_errors = [
            {**error, "path": printable(error["path"])} for error in self._journal.reader.list_last_errors()
        ]
        if self._converter_state is not None:
            snapshot.converter = status_file.describe_converter(self._converter_state())
            snapshot.trend = self._trend()
            if not self.is_converting:  # else it is its supervisor who tells
                self._converter_alive_s = time.monotonic()
        if self._intake is not None and self._storage is not None and self._config is not None:
            snapshot.folders = self._folders(self._intake, self._storage.paused, self._config)
            self._show_pause()
        snapshot.silent_s = self._silent_s()
        self._note_readiness()

    def _silent_s(self) -> dict[str, float]:
        alive = {"loop": self._loop_alive_s, "converter": self._converter_alive_s}
        if self._intake is not None:
            alive["observers"] = self._intake.heartbeat
        now = time.monotonic()
        return {part: round(max(now - at_s, 0.0), 1) for part, at_s in alive.items()}

    def _note_readiness(self) -> None:
        was_ready, self._snapshot.is_ready = self._snapshot.is_ready, self._is_watching()
        if self._snapshot.is_ready and not was_ready:
            folders = [folder["path"] for folder in self._snapshot.folders]
            self._log.info("daemon.ready", folders=folders, seconds=round(time.monotonic() - self._began_s, 2))

    def _is_watching(self) -> bool:
        """Every folder is watched, or it is said why not."""
        return self._intake is not None and all(folder.observer or folder.paused for folder in self._intake.status())

    def _show_pause(self) -> None:
        """An idle daemon none of whose folders can be used is paused."""
        is_paused = all(folder["paused"] for folder in self._snapshot.folders)
        if self._snapshot.state in (DaemonState.IDLE, DaemonState.PAUSED):
            self._snapshot.state = DaemonState.PAUSED if is_paused else DaemonState.IDLE

    @staticmethod
    def _folders(intake: Intake, full: Mapping[str, str], config: Config) -> list[dict[str, Any]]:
        outputs = {str(folder.path): os.fspath(folder.output) for folder in config.folders}
        return [
            {
                "path": printable(folder.folder),
                "output": printable(outputs.get(folder.folder, "")),
                "observer": folder.observer,
                "since": folder.since,
                "paused": folder.paused or full.get(folder.folder),
                "settling": folder.settling + folder.ready,
            }
            for folder in intake.status()
        ]
