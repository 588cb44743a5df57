"""The processes below a process: those that psutil finds, found at once where there are none."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import psutil
import pytest

from harness import wait_until
from markerd.convert.cleanup.child_processes import is_childless, list_children

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"])
print(child.pid, flush=True)
input()
child.kill()
child.wait()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    """Start a process that has a child."""
    command = [sys.executable, "-c", _PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate("\n", timeout=20)


def test_children_and_their_children_are_found(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    own = psutil.Process()
    assert parent.pid in {child.pid for child in list_children(own)}
    assert {parent.pid, grandchild} <= {child.pid for child in list_children(own, recursive=True)}
    assert [child.pid for child in list_children(psutil.Process(parent.pid))] == [grandchild]


def test_a_child_that_a_thread_started_is_one(parent: subprocess.Popen[str]) -> None:
    """Linux keeps a list for each thread, and gives it to another thread when one ends."""
    started: list[subprocess.Popen[bytes]] = []
    is_over = threading.Event()

    def start() -> None:
        started.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        is_over.wait(20)

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(lambda: started, 20, "the child")
    assert {started[0].pid, parent.pid} <= {child.pid for child in list_children(psutil.Process())}
    is_over.set()
    thread.join()
    assert started[0].pid in {child.pid for child in list_children(psutil.Process())}
    started[0].communicate(b"\n", timeout=20)


def test_a_child_that_was_not_reaped_is_one() -> None:
    code = "import os, sys, time\npid = os.fork()\nif pid == 0: os._exit(0)\nprint(pid, flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as made:
        assert made.stdout is not None
        zombie = int(made.stdout.readline())
        wait_until(lambda: psutil.Process(zombie).status() == psutil.STATUS_ZOMBIE, 20, "the end of the child")
        assert [child.pid for child in list_children(psutil.Process(made.pid))] == [zombie]
        made.communicate("\n", timeout=20)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no list of children")
def test_where_there_is_no_child_nothing_else_is_looked_at(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    grandchild = psutil.Process(int(parent.stdout.readline()))
    grandchild.children = lambda *_, **__: pytest.fail("psutil was asked")  # type: ignore[method-assign]
    assert is_childless(grandchild.pid)
    assert list_children(grandchild, recursive=True) == []
    assert not is_childless(os.getpid())


def test_an_ended_process_is_not_taken_for_childless() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_childless(ended.pid)
