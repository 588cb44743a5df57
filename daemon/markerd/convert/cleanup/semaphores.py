"""The named semaphores of this process: which there are, which have leaked, and their removal.

`multiprocessing` names a semaphore under the start methods spawn and forkserver, registers the name with its
resource tracker, and unlinks it in a finalizer. It leaks where the finalizer does not run: its registry was
cleared, or the process that made it was killed. (With fork the name is unlinked at birth, and nothing can leak.)

Rules that keep what lives safe:
- only names are touched that we saw registered, or that carry our private prefix;
- a name that a pending finalizer will unlink is alive;
- so is one that any process has open, where the system can tell;
- while a child of multiprocessing is alive nothing is touched: it may still have to open its names;
- each removal leaves the resource tracker without the name, so that it neither warns nor fails at exit.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

SETTLE_S = 0.01
"""Seconds between the two looks at a suspect: a finalizer in another thread may be about to unlink it."""

_KIND = "semaphore"


class System(Protocol):
    """What differs between platforms; the modules `linux`, `darwin` and `windows` are its implementations."""

    def find_name_prefix(self) -> str | None:
        """Return the prefix of this process's names; None where semaphores have no names."""

    def list_names(self, prefix: str, /) -> set[str]:
        """Return the names that begin with `prefix` and a hyphen, as far as they can be listed."""

    def find_standing_names(self, names: Collection[str], /) -> set[str]:
        """Return those of `names` that exist."""

    def find_mapped_names(self, names: Collection[str], /) -> set[str]:
        """Return those of `names` that a process has open, as far as the system says it."""

    def find_holder_pids(self, names: Collection[str], /) -> set[int]:
        """Return the processes that have one of `names` open, as far as the system says it."""

    def find_abandoned_names(self) -> set[str]:
        """Return names of markerd's dead processes that nobody has open."""

    def unlink(self, name: str, /) -> bool:
        """Remove a name; returns False where it does not exist any more. Raises OSError."""

    def release_memory(self) -> None:
        """Give free heap pages back to the system."""


class SemaphoreLedger:
    """Knows every named semaphore of this process and of its children, from `open` on.

    No lock: the finalizers that change `_known` run in the middle of anything, in any thread, and a set's own
    methods are atomic, whereas a lock held here could deadlock with the resource tracker's.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._known: set[str] = set()
        self._prefix: str | None = None
        self._register: Callable[[str, str], object] | None = None
        self._unregister: Callable[[str, str], object] | None = None

    def open(self) -> None:
        """Start to record names, and to mark those made from now on. Calling it again changes nothing."""
        if self._prefix is not None:
            return
        self._prefix = self._system.find_name_prefix()
        if self._prefix is None:
            return
        from multiprocessing import current_process

        # Children that are made through multiprocessing inherit _config, and with it the prefix.
        config: dict[str, Any] = vars(current_process())["_config"]
        config["semprefix"] = self._prefix
        if self._register is None:
            self._watch_tracker()

    def list_standing(self) -> set[str]:
        """Return the names that exist, alive and leaked."""
        names = self._system.find_standing_names(self._known.copy())
        if self._prefix is not None:
            names |= self._system.list_names(self._prefix)
        return names

    def remove_leaked(self) -> list[str]:
        """Remove what leaked and return the names, sorted; nothing is removed while a multiprocessing child is
        alive.
        """
        gc.collect()  # semaphores in reference cycles are unlinked by their own finalizers here
        if list_active_children():
            return []
        suspects = self._find_suspects()
        if not suspects:
            return []
        time.sleep(SETTLE_S)
        return sorted(name for name in suspects & self._find_suspects() if self._remove(name))

    def _watch_tracker(self) -> None:
        from multiprocessing import resource_tracker

        tracked, untracked = resource_tracker.register, resource_tracker.unregister
        self._register, self._unregister = tracked, untracked

        def register(name: Any, rtype: str) -> None:
            if rtype == _KIND:
                self._known.add(name)
            tracked(name, rtype)

        def unregister(name: Any, rtype: str) -> None:
            if rtype == _KIND:
                self._known.discard(name)
            untracked(name, rtype)

        # SemLock imports both at call time, so that replacing the module's attributes is enough.
        resource_tracker.register = register
        resource_tracker.unregister = unregister
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=self._disown)

    def _disown(self) -> None:
        """Forget the names in a forked child: they are its parent's, and so is the prefix until `open` sets another.

        The child goes on making names with its parent's prefix, so that the parent can remove them after it.
        """
        self._known = set()
        self._prefix = None

    def _find_suspects(self) -> set[str]:
        names = self._known.copy()
        if self._prefix is not None:
            names |= self._system.list_names(self._prefix)
        names -= _find_pending_names()
        return names - self._system.find_mapped_names(names)

    def _remove(self, name: str) -> bool:
        try:
            is_removed = self._system.unlink(name)
        except OSError:
            return False
        self._untrack(name)
        return is_removed

    def _untrack(self, name: str) -> None:
        from multiprocessing import resource_tracker

        self._known.discard(name)
        tracker = resource_tracker._resource_tracker
        if self._register is None or self._unregister is None or getattr(tracker, "_fd", None) is None:
            return  # no tracker runs for this process, and none must be started to forget a name
        # Registered first, because a child may have had a tracker of its own, and ours reports a KeyError for a
        # name that it does not know. Twice registered is once registered: it keeps a set.
        self._register(name, _KIND)
        self._unregister(name, _KIND)


def sweep_abandoned(system: System) -> list[str]:
    """Remove the names that dead processes of markerd left, and return them, sorted."""
    return sorted(name for name in system.find_abandoned_names() if _unlink(system, name))


def list_active_children() -> list[Any]:
    """Return the living children of multiprocessing, which reaps those that ended."""
    process = sys.modules.get("multiprocessing.process")
    return [] if process is None else list(process.active_children())


def _unlink(system: System, name: str) -> bool:
    try:
        return system.unlink(name)
    except OSError:
        return False


def _find_pending_names() -> set[str]:
    """Return every text that a pending finalizer of multiprocessing will be called with: such names are alive."""
    util = sys.modules.get("multiprocessing.util")
    if util is None:
        return set()
    registry = util._finalizer_registry
    names: set[str] = set()
    for key in list(registry):  # atomic, whereas iterating over values is not: finalizers run in any thread
        arguments = getattr(registry.get(key), "_args", None) or ()
        names.update(argument for argument in arguments if isinstance(argument, str))
    return names
