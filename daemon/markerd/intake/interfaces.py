"""What the intake needs of the rest of the daemon, and the settings that it gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from markerd.intake.scan import Found
from markerd.intake.settle import ExtraWaits
from markerd.values import Fingerprint, Order


class Ledger(Protocol):
    """Knows what became of each path, and has the queue of settled documents. Only the intake thread calls it.

    `folder` is the configured path of the hot folder, `path` is relative to it (undecodable bytes as surrogates).
    """

    def select_news(self, folder: str, files: Sequence[Found]) -> list[Found]:
        """Return those whose content is not known yet, in their order; else it does not matter what became of it."""

    def record_all_seen(self, folder: str, files: Sequence[Found], seen_at: float) -> None:
        """Note files that are news and settle now, first seen at `seen_at`, in seconds since the epoch."""

    def enqueue(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """Queue a file that is complete. False where the queue is full: the file is offered again later."""

    def record_vanished(self, folder: str, path: str) -> None:
        """Note that a file which was seen is gone before it was queued."""


class Log(Protocol):
    """A logger of events with fields, such as structlog's."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...


@dataclass(frozen=True)
class WatchedFolder:
    """A hot folder's settings. `observer` is auto, native or polling.

    `marker` is the pattern of the files that say that a document is complete; None where none are wanted.
    """

    path: Path
    recursive: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    settle_s: float = 1.0
    extra_waits: ExtraWaits = field(default_factory=ExtraWaits)
    observer: str = "auto"
    order: Order = Order.OLDEST
    marker: str | None = None


@dataclass(frozen=True)
class FolderStatus:
    """How a hot folder stands.

    `observer` is native or polling, None while paused, and `paused` says why then; `since` is a Unix time.
    `settling` counts the files that are not complete yet, `ready` those the queue had no room for, and `unrecorded`
    those that were found and come after them.
    """

    folder: str
    observer: str | None
    since: float
    paused: str | None
    settling: int
    ready: int
    unrecorded: int = 0
