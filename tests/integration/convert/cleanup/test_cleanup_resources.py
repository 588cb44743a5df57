"""Zombies, counts and what remains, with real processes."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from markerd.convert import cleanup
from markerd.convert.cleanup import resources

QUIT = [sys.executable, "-S", "-c", "raise SystemExit(7)"]
WAIT = [sys.executable, "-S", "-c", "input()"]
LIGHT = (
    "import sys; from markerd.convert import cleanup; import json;"
    "print(json.dumps(sorted({'multiprocessing', 'numpy', 'torch', 'tqdm'} & set(sys.modules))))"
)

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(WAIT, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_zombie(pid: int) -> bool:
    return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@needs_posix
def test_zombie_without_waiter_is_reaped() -> None:
    """A child that no object stands for is reaped once it has ended."""
    pid = os.posix_spawn(QUIT[0], QUIT, os.environ)
    wait_until(lambda: is_zombie(pid))
    assert resources.reap_zombies() == [pid]
    assert not psutil.pid_exists(pid)


@needs_posix
def test_popen_keeps_its_exit_status() -> None:
    """A child that ended but was not asked for its status yet can still be asked after a cleanup."""
    with subprocess.Popen(QUIT) as process:
        wait_until(lambda: is_zombie(process.pid))
        assert resources.reap_zombies() == []
        assert process.wait() == 7


@needs_posix
def test_popen_in_frozen_heap_keeps_its_exit_status() -> None:
    """A model server's status, too, can still be asked after a cleanup with loaded models."""
    with subprocess.Popen(QUIT) as process:
        try:
            cleanup.cleanup(cleanup.CleanupPoint.AFTER_MODELS)
            assert gc.get_freeze_count() > 0
            wait_until(lambda: is_zombie(process.pid))
            assert resources.reap_zombies() == []
        finally:
            gc.unfreeze()
        assert process.wait() == 7


@needs_posix
def test_dropped_popen_is_reaped() -> None:
    """A child whose Popen was dropped while it ran is reaped."""
    process = subprocess.Popen(WAIT, stdin=subprocess.PIPE)
    pid, pipe = process.pid, process.stdin
    with pytest.warns(ResourceWarning, match="still running"):
        del process
    psutil.Process(pid).kill()
    wait_until(lambda: is_zombie(pid))
    cleanup.cleanup_multiprocessing_resources()
    assert not psutil.pid_exists(pid)
    assert pipe is not None
    pipe.close()


def test_running_child_is_left_alone(waiting: subprocess.Popen[bytes]) -> None:
    """A cleanup neither ends nor reaps a child at work."""
    cleanup.cleanup_multiprocessing_resources()
    assert waiting.poll() is None


def test_children_and_temp_files_are_counted(waiting: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """A report counts descendants and the entries of the temp folder, before and after."""
    (tmp_path / "page.png").touch()
    report = cleanup.cleanup(cleanup.CleanupPoint.AFTER_SUCCESS, tmp_path)
    assert report.point is cleanup.CleanupPoint.AFTER_SUCCESS
    assert report.before.children >= 1
    assert (report.before.temp_files, report.after.temp_files) == (1, 0)
    assert report.after.threads >= 1
    assert report.after.rss_bytes > 1_000_000
    assert report.seconds > 0


def test_temp_files_are_not_counted_without_temp_folder() -> None:
    """Without a temp folder the count says that it cannot tell; a folder that is gone holds nothing."""
    assert cleanup.count_resources().temp_files == -1
    assert cleanup.count_resources(Path("/nonexistent/folder")).temp_files == 0


def test_remaining_child_is_named(waiting: subprocess.Popen[bytes]) -> None:
    """A child that is left is described with its pid, an expected one is passed over."""
    lines = [line for line in cleanup.find_remaining_processes() if f"pid {waiting.pid}," in line]
    assert len(lines) == 1
    assert lines[0].startswith("child: ")
    cleanup.expect_child(waiting.pid)
    assert not any(f"pid {waiting.pid}," in line for line in cleanup.find_remaining_processes())
    cleanup.forget_child(waiting.pid)
    assert any(f"pid {waiting.pid}," in line for line in cleanup.find_remaining_processes())


def test_importing_cleanup_loads_no_heavy_library() -> None:
    """The daemon, which imports the package for its sweep, gets no heavy library with it."""
    ended = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == []
