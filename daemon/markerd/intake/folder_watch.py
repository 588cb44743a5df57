"""The observer of one hot folder, opened when the folder is there and given up when it is not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from markerd.intake.cancellable_call import call_cancellable
from markerd.intake.interfaces import Log, WatchedFolder
from markerd.intake.mounts import Identity, identify_folder, is_network
from markerd.intake.observer_choice import Choice, open_watch
from markerd.intake.settle import Sign
from markerd.intake.watch import Watch, WatchKind
from markerd.values import make_printable

_FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0


class FolderWatch:
    """Whether the hot folder can be used, and what its observer noticed. All of it runs in the intake thread.

    The folder pauses while it is missing, is replaced by another one, or cannot be watched; it is opened again as soon
    as possible.
    """

    def __init__(
        self, folder: WatchedFolder, log: Log, keep_going: Callable[[], bool], wake: Callable[[], None]
    ) -> None:
        """`keep_going` is asked while an observer is opened, which may take minutes; False gives up.

        `wake` is called by the observer's threads when something was noticed.
        """
        self.since = time.time()
        """When the folder began to be watched, or to be paused; seconds since the epoch."""
        self.paused: str | None = None
        """Why the folder cannot be used; None where it can, or was not tried yet."""
        self._folder = folder
        self._name = make_printable(str(folder.path))
        self._log = log
        self._keep_going = keep_going
        self._wake = wake
        self._watch: Watch | None = None
        self._identity: Identity | None = None
        self._was_opened = False
        self._retry_at_s = 0.0
        self._retry_s = _FIRST_RETRY_S

    @property
    def due_s(self) -> float:
        """When an observer is to be opened, on the monotonic clock; infinity where only a look at the folder tells."""
        is_waiting = self._watch is None and (self.paused is None or self._retry_at_s > time.monotonic())
        return self._retry_at_s if is_waiting else math.inf

    @property
    def kind(self) -> WatchKind | None:
        """How the folder is watched; None where it is not."""
        return self._watch.kind if self._watch else None

    @property
    def lease_device(self) -> int | None:
        """The device whose files the kernel can be asked about; None for none, as on network file systems."""
        return None if self._identity is None or is_network(self._folder.path) else self._identity[0]

    def is_usable(self, now: float) -> bool:
        """Whether the folder is watched, after a look; it is opened where that is due."""
        try:
            current = identify_folder(self._folder.path)
        except OSError as error:
            self._pause(error.strerror or str(error))
            return False
        if self._watch is None:
            return now >= self._retry_at_s and self._open(current, now)
        if current != self._identity:
            self._pause("replaced by another folder")
            return False
        if not self._watch.is_alive:
            self.pause_for_a_while("its observer ended", now)
            return False
        return True

    def take_opening(self) -> bool:
        """Whether an observer was opened since the last call: only a scan can tell what came before."""
        was_opened, self._was_opened = self._was_opened, False
        return was_opened

    def take_hints(self) -> dict[str, Sign]:
        """See `Watch.take_hints`."""
        return {} if self._watch is None else self._watch.take_hints()

    def take_doubt(self) -> bool:
        """See `Watch.take_doubt`."""
        return self._watch is not None and self._watch.take_doubt()

    def pause_for_a_while(self, reason: str, now: float) -> None:
        """Give the observer up; it is opened again after a wait that grows while the trouble lasts."""
        self._pause(reason)
        self._retry_later(now)

    def close(self) -> None:
        """Stop watching; the next look opens another observer."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.stop()

    def _open(self, current: Identity, now: float) -> bool:
        try:
            choice = call_cancellable(
                lambda: open_watch(self._folder, self._wake), self._keep_going, discard=lambda made: made.watch.stop()
            )
        except OSError as error:
            self.pause_for_a_while(error.strerror or str(error), now)
            return False
        if choice is None:
            return False
        self._watch, self._identity, self.since = choice.watch, current, time.time()
        self._was_opened = True
        self._log_opening(choice)
        self.paused = None
        return True

    def _log_opening(self, choice: Choice) -> None:
        if self.paused is not None:
            self._log.info("folder.resumed", folder=self._name)
        log_event = self._log.warning if choice.is_fallback else self._log.info
        log_event("folder.watching", folder=self._name, observer=choice.watch.kind.value, reason=choice.reason)

    def _pause(self, reason: str) -> None:
        """Candidates stay: what cannot be seen is not gone."""
        self.close()
        if self.paused is None:
            self.since = time.time()
            self._log.warning("folder.paused", folder=self._name, reason=reason)
        self.paused = reason

    def _retry_later(self, now: float) -> None:
        if now > self._retry_at_s + _LAST_RETRY_S:  # the last trouble is long past
            self._retry_s = _FIRST_RETRY_S
        self._retry_at_s = now + self._retry_s
        self._retry_s = min(2 * self._retry_s, _LAST_RETRY_S)
