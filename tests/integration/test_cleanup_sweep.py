"""What a dead process of markerd left in /dev/shm is swept, what a living one has is not."""

from __future__ import annotations

import _multiprocessing  # type: ignore[import-not-found]  # typeshed has no stub
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

HOLDER = Path(__file__).parent / "cleanup_scripts" / "holder.py"
SWEEP = "import json; from markerd.convert import cleanup; print(json.dumps(cleanup.sweep_dead_daemons()))"
NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="names can be listed on Linux only")


@contextmanager
def holder(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """A process group with a named semaphore: the process, the name, and the pid of its heir or 0."""
    command = [sys.executable, str(HOLDER), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        name, heir = process.stdout.readline().split()
        try:
            yield process, name, int(heir)
        finally:
            kill_group(process)
            semaphore_file(name).unlink(missing_ok=True)


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL to all of it: the resource tracker dies too, and cannot unlink anything."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sweep(wrapper: Sequence[str] = ()) -> list[str]:
    ended = subprocess.run(
        [*wrapper, sys.executable, "-c", SWEEP], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr == ""
    names: list[str] = json.loads(ended.stdout)
    return names


def semaphore_file(name: str) -> Path:
    return Path("/dev/shm/sem." + name.removeprefix("/"))


def stands(name: str) -> bool:
    return semaphore_file(name).exists()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_names_of_a_killed_group_are_swept() -> None:
    """A group killed with its tracker leaves its name; the sweep removes it, and not a living process's."""
    with holder() as (_, living, _), holder() as (killed, left, _):
        kill_group(killed)
        assert stands(left)
        assert living not in sweep()
        assert stands(living)
        assert not stands(left)


def test_names_of_a_zombie_are_swept() -> None:
    """An owner that was killed and not yet waited for is dead."""
    with holder() as (killed, left, _):
        os.killpg(killed.pid, signal.SIGKILL)
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        sweep()
        assert not stands(left)


def test_names_of_living_processes_are_left_even_when_closed() -> None:
    """A name stays while its owner lives, although nobody has it open."""
    with holder() as (_, name, _):
        closed = name.rpartition("-")[0] + "-abcdefgh"
        _multiprocessing.SemLock(1, 1, 1, closed, False)
        try:
            assert closed not in sweep()
            assert stands(closed)
        finally:
            _multiprocessing.sem_unlink(closed)


def test_names_that_an_orphan_has_open_are_left() -> None:
    """A dead owner's name stays while an orphan has it open, and goes when the orphan has gone."""
    with holder("heir") as (killed, name, heir):
        kill_group(killed)
        try:
            assert name not in sweep()
            assert stands(name)
        finally:
            os.kill(heir, signal.SIGKILL)
        wait_until(lambda: name in sweep() or not stands(name))


@pytest.mark.parametrize("proc", [["--mount-proc"], []], ids=["own_proc", "foreign_proc"])
def test_names_of_another_pid_namespace_are_left(proc: list[str]) -> None:
    """Where /dev/shm is shared, a sweep in another PID namespace leaves what it cannot judge."""
    namespace = [*NAMESPACE, *proc]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no PID namespaces")
    with holder() as (_, living, _), holder() as (killed, left, _):
        kill_group(killed)
        assert {living, left}.isdisjoint(sweep(namespace))
        assert stands(living)
        sweep()
        assert not stands(left)
