"""Real observers and the hints they give."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from markerd.intake.interfaces import WatchedFolder
from markerd.intake.mounts import count_folders, count_inotify_watches, is_network
from markerd.intake.observer_choice import open_watch
from markerd.intake.watch import Watch, WatchKind

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

FEW_WATCHES = """
import sys
from pathlib import Path
from markerd.intake.observer_choice import open_watch
from markerd.intake.interfaces import WatchedFolder
Path("/proc/sys/user/max_inotify_watches").write_text(sys.argv[2])
choice = open_watch(WatchedFolder(Path(sys.argv[1])))
choice.watch.stop()
print(choice.watch.kind.value, choice.is_fallback, choice.reason)
"""


@contextmanager
def watching(root: Path, kind: WatchKind = WatchKind.NATIVE, hints_limit: int = 100) -> Iterator[Watch]:
    watch = Watch(str(root), is_recursive=True, kind=kind, hints_limit=hints_limit)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def eventually(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.mark.parametrize("kind", WatchKind)
def test_a_new_file_gives_a_hint(tmp_path: Path, kind: WatchKind) -> None:
    """Both kinds of observer name a new file by its path in the folder."""
    with watching(tmp_path, kind) as watch:
        (tmp_path / "a.pdf").touch()
        assert eventually(lambda: "a.pdf" in watch.take_hints())


def test_a_symlinked_hot_folder_is_watched(tmp_path: Path) -> None:
    """A hot folder may be configured through a symlink; paths count from it all the same."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with watching(tmp_path / "link") as watch:
        (tmp_path / "real/a.pdf").touch()
        assert eventually(lambda: "a.pdf" in watch.take_hints())


def test_polling_survives_a_symlink_that_points_upward(tmp_path: Path) -> None:
    """Polling does not walk in circles."""
    (tmp_path / "up").symlink_to(".")
    with watching(tmp_path, WatchKind.POLLING) as watch:
        (tmp_path / "a.pdf").touch()
        assert eventually(lambda: "a.pdf" in watch.take_hints())


def test_more_hints_than_the_limit_raise_doubt(tmp_path: Path) -> None:
    """A full queue of hints costs hints, never a blocked handler, and is told once."""
    with watching(tmp_path, hints_limit=3) as watch:
        for number in range(20):
            (tmp_path / f"{number}.pdf").touch()
        assert eventually(watch.take_doubt)
        assert watch.is_alive
        watch.take_hints()
        (tmp_path / "later.pdf").touch()
        assert eventually(lambda: watch.take_doubt() or "later.pdf" in watch.take_hints())


def test_the_overflow_that_watchdog_logs_raises_doubt(tmp_path: Path) -> None:
    """The kernel's overflow is told in a log record only."""
    with watching(tmp_path) as watch:
        assert not watch.take_doubt()
        logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; events were lost")
        assert watch.take_doubt()


def test_a_probe_tells_that_events_arrive(tmp_path: Path) -> None:
    """The probe is noticed at once, gives no hint and leaves nothing behind, older leftovers included."""
    (tmp_path / ".markerd-probe-1").touch()
    with watching(tmp_path) as watch:
        assert watch.probe() is True
        (tmp_path / "a.pdf").touch()
        assert eventually(lambda: "a.pdf" in watch.take_hints())
        assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_a_dead_observer_thread_is_noticed(tmp_path: Path) -> None:
    """A watch whose threads ended is not alive."""
    with watching(tmp_path) as watch:
        assert watch.is_alive
        for thread in threading.enumerate():
            if isinstance(thread, BaseObserver):
                thread.stop()
        assert eventually(lambda: not watch.is_alive)


def test_stopping_ends_all_threads(tmp_path: Path) -> None:
    """Nothing is left over, in mid-burst either."""
    before = set(threading.enumerate())
    with watching(tmp_path, hints_limit=1):
        for number in range(200):
            (tmp_path / f"{number}.pdf").touch()
    assert eventually(lambda: set(threading.enumerate()) <= before)


def test_a_missing_folder_raises(tmp_path: Path) -> None:
    """The caller learns that there is nothing to watch, and no thread is left."""
    before = set(threading.enumerate())
    for kind in WatchKind:
        with pytest.raises(OSError, match="No such file"):
            Watch(str(tmp_path / "gone"), is_recursive=True, kind=kind).start()
    assert eventually(lambda: set(threading.enumerate()) <= before)


def test_auto_chooses_native_events_on_a_local_disk(tmp_path: Path) -> None:
    """Where the probe is noticed, the kernel's events are used."""
    assert not is_network(tmp_path)
    choice = open_watch(WatchedFolder(tmp_path))
    choice.watch.stop()
    assert (choice.watch.kind, choice.reason) == (WatchKind.NATIVE, "the probe was noticed")


def test_polling_can_be_configured(tmp_path: Path) -> None:
    """`observer = "polling"` is obeyed."""
    choice = open_watch(WatchedFolder(tmp_path, observer="polling"))
    choice.watch.stop()
    assert choice.watch.kind is WatchKind.POLLING


@on_linux
def test_each_folder_takes_one_watch(tmp_path: Path) -> None:
    """The kernel's own count tells whether the whole tree is watched."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "up").symlink_to(".")
    held = count_inotify_watches()
    assert held is not None
    with watching(tmp_path):
        assert count_inotify_watches() == held + count_folders(str(tmp_path), is_recursive=True) == held + 3


@on_linux
@pytest.mark.parametrize("limit", [0, 3])
def test_too_few_inotify_watches_lead_to_polling(tmp_path: Path, limit: int) -> None:
    """Whether the limit hits the folder itself or, in silence, folders below it."""
    for name in "abcde":
        (tmp_path / name).mkdir()
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-Ur", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no user namespace to set a limit in")
    command = [unshare, "-Ur", sys.executable, "-c", FEW_WATCHES, str(tmp_path), str(limit)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert outcome.stdout.startswith("polling True"), outcome
    assert "inotify watch" in outcome.stdout
