"""`status.json`: what the daemon is doing. It is replaced every few seconds, and `markerd status` reads it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any

import psutil

from markerd import __version__
from markerd.convert.protocol import ConverterState, ServerState
from markerd.files import durable
from markerd.files.untrusted import parse_json, read_file
from markerd.values import format_utc_now, make_printable

FILE_NAME = "status.json"
WRITE_EVERY_S = 2.0
LEAST_BETWEEN_WRITES_S = 0.5
"""While documents change quickly, the file is not written more often. A write takes some 0.5 ms (2 cores, 2026)."""
STALE_AFTER_S = 30.0
_MAX_BYTES = 16 << 20
"""A larger file is no status: a status lists folders and the last errors, but no documents that wait."""


class DaemonState(str, Enum):
    """What the daemon as a whole is doing."""

    STARTING = "starting"
    IDLE = "idle"
    CONVERTING = "converting"
    PAUSED = "paused"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Current:
    """A document in work; `started` is seconds since the epoch, `pages` None until the converter knows.

    `pages_done` and the seconds tell how far a document is that is converted in parts.
    """

    document: str
    started: float
    pages: int | None = None
    pages_done: int = 0
    seconds_per_page: float | None = None
    seconds_left: float | None = None


@dataclass
class Snapshot:
    """What is written; the fields of `markerd status --json`."""

    state: DaemonState = DaemonState.STARTING
    pid: int = field(default_factory=os.getpid)
    process_started: float = field(default_factory=lambda: psutil.Process().create_time())
    process_started_after_boot: float = field(default_factory=lambda: _measure_start_after_boot(psutil.Process()))
    """The same in seconds since the start of the machine, which does not change when the clock is set."""
    version: str = __version__
    config: str = ""
    """The configuration file's path: by it `markerd status` finds its daemon among several."""
    since: float = field(default_factory=time.time)
    heartbeat: float = field(default_factory=time.time)
    is_ready: bool = False
    """The models are loaded and every folder is watched, or said to be paused."""
    is_reload_wanted: bool = False
    """The configuration is read again once the document in work is done."""
    silent_s: dict[str, float] = field(default_factory=dict)
    """Seconds since each part last showed life: loop, observers, converter."""
    isolation: str = "process"
    queued: int = 0
    waiting_since: float | None = None
    """When the oldest document was seen that is not finished; seconds since the epoch."""
    converting: list[Current] = field(default_factory=list)
    """The documents that the converters have, in order of arrival."""
    counts: dict[str, int] = field(default_factory=dict)
    """published, skipped and dead since the journal began, and waiting now."""
    totals: dict[str, float] = field(default_factory=dict)
    """Since the journal began: failed attempts; pages, convert_seconds and waited_seconds of what was published."""
    folders: list[dict[str, Any]] = field(default_factory=list)
    converter: dict[str, Any] = field(default_factory=dict)
    """All converters together; `workers` has each."""
    model_servers: list[dict[str, Any]] = field(default_factory=list)
    """The servers of Marker's own models; none with the embedded ones."""
    quiet_until: float | None = None
    """When the quiet hours of now end, seconds since the epoch; None where these are none."""
    away_models: list[dict[str, Any]] = field(default_factory=list)
    """The models that cannot be reached, each with the reason and the number of documents that wait for it."""
    hooks: list[dict[str, Any]] = field(default_factory=list)
    """What waits for each hook, what was given up, and how it fares."""
    trend: dict[str, Any] = field(default_factory=dict)
    """Of the converter and of the daemon, since each started: see `resource_usage`. Empty until a document ended."""
    last_errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def current(self) -> Current | None:
        """The document that has been in work longest."""
        return next(iter(self.converting), None)


def describe_converters(states: Sequence[ConverterState]) -> dict[str, Any]:
    """Describe the converters as the status file shows them: all together, which come first, and in `workers` each."""
    together, *workers = map(describe_converter, states)
    return {**together, "workers": workers}


def describe_converter(state: ConverterState) -> dict[str, Any]:
    """Describe a converter as the status file shows it."""
    return {
        "pid": state.pid,
        "rss_mb": None if state.rss_bytes is None else round(state.rss_bytes / (1 << 20), 1),
        "documents": state.documents,
        "semaphores": state.semaphores,
        "model_set": state.model_set,
        "starts": state.starts,
        "deaths": state.deaths,
        "cleanups": state.cleanups,
        "removed": state.removed,
        "replacement_pid": state.replacement_pid,
        **({"node": state.node, "in_work": state.in_work} if state.node else {}),
    }


def describe_server(state: ServerState) -> dict[str, Any]:
    """Describe a model server as the status file shows it."""
    return {
        "server": state.name,
        "phase": state.phase,
        "model": state.model,
        "pid": state.pid,
        "rss_mb": None if state.rss_bytes is None else round(state.rss_bytes / (1 << 20), 1),
        "starts": state.starts,
        "deaths": state.deaths,
        "reason": make_printable(state.reason),
    }


def build_content(snapshot: Snapshot) -> dict[str, Any]:
    """Build what JSON can hold, and what later changes of the snapshot do not touch.

    The values are those of the snapshot, which gets new ones and never changes the ones it has: a deep copy took a
    fifth of the daemon's time for a tiny document.
    """
    values = {each.name: getattr(snapshot, each.name) for each in fields(snapshot)}
    converting = [asdict(current) for current in snapshot.converting]
    changed = {"converting": converting, "current": next(iter(converting), None), "state": snapshot.state.value}
    return {"schema": 1, "written": format_utc_now(), **values, **changed}


def write(folder: Path, snapshot: Snapshot) -> None:
    """Write the status in one step. It is not forced to the disk: after a power cut the daemon has no status anyway."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / durable.make_temporary_name()
    try:
        temporary.write_bytes(json.dumps(build_content(snapshot)).encode() + b"\n")
        temporary.replace(folder / FILE_NAME)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def find(folders: Iterable[Path], config: Path) -> dict[str, Any] | None:
    """Find the newest snapshot of a daemon with this configuration file in any of the folders; see `read`."""
    snapshots = (read(folder) for folder in folders)
    # A snapshot of an earlier version does not name its configuration.
    found = [content for content in snapshots if content and content.get("config") == str(config)]
    # Whether it runs counts more than when it was written: the clock may have been set back since.
    return max(found, key=lambda content: (content["is_running"], str(content["written"])), default=None)


def read(folder: Path) -> dict[str, Any] | None:
    """Read the last snapshot, with `is_running` added; None where no daemon ever wrote one."""
    try:
        content: dict[str, Any] = parse_json(read_file(folder / FILE_NAME, _MAX_BYTES))
        return {**content, "is_running": _is_running(content)}
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None


def _is_running(content: dict[str, Any]) -> bool:
    """Whether the process is alive, and not another one that got its number, and its heartbeat is fresh."""
    try:
        is_alive = _is_started_as(psutil.Process(content["pid"]), content)
    except (psutil.Error, KeyError, TypeError):
        return False
    # A heartbeat from the future is no sign of life either: a clock that was set back leaves one.
    return is_alive and (is_busy_inline(content) or bool(abs(time.time() - content["heartbeat"]) < STALE_AFTER_S))


def _is_started_as(process: psutil.Process, content: Mapping[str, Any]) -> bool:
    """Whether either time matches: on Linux the calendar time moves with the clock, because it is computed from the
    time of the boot."""
    # A second's tolerance: psutil derives the time from clock ticks and the boot time, which is in whole seconds.
    if abs(process.create_time() - content["process_started"]) < 1.0:
        return True
    after_boot = content.get("process_started_after_boot")
    return after_boot is not None and bool(abs(_measure_start_after_boot(process) - after_boot) < 1.0)


def _measure_start_after_boot(process: psutil.Process) -> float:
    return float(process.create_time() - psutil.boot_time())


def is_busy_inline(content: Mapping[str, Any]) -> bool:
    """Whether Marker may be loading or working in the loop's thread, as with `isolation = inline`: then the loop cannot
    show life."""
    return bool(content["isolation"] == "inline" and content["state"] in (DaemonState.STARTING, DaemonState.CONVERTING))
