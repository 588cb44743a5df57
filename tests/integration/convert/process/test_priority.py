"""How far converters stand back, asked of the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fakes import RecordingLog
from markerd.convert.process.child_process import ChildProcess
from markerd.convert.process.priority import Priority
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConverterSpec
from markerd.values import Ionice

_WORK = """
import sys, threading
sys.stdin.readline()
threading.Thread(target=sys.stdin.read).start()
print(flush=True)
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    yield process
    process.communicate()


def test_all_threads_of_a_converter_stand_back(child: subprocess.Popen[bytes]) -> None:
    """Also those that it starts later."""
    Priority(nice=7).apply(child.pid)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"\n")
    child.stdin.flush()
    child.stdout.readline()
    threads = [thread.id for thread in psutil.Process(child.pid).threads()]
    assert len(threads) == 2
    assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {7}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities at the disk")
@pytest.mark.parametrize(("ionice", "expected"), [("idle", (3, 0)), ("best_effort", (2, 7)), ("none", (0, 0))])
def test_converter_stands_back_at_the_disk(
    child: subprocess.Popen[bytes], ionice: str, expected: tuple[int, int]
) -> None:
    """In the class that is configured; by default as it is."""
    Priority(ionice=Ionice(ionice)).apply(child.pid)
    found = psutil.Process(child.pid).ionice()
    assert (int(found.ioclass), found.value) == expected or ionice == "none"


def test_process_that_is_gone_is_no_failure() -> None:
    """It may end before it has its priority."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        Priority(5, Ionice.IDLE).apply(process.pid)


def test_converter_is_started_with_its_priority(tmp_path: Path) -> None:
    """A real one."""
    settings = ProcessSettings(ConverterSpec(threads=1), 60.0, 30.0, tmp_path, priority=Priority(nice=9))
    child = ChildProcess(settings, RecordingLog())
    try:
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 9
    finally:
        child.stop()
