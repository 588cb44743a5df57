"""The watchdog adapter: one observer for one hot folder, and the hints that it gives.

The observer holds its own lock while it calls a handler, so a handler that blocks makes `observer.stop()` hang for
ever, and an exception in one ends the dispatch thread. The handler here can do neither: it puts a path into a
queue or sets a flag, and wakes the intake's thread.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver, PollingObserverVFS
from watchdog.utils import BaseThread

from markerd.intake.settle import Sign

# An observer that is being stopped says this as an error; it is what was asked for.
_STOPPED = "called when the thread is inactive"
logging.getLogger("watchdog.observers.inotify").addFilter(lambda record: _STOPPED not in record.getMessage())

# watchdog meets a folder made within a new folder twice, in its own look and by the kernel's event. It then registers
# the same callback again, which does no harm, and says so as a warning.
warnings.filterwarnings("ignore", message="Callback with id", category=RuntimeWarning)

HINTS_LIMIT = 4096
"""Above this many undrained hints a scan is cheaper than to look at each."""
POLLING_INTERVAL_S = 1
PROBE_TIMEOUT_S = 2.0
_PROBE_PREFIX = ".markerd-probe-"

_PAIRING_S = 0.05
"""How long watchdog holds an event of a file that leaves its place, and every event behind it, to see whether the file
comes back under another name. Its own time is 0.5 s, for which an archived source would keep the next arrival waiting.
The kernel tells of both names at once; a folder of which watchdog misses that is watched anew."""
_PAIRING_PLACES = (
    ("watchdog.observers.inotify_move_event_grouper", "InotifyMoveEventGrouper"),  # watchdog 7
    ("watchdog.observers.inotify_buffer", "InotifyBuffer"),  # watchdog 6
)

_RECURSION_LIMIT = 4000
"""watchdog looks through folders by recursion, as `os.walk` does before Python 3.12, and Python's own limit of 1,000
ends its thread. A path of Linux has 4,096 bytes, so that it ends at 2,048 folders within each other."""

_EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent, FileMovedEvent, FileClosedEvent, DirCreatedEvent, DirMovedEvent,
]  # fmt: skip
# inotify tells when a writer closes the file. One event per write on top would only fill the kernel's queue.
_NATIVE_EVENTS = _EVENTS if sys.platform == "linux" else [*_EVENTS, FileModifiedEvent]
_POLLING_EVENTS = [*_EVENTS, FileModifiedEvent]


class WatchKind(str, Enum):
    """How changes are noticed: by events of the kernel, or by looking again and again."""

    NATIVE = "native"
    POLLING = "polling"


class Watch:
    """An observer on one folder. All methods are for one thread; only the hints come from others."""

    def __init__(
        self,
        root: str,
        *,
        is_recursive: bool,
        kind: WatchKind,
        hints_limit: int | None = None,
        wake: Callable[[], object] = bool,
    ) -> None:
        """`wake` is called by other threads when there is a hint or a doubt to take. It must not block."""
        # Neither inotify nor a polling lstat looks through a symlink, and FSEvents reports resolved paths.
        self._root = os.path.realpath(root)
        self._is_recursive = is_recursive
        is_native = kind is WatchKind.NATIVE and Observer is not PollingObserver
        self.kind = WatchKind.NATIVE if is_native else WatchKind.POLLING
        self._wake = wake
        self._hints: queue.Queue[tuple[str, Sign]] = queue.Queue(HINTS_LIMIT if hints_limit is None else hints_limit)
        self._doubt = threading.Event()
        self._probed = threading.Event()
        self._overflow_listener = _OverflowListener(self._raise_doubt)
        self._observer: BaseObserver | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start to watch. Raises OSError where there is no such folder, or no inotify instance or watch is left."""
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
        before = set(threading.enumerate())
        logging.getLogger("watchdog").addHandler(self._overflow_listener)
        try:
            self._observer = self._make_observer()
            events = _NATIVE_EVENTS if self.kind is WatchKind.NATIVE else _POLLING_EVENTS
            self._observer.schedule(_Handler(self), self._root, recursive=self._is_recursive, event_filter=events)
            self._observer.start()
        except BaseException:
            self.stop()
            raise
        # Which threads there are differs between the observers and between the versions of watchdog.
        self._threads = [
            thread for thread in threading.enumerate() if isinstance(thread, BaseThread) and thread not in before
        ]

    def _make_observer(self) -> BaseObserver:
        if self.kind is WatchKind.NATIVE:
            return _make_native_observer()
        # os.stat, the default, would walk through symlinked folders, round in circles where they point upward.
        return PollingObserverVFS(stat=os.lstat, listdir=os.scandir, polling_interval=POLLING_INTERVAL_S)

    def stop(self) -> None:
        """End the observer's threads. Safe to call twice."""
        logging.getLogger("watchdog").removeHandler(self._overflow_listener)
        observer, self._observer = self._observer, None
        if observer is None:
            return
        observer.stop()
        with suppress(RuntimeError):  # never started
            observer.join()

    @property
    def is_alive(self) -> bool:
        """Whether every thread that it takes still runs."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def take_hints(self) -> dict[str, Sign]:
        """Take the paths where something happened since the last call, and what was the last of it.

        The paths are relative; "" is the folder itself.
        """
        hints: dict[str, Sign] = {}
        with suppress(queue.Empty):
            while True:
                path, sign = self._hints.get_nowait()
                hints[self._make_relative(path)] = sign
        return hints

    def take_doubt(self) -> bool:
        """Whether events were lost since the last call: only a scan can tell what they were."""
        is_doubtful = self._doubt.is_set()
        self._doubt.clear()
        return is_doubtful

    def probe(self, timeout_s: float = PROBE_TIMEOUT_S) -> bool | None:
        """Make a file in the folder and wait for its event; None where no file could be made."""
        for leftover in Path(self._root).glob(f"{_PROBE_PREFIX}*"):  # of a daemon that was killed while it probed
            with suppress(OSError):
                leftover.unlink()
        probe = Path(self._root, f"{_PROBE_PREFIX}{os.getpid()}")
        self._probed.clear()
        try:
            probe.touch(exist_ok=False)
        except OSError:
            return None
        try:
            return self._probed.wait(timeout_s)
        finally:
            probe.unlink(missing_ok=True)

    def on_event(self, path: str, sign: Sign) -> None:
        """Take a hint; called by the observer's dispatch thread."""
        if _PROBE_PREFIX in path:
            self._probed.set()
            return
        if self.kind is WatchKind.POLLING:
            sign = Sign.SIGHT  # a new file that got the inode of one that is gone looks like a renamed one
        try:
            self._hints.put_nowait((path, sign))
        except queue.Full:
            self._doubt.set()
        self._wake()

    def _raise_doubt(self) -> None:
        self._doubt.set()
        self._wake()

    def _make_relative(self, path: str) -> str:
        prefix = self._root.rstrip("/") + "/"
        return path[len(prefix) :] if path.startswith(prefix) else ""


def _make_native_observer() -> BaseObserver:
    if sys.platform != "linux":
        return Observer()
    for module, holder in _PAIRING_PLACES:
        if module in sys.modules:
            getattr(sys.modules[module], holder).delay = _PAIRING_S
    # Else a file that is renamed into the folder could not be told from one that is made there.
    return Observer(generate_full_events=True)  # type: ignore[call-arg]  # of the observers Linux's alone takes it


class _Handler(FileSystemEventHandler):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def dispatch(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileMovedEvent | DirMovedEvent):
            if event.dest_path:  # else it went elsewhere
                # A synthetic event tells of a file in a folder that was renamed.
                sign = Sign.SIGHT if event.is_synthetic else Sign.RENAMED
                self._watch.on_event(os.fsdecode(event.dest_path), sign)
        else:
            sign = Sign.CLOSED if isinstance(event, FileClosedEvent) else Sign.SIGHT
            self._watch.on_event(os.fsdecode(event.src_path), sign)


class _OverflowListener(logging.Handler):
    """watchdog 7 reports an overflow of the kernel's queue in its log only, and watchdog 6 not at all."""

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_overflow = on_overflow

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in str(record.msg):
            self._on_overflow()
