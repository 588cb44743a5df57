"""Which observer a hot folder gets: native events where they can be trusted, polling elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markerd.intake.interfaces import WatchedFolder
from markerd.intake.mounts import count_folders, count_inotify_watches, is_network
from markerd.intake.watch import Watch, WatchKind


@dataclass(frozen=True)
class Choice:
    """A running watch, why it is of its kind, and whether that is the second choice."""

    watch: Watch
    reason: str
    is_fallback: bool = False


def open_watch(folder: WatchedFolder, wake: Callable[[], object] = bool) -> Choice:
    """Start watching in the way that suits the folder. `wake` is called by other threads when something was noticed.

    Raises OSError when the folder cannot be watched at all.
    """
    if folder.observer == "polling":
        return _open_polling(folder, wake, "configured")
    if folder.observer == "auto" and is_network(folder.path):
        return _open_polling(folder, wake, "a network file system tells nothing of changes made elsewhere")
    return _open_native(folder, wake)


def _open_polling(
    folder: WatchedFolder, wake: Callable[[], object], reason: str, *, is_fallback: bool = False
) -> Choice:
    return Choice(_start_watch(folder, wake, WatchKind.POLLING), reason, is_fallback)


def _start_watch(folder: WatchedFolder, wake: Callable[[], object], kind: WatchKind) -> Watch:
    watch = Watch(str(folder.path), is_recursive=folder.recursive, kind=kind, wake=wake)
    watch.start()
    return watch


def _open_native(folder: WatchedFolder, wake: Callable[[], object]) -> Choice:
    needed = count_folders(str(folder.path), is_recursive=folder.recursive)
    held_before = count_inotify_watches()
    try:
        watch = _start_watch(folder, wake, WatchKind.NATIVE)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise
    except OSError as error:  # ENOSPC, EMFILE: the kernel's limits
        return _open_polling(folder, wake, f"no native events: {error}", is_fallback=True)
    reason, doubt = _check_native(folder, watch, needed, held_before)
    if not doubt:
        return Choice(watch, reason)
    watch.stop()
    return _open_polling(folder, wake, doubt, is_fallback=True)


def _check_native(folder: WatchedFolder, watch: Watch, needed: int, held_before: int | None) -> tuple[str, str]:
    """Return why the native watch is good, or in second place why it is not.

    watchdog raises only when the folder itself cannot be watched; for folders below it says nothing.
    """
    held = count_inotify_watches()
    if held and held_before is not None and held - held_before < needed:
        return "", f"{held - held_before} of {needed} inotify watches: raise fs.inotify.max_user_watches"
    if folder.observer == "native":
        return "configured", ""
    is_noticed = watch.probe()
    if is_noticed is None:
        return "not probed: no file can be made in the folder", ""
    return ("the probe was noticed", "") if is_noticed else ("", "the event of a probe file did not arrive")
