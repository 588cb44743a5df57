"""A hot folder with an intake on it: real folders, real observers, a ledger in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.scan import Found
from markerd.values import Fingerprint

SETTLE_S = 0.3
NEVER_S = 3600.0


def eventually(condition: Callable[[], bool], timeout_s: float = 15.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


class MemoryLedger:
    """Knows what it was given; takes as many as it has `room` for."""

    def __init__(self) -> None:
        self.room = 1_000_000
        self.known: dict[str, Fingerprint] = {}
        self.seen_paths: list[str] = []
        self.queued: list[str] = []
        self.sizes: list[int] = []
        self.refusals = 0
        self.gone: list[str] = []

    def is_news(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        return self.known.get(f"{folder}/{path}") != fingerprint

    def record_seen(self, folder: str, path: str, fingerprint: Fingerprint) -> None:
        self.seen_paths.append(path)

    def select_news(self, folder: str, files: Sequence[Found]) -> list[Found]:
        return [found for found in files if self.is_news(folder, found.path, found.fingerprint)]

    def record_all_seen(self, folder: str, files: Sequence[Found], seen_at: float) -> None:
        for found in files:
            self.record_seen(folder, found.path, found.fingerprint)

    def enqueue(self, folder: str, path: str, fingerprint: Fingerprint) -> bool:
        if len(self.queued) >= self.room:
            self.refusals += 1
            return False
        self.known[f"{folder}/{path}"] = fingerprint
        self.sizes.append(Path(folder, path).stat().st_size)
        self.queued.append(path)
        return True

    def record_vanished(self, folder: str, path: str) -> None:
        self.gone.append(path)


class Recorder:
    """A log that can be asked."""

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.records.append((event, fields))

    debug = warning = info

    def of(self, event: str, field: str) -> list[Any]:
        return [fields[field] for name, fields in self.records.copy() if name == event]


class Scene:
    """One hot folder with an intake on it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "inbox"
        self.root.mkdir()
        self.outside = root
        self.ledger = MemoryLedger()
        self.log = Recorder()
        self.intakes: list[Intake] = []

    def start(self, *, reconcile_s: float = NEVER_S, wait: bool = True, **settings: Any) -> Intake:
        folder = WatchedFolder(self.root, **{"settle_s": SETTLE_S, **settings})
        return self.start_all([folder], reconcile_s=reconcile_s, wait=wait)

    def start_all(self, folders: list[WatchedFolder], *, reconcile_s: float = NEVER_S, wait: bool = True) -> Intake:
        intake = Intake(folders, self.ledger, self.log, reconcile_s=reconcile_s, tick_s=0.05)
        self.intakes.append(intake)
        intake.start()
        assert not wait or intake.wait_until_watching(10)
        return intake

    def drop(self, name: str, content: bytes = b"words") -> Path:
        path = self.root / name
        path.write_bytes(content)
        return path

    def is_queued(self, *names: str) -> bool:
        return eventually(lambda: sorted(self.ledger.queued) == sorted(names))
