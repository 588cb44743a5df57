"""The intake's thread: it turns what happens in the hot folders into a stream of settled documents."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from markerd.intake.hot_folder import FolderIntake
from markerd.intake.interfaces import FolderStatus, Ledger, Log, WatchedFolder
from markerd.intake.order import Turns

TICK_S = 2.0
"""How long the thread rests at most. Nobody tells it that a hot folder was unmounted or is back."""
LOOK_AROUND_S = 0.05
"""How long an arrival waits during a scan."""
STOP_TIMEOUT_S = 5.0


class Intake:
    """Watches all hot folders. Its methods may be called by any thread."""

    def __init__(
        self,
        folders: Sequence[WatchedFolder],
        ledger: Ledger,
        log: Log,
        *,
        reconcile_s: float = 60.0,
        tick_s: float = TICK_S,
        on_change: Callable[[], object] = bool,
    ) -> None:
        """Each folder is scanned every `reconcile_s` seconds, whatever the events say.

        The thread rests until an observer, a scan or a file that settles is due, for `tick_s` at most. `on_change` is
        called by it when the statuses have changed, and when it ends by a fault.
        """
        self._tick_s = tick_s
        self._on_change = on_change
        self._due = threading.Event()
        self._folders = [
            FolderIntake(f, reconcile_s, ledger, log, self._keep_going, self.wake, self._look_around) for f in folders
        ]
        self._turns = Turns()
        self._look_around_at_s = 0.0
        # A daemon thread: a scan that hangs on a dead network mount must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._stopping = threading.Event()
        self._rescan = threading.Event()
        self._watching = threading.Event()
        self._statuses: tuple[FolderStatus, ...] = tuple(folder.describe() for folder in self._folders)
        self._told = (self._statuses, False)
        self.heartbeat = time.monotonic()
        """When the thread last showed life, on the monotonic clock."""
        self.failure: Exception | None = None
        """What ended the thread, when a fault did: from then on nothing arrives any more."""

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> bool:
        """Stop watching; True when the thread ended in time. Safe to call twice, and before `start`."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def rescan(self) -> None:
        """Scan every folder soon."""
        self._rescan.set()
        self.wake()

    def wake(self) -> None:
        """Look now at what there is to do, such as at the room in a queue that was full."""
        self._due.set()

    @property
    def statuses(self) -> tuple[FolderStatus, ...]:
        """How each folder stood at the last tick, in the order of the configuration."""
        return self._statuses

    def is_watching(self, folder: str) -> bool:
        """Whether the hot folder with this configured path is watched now."""
        return any(status.folder == folder and status.observer for status in self._statuses)

    def wait_until_watching(self, timeout_s: float | None = None) -> bool:
        """Wait until every folder was watched and looked through; False when that took too long."""
        return self._watching.wait(timeout_s)

    @property
    def pending(self) -> int:
        """How many files were seen that the ledger does not have in its queue yet."""
        return sum(status.settling + status.ready + status.unrecorded for status in self._statuses)

    def is_idle(self) -> bool:
        """Whether all that lies in the folders was looked at, and nothing waits to settle or to be queued."""
        if self._rescan.is_set():
            return False
        return all(folder.is_looked_through or folder.is_paused for folder in self._folders)

    def _run(self) -> None:
        try:
            while self._keep_going():
                self._due.clear()  # before the look, so that nothing is missed that comes after it
                self._tick(time.monotonic())
                self._due.wait(self._find_rest_s())
        except Exception as error:  # noqa: BLE001 - kept for the main loop, which ends the program over it
            self.failure = error
            self._on_change()
        finally:
            for folder in self._folders:
                folder.close()

    def _find_rest_s(self) -> float:
        now = time.monotonic()
        return max(min([now + self._tick_s, *(folder.due_s for folder in self._folders)]) - now, 0.0)

    def _keep_going(self) -> bool:
        """Called between any two files, so that long work neither looks like a hang nor delays a stop."""
        self.heartbeat = time.monotonic()
        return not self._stopping.is_set()

    def _tick(self, now: float) -> None:
        is_rescan = self._rescan.is_set()
        self._rescan.clear()
        for folder in self._folders:
            if is_rescan:
                folder.request_scan(now)
            folder.tick(now)
        self._offer()
        self._statuses = tuple(folder.describe() for folder in self._folders)
        if all(folder.has_scanned for folder in self._folders):
            self._watching.set()
        self._tell_changes()

    def _look_around(self) -> None:
        """Called again and again during a scan, which may take seconds: an arrival does not wait for its end."""
        now = time.monotonic()
        if now >= self._look_around_at_s:
            self._look_around_at_s = now + LOOK_AROUND_S
            for folder in self._folders:
                folder.follow(now)
            self._offer()

    def _tell_changes(self) -> None:
        before, self._told = self._told, (self._statuses, self.is_idle())
        if self._told != before:
            self._on_change()

    def _offer(self) -> None:
        """Offer what is ready, in the order of the folders, which take turns, until the ledger has no more room."""
        while self._keep_going():
            open_folders = [folder for folder in self._folders if not folder.is_paused]
            heads = [(head, folder) for folder in open_folders if (head := folder.candidates.find_first())]
            if not heads:
                return
            chosen = self._turns.choose([(head, folder.order, folder.root) for head, folder in heads])
            if not next(folder for _, folder in heads if folder.root == chosen).candidates.offer_first():
                return
