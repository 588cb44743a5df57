"""The parts of the daemon that the snapshot of its state is put together from."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markerd.config import Config
from markerd.config.quiet_hours import QuietHours, parse_quiet_hours
from markerd.convert.protocol import ConverterState, ServerState
from markerd.convert.protocol.pool import Absence
from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import FolderStatus
from markerd.journal.reader import JournalReader
from markerd.monitoring.status_file import DaemonState, Snapshot, describe_converters, describe_server
from markerd.pipeline.away_models import AwayModels
from markerd.pipeline.disk_space import Storage
from markerd.values import make_printable


@dataclass(frozen=True)
class Session:
    """What lives from one reload of the configuration to the next."""

    queue: Sized
    intake: Intake
    storage: Storage
    config: Config

    @cached_property
    def quiet_hours(self) -> QuietHours | None:
        """Those of the configuration; None where it has none."""
        return parse_quiet_hours(self.config.daemon.quiet_hours)

    def describe_folders(self, statuses: Sequence[FolderStatus], absence: Absence | None) -> list[dict[str, Any]]:
        """Describe each hot folder as the status file shows it. All are paused while the converters are absent."""
        outputs = {str(folder.path): os.fspath(folder.output) for folder in self.config.folders}
        paused: Mapping[str, str] = self.storage.paused
        absent = None if absence is None else absence.reason
        return [
            {
                "path": make_printable(folder.folder),
                "output": make_printable(outputs.get(folder.folder, "")),
                "observer": folder.observer,
                "since": folder.since,
                "paused": folder.paused or paused.get(folder.folder) or absent,
                "settling": folder.settling + folder.ready + folder.unrecorded,
            }
            for folder in statuses
        ]


class SnapshotSources:
    """Asks the parts that are known by now. Called by the main thread alone."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._converter_states: Callable[[], list[ConverterState]] | None = None
        self._find_absence: Callable[[], Absence | None] = lambda: None
        self._describe_usage: Callable[[], dict[str, Any]] = dict
        self._server_states: Callable[[], list[ServerState]] = list
        self._away_models: AwayModels | None = None
        self._describe_hooks: Callable[[], list[dict[str, Any]]] = list
        self._session: Session | None = None
        self._is_session_over = False

    def watch_converters(
        self,
        states: Callable[[], list[ConverterState]],
        find_absence: Callable[[], Absence | None],
        describe_usage: Callable[[], dict[str, Any]],
    ) -> None:
        """From now on there are converters; `describe_usage` tells what they and the daemon hold."""
        self._converter_states, self._find_absence, self._describe_usage = states, find_absence, describe_usage

    def watch_models(self, states: Callable[[], list[ServerState]]) -> None:
        """From now on there may be model servers."""
        self._server_states = states

    def watch_away_models(self, models: AwayModels) -> None:
        """From now on documents may wait for these."""
        self._away_models = models

    def watch_hooks(self, describe: Callable[[], list[dict[str, Any]]]) -> None:
        """From now on hooks may be told of outcomes."""
        self._describe_hooks = describe

    def watch_session(self, session: Session) -> None:
        """From now on this session runs."""
        self._session, self._is_session_over = session, False

    def end_session(self) -> None:
        """Its intake is no longer to be asked; its queue and its configuration hold until the next session."""
        self._is_session_over = True

    @property
    def intake(self) -> Intake | None:
        """The intake that runs now, if any."""
        return None if self._session is None or self._is_session_over else self._session.intake

    @property
    def heartbeat_s(self) -> float:
        """How often the configuration wants a heartbeat in the log; 0 for never."""
        return 0.0 if self._session is None else self._session.config.log.heartbeat_s

    @property
    def has_converter(self) -> bool:
        """Whether a converter is known."""
        return self._converter_states is not None

    def are_folders_watched(self) -> bool:
        """Whether every folder is watched, or it is known why not."""
        return self.intake is not None and _are_watched(self.intake.statuses)

    def refresh(self, snapshot: Snapshot) -> None:
        """Bring the snapshot up to date with the journal, the queue, the converter and the folders."""
        snapshot.queued = 0 if self._session is None else len(self._session.queue)
        statuses = () if self.intake is None else self.intake.statuses
        snapshot.is_ready = self.intake is not None and _are_watched(statuses)
        found = self._journal.read_overview()
        unrecorded = sum(folder.unrecorded for folder in statuses)  # these wait as well
        snapshot.counts = {**found.counts, "waiting": found.counts["waiting"] + unrecorded}
        snapshot.totals, snapshot.waiting_since = found.totals, found.waiting_since
        snapshot.last_errors = [{**error, "path": make_printable(error["path"])} for error in found.last_errors]
        if self._converter_states is not None:
            snapshot.converter = describe_converters(self._converter_states())
            snapshot.trend = self._describe_usage()
        snapshot.model_servers = [describe_server(state) for state in self._server_states()]
        snapshot.hooks = self._describe_hooks()
        hours = self._session.quiet_hours if self._session is not None else None
        snapshot.quiet_until = None if hours is None else hours.find_end(time.time())
        snapshot.away_models = [] if self._away_models is None else self._away_models.describe()
        if self._session is not None and not self._is_session_over:
            snapshot.folders = self._session.describe_folders(statuses, self._find_absence())
            _mark_paused(snapshot)


def _are_watched(statuses: Sequence[FolderStatus]) -> bool:
    return all(folder.observer or folder.paused for folder in statuses)


def _mark_paused(snapshot: Snapshot) -> None:
    """An idle daemon none of whose folders can be used is paused."""
    is_paused = all(folder["paused"] for folder in snapshot.folders)
    if snapshot.state in (DaemonState.IDLE, DaemonState.PAUSED):
        snapshot.state = DaemonState.PAUSED if is_paused else DaemonState.IDLE
