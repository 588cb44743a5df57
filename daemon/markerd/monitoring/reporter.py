"""Shows what the daemon does: in `status.json`, to the displays, and as a heartbeat in the log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence, Sized
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from markerd.config import Config
from markerd.convert.protocol import ConverterState, ServerState
from markerd.convert.protocol.pool import Absence
from markerd.intake.intake_thread import Intake
from markerd.journal import Journal
from markerd.logs import Log
from markerd.monitoring import status_file
from markerd.monitoring.life_signs import LifeSigns
from markerd.monitoring.snapshot_sources import Session, SnapshotSources
from markerd.monitoring.status_file import Current, DaemonState, Snapshot
from markerd.pipeline.away_models import AwayModels
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.progress import Progress


class Display(Protocol):
    """Shown the state every two seconds, at each change of it, and soon after a change of the documents in work: the
    progress bar, the service manager, the web page."""

    def update(self, snapshot: Snapshot) -> None: ...


class Reporter:
    """Called by the main thread alone. It writes at least every two seconds, and otherwise where something changed.

    It has more than fifteen methods, because each change of the daemon's state is one: the parts that change it know no
    more of the snapshot.
    """

    def __init__(
        self, runtime_dir: Path, journal: Journal, displays: Sequence[Display], snapshot: Snapshot, log: Log
    ) -> None:
        self._runtime_dir = runtime_dir
        self._displays = displays
        self._snapshot = snapshot
        self._log = log
        self._sources = SnapshotSources(journal.reader)
        self._life_signs = LifeSigns()
        self._in_work: dict[int, Current] = {}
        self._is_write_due = False
        self._written_s = 0.0
        self._began_s = self._heartbeat_logged_s = time.monotonic()
        self._write()

    def watch_converters(
        self,
        states: Callable[[], list[ConverterState]],
        find_absence: Callable[[], Absence | None],
        describe_usage: Callable[[], dict[str, Any]],
    ) -> None:
        """From now on there are converters; `describe_usage` tells what they and the daemon hold."""
        self._sources.watch_converters(states, find_absence, describe_usage)

    def watch_models(self, states: Callable[[], list[ServerState]]) -> None:
        """From now on there may be model servers."""
        self._sources.watch_models(states)

    def watch_away_models(self, models: AwayModels) -> None:
        """From now on documents may wait for these."""
        self._sources.watch_away_models(models)

    def watch_hooks(self, describe: Callable[[], list[dict[str, Any]]]) -> None:
        """From now on hooks may be told of outcomes."""
        self._sources.watch_hooks(describe)

    def watch_session(self, queue: Sized, intake: Intake, storage: Storage, config: Config) -> None:
        """From now on this session runs."""
        self._sources.watch_session(Session(queue, intake, storage, config))
        self._snapshot.is_reload_wanted = False
        self.show_idle()

    @property
    def is_converting(self) -> bool:
        """Whether a converter has a document in work."""
        return bool(self._snapshot.converting)

    # --- signs of life ----------------------------------------------------------------------------------------------

    @property
    def next_beat_s(self) -> float:
        """When `beat` is to be called at the latest, on the monotonic clock, if nothing happens before."""
        every_s = status_file.LEAST_BETWEEN_WRITES_S if self._is_write_due else status_file.WRITE_EVERY_S
        return self._written_s + every_s

    def beat(self) -> None:
        """The main thread is alive. Call this at least every few seconds."""
        self._life_signs.note_loop()
        self._snapshot.heartbeat = time.time()
        # Whoever waits until the daemon is ready must not have to wait for the clock as well.
        is_newly_ready = not self._snapshot.is_ready and self._sources.are_folders_watched()
        if is_newly_ready or time.monotonic() >= self.next_beat_s:
            self._write()

    def supervise(self, *, is_reload_wanted: bool) -> bool:
        """The converter's supervisor is alive while it waits for an answer; a reload waits as well.

        Returns whether a converter has a document in work.
        """
        self._snapshot.is_reload_wanted = is_reload_wanted
        self._life_signs.note_supervisor()
        self.beat()
        return self.is_converting

    # --- what the loop does -----------------------------------------------------------------------------------------

    def show_converting(self, number: int, document: str) -> None:
        """A converter has taken the document with this number and this printable path."""
        self._in_work[number] = Current(document, time.time())
        self._enter(DaemonState.CONVERTING)

    def show_progress(self, number: int, progress: Progress) -> None:
        """The document is that far."""
        if number in self._in_work:
            self._in_work[number] = replace(self._in_work[number], **asdict(progress))
            self._snapshot.converting = list(self._in_work.values())

    def show_finished(self, number: int) -> None:
        """The document is in work no more; the next one may follow at once."""
        self._in_work.pop(number, None)
        self._note_change()

    def show_idle(self) -> None:
        """Nothing is there to convert."""
        self._in_work.clear()
        self._enter(DaemonState.IDLE)

    def show_reloading(self) -> None:
        """The session has ended: until the next one watches its folders, the daemon is not ready."""
        self._sources.end_session()
        self._began_s = time.monotonic()
        self._write()

    def show_draining(self) -> None:
        """The daemon was asked to stop; the documents in work may end first."""
        self._enter(DaemonState.STOPPING)

    def show_stopping(self) -> None:
        """The daemon stops."""
        self._in_work.clear()
        self._enter(DaemonState.STOPPING)

    def close(self) -> None:
        """Write for the last time: what stands in the file is no running daemon any more."""
        self._snapshot.heartbeat = 0.0
        self._write()

    def _enter(self, state: DaemonState) -> None:
        before = self._snapshot.state
        is_stopping = before is DaemonState.STOPPING  # which it stays, whatever ends meanwhile
        self._snapshot.state = DaemonState.STOPPING if is_stopping else state
        if self._snapshot.state is not before:
            self._snapshot.converting = list(self._in_work.values())
            self._write()
        else:
            self._note_change()

    def _note_change(self) -> None:
        """Show a change of the documents in work, now or soon: many tiny documents change often."""
        self._snapshot.converting = list(self._in_work.values())
        self._is_write_due = True
        if time.monotonic() >= self.next_beat_s:
            self._write()

    # --- showing it -------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        self._written_s = time.monotonic()
        self._is_write_due = False
        self._refresh()
        with suppress(OSError):  # a full disk makes the status stale, which shows; it must not end the daemon
            status_file.write(self._runtime_dir, self._snapshot)
        self._update_displays()
        self._log_heartbeat_if_due()

    def _update_displays(self) -> None:
        for display in self._displays:
            display.update(self._snapshot)

    def _refresh(self) -> None:
        snapshot, was_ready = self._snapshot, self._snapshot.is_ready
        self._sources.refresh(snapshot)
        if self._sources.has_converter and not self.is_converting:  # else its supervisor is the one who shows life
            self._life_signs.note_supervisor()
        snapshot.silent_s = self._life_signs.measure_silent_s(self._sources.intake)
        if snapshot.is_ready and not was_ready:
            folders = [folder["path"] for folder in snapshot.folders]
            self._log.info("daemon.ready", folders=folders, seconds=round(time.monotonic() - self._began_s, 2))

    def _log_heartbeat_if_due(self) -> None:
        every_s = self._sources.heartbeat_s
        if every_s <= 0 or time.monotonic() - self._heartbeat_logged_s < every_s:
            return
        self._heartbeat_logged_s = time.monotonic()
        _log_heartbeat(self._log, self._snapshot)


def _log_heartbeat(log: Log, snapshot: Snapshot) -> None:
    waited = 0.0 if snapshot.waiting_since is None else max(time.time() - snapshot.waiting_since, 0.0)
    log.info(
        "daemon.heartbeat",
        state=snapshot.state.value,
        queued=snapshot.queued,
        oldest_waiting_seconds=round(waited, 1),
        paused_folders=sum(1 for folder in snapshot.folders if folder["paused"]),
        semaphores=snapshot.converter.get("semaphores"),
        rss_mb=snapshot.converter.get("rss_mb"),
        **snapshot.counts,
    )
