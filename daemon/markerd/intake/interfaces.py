"""What intake needs of the rest of the daemon, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from markerd.intake.settle import Patience
from markerd.values import Fingerprint


class Ledger(Protocol):
    """What is known of each path, and the queue behind it. All methods are called by the intake thread alone.

    `folder` is the configured path of the hot folder, `path` is relative to it (undecodable bytes as surrogates).
    """

    def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """False: this content of the path is known, whatever became of it."""

    def seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        """A file came up that is news; it settles now."""

    def settled(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        """The file is complete: queue it. False: the queue is full, offer it again later."""

    def vanished(self, folder: str, path: str) -> None:
        """A file that was seen is gone before it was queued."""


class Log(Protocol):
    """A logger of events with fields, such as structlog's."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...


@dataclass(frozen=True)
class WatchedFolder:
    """A hot folder's settings. `observer` is auto, native or polling."""

    path: Path
    recursive: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    settle_s: float = 1.0
    patience: Patience = field(default_factory=Patience)
    observer: str = "auto"


@dataclass(frozen=True)
class FolderStatus:
    """How a hot folder stands.

    `observer` is native or polling, None while paused, and `paused` says why then; `since` is a Unix time.
    `settling` counts the files that are not complete yet, `ready` those the queue had no room for.
    """

    folder: str
    observer: str | None
    since: float
    paused: str | None
    settling: int
    ready: int
