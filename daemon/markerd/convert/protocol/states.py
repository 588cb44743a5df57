"""What is known of converters and of model servers: for the log, the manifest and the status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ConverterInfo:
    """What the converter runs on, known once its models are loaded."""

    model_set: str
    reason: str
    versions: Mapping[str, str]
    load_seconds: float


@dataclass(frozen=True)
class ConverterState:
    """The converter for the status: `rss_bytes` counts it with all its children; None where that is not known.

    `is_retiring` says that the converter is to be replaced, and goes on converting meanwhile; `replacement_pid` is the
    process that loads its models to take over.

    `documents` counts those of the converter that runs now; `starts`, `deaths`, `cleanups` and `removed` (semaphores
    that cleanups removed) go on counting when it is replaced. `node` is the machine of a cluster on which it runs;
    empty on the daemon's own, and while no node has it. `in_work` counts the documents that an actor of a cluster has.
    """

    pid: int | None
    rss_bytes: int | None
    documents: int
    semaphores: int | None
    model_set: str | None
    starts: int = 0
    deaths: int = 0
    cleanups: int = 0
    removed: int = 0
    is_retiring: bool = False
    replacement_pid: int | None = None
    node: str = ""
    in_work: int = 0


@dataclass(frozen=True)
class ServerState:
    """A server for the status. `phase` is "stopped", "starting", "ready" or "waiting", which is before a new start.

    `pid` and `rss_bytes` are None where no process runs; the memory is of all its processes. `reason` says how it ended
    last, as long as it is not ready again.
    """

    name: str
    phase: str
    model: str
    port: int
    pid: int | None = None
    rss_bytes: int | None = None
    starts: int = 0
    deaths: int = 0
    reason: str = ""
