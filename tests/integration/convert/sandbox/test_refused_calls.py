"""What the kernel tells of the calls that a confined process is refused: a real one, and the daemon's side of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import RecordingLog
from markerd.convert.sandbox import confinement
from markerd.convert.sandbox.refused_calls import RefusedCalls
from needs import missing

CONFINE = """
import ctypes, os, socket, sys, threading
from pathlib import Path
from markerd.convert.sandbox import confinement
from markerd.convert.sandbox.reach import Reach
channel = socket.socket(fileno=int(sys.argv[2]))
confined = confinement.confine(Reach(Path(sys.argv[1])), channel)
assert confined.level is confinement.Level.FULL, confined
def refused(action, *arguments):
    try:
        action(*arguments)
    except OSError as error:
        return error.errno
"""
EPERM, ENOSYS = 1, 38


class Converter:
    """A process that confines itself as the converter does, and then runs a script."""

    def __init__(self, home: Path, script: str, log: RecordingLog) -> None:
        self.refused_calls = RefusedCalls(log)
        channel = self.refused_calls.channel_of_converter.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONFINE + script, str(home), str(channel)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(channel,),
            text=True,
        )
        self.refused_calls.begin(self.process.pid)

    def says(self, line: str = "") -> str:
        """What it prints until its end, once it has read a line."""
        said, _ = self.process.communicate(line, timeout=60)
        assert self.process.returncode == 0
        return said.strip()


@pytest.fixture
def log() -> RecordingLog:
    return RecordingLog()


@pytest.fixture(autouse=True)
def _able() -> Iterator[None]:
    if confinement.probe_confinement().level is not confinement.Level.FULL:
        missing(f"no confinement here: {confinement.probe_confinement().reason}")
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


def told(log: RecordingLog) -> list[tuple[str, int]]:
    return [(fields["call"], fields["times"]) for fields in log.find("converter.refused_call")]


def test_refused_call_is_named_once_and_counted_at_the_end(tmp_path: Path, log: RecordingLog) -> None:
    """Numbers without a name are counted together, so that a converter cannot fill the log."""
    script = """
print({refused(os.symlink, "a", sys.argv[1] + "/b") for _ in range(3)}, refused(os.mkfifo, sys.argv[1] + "/c"))
libc = ctypes.CDLL(None, use_errno=True)
print({libc.syscall(number) for number in range(5000, 5200)}, ctypes.get_errno())
"""
    converter = Converter(tmp_path, script, log)
    said = converter.says().splitlines()
    converter.refused_calls.close()
    assert said == [f"{{{EPERM}}} {EPERM}", f"{{-1}} {EPERM}"]
    firsts, sums = told(log)[:3], told(log)[3:]
    assert [times for _, times in firsts] == [1, 1, 1]
    names = [call.removesuffix("at") for call, _ in firsts]
    assert names == ["symlink", "mknod", "unknown"]
    assert sums == [(firsts[0][0], 3), ("unknown", 200)]
    assert {(level, fields["converter_pid"]) for level, _, fields in log.records} == {("debug", converter.process.pid)}


def test_flood_of_refused_calls_slows_the_converter(tmp_path: Path, log: RecordingLog) -> None:
    """Of many threads: after a thousand calls a hundred a second are answered, and two lines report all."""
    script = """
def call():
    for _ in range(150):
        assert refused(os.symlink, "a", "b") == 1
threads = [threading.Thread(target=call) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    started = time.monotonic()
    converter = Converter(tmp_path, script, log)
    assert converter.says() == ""
    converter.refused_calls.close()
    assert time.monotonic() - started > 2
    assert [times for _, times in told(log)] == [1, 1200]


def test_kernel_refuses_when_nobody_listens(tmp_path: Path, log: RecordingLog) -> None:
    """The converter is not held up by it, nor is anything let through."""
    script = """
print(refused(os.symlink, "a", sys.argv[1] + "/b"), flush=True)
input()
print(refused(os.symlink, "a", sys.argv[1] + "/b"))
"""
    converter = Converter(tmp_path, script, log)
    assert converter.process.stdout is not None
    assert converter.process.stdout.readline() == f"{EPERM}\n"
    converter.refused_calls.close()
    assert converter.says("\n") == str(ENOSYS)
    assert not (tmp_path / "b").is_symlink()


def test_killed_converter_ends_the_listening(tmp_path: Path, log: RecordingLog) -> None:
    """In the middle of its calls, too."""
    script = """
print("begins", flush=True)
while refused(os.symlink, "a", "b"):
    pass
"""
    converter = Converter(tmp_path, script, log)
    assert converter.process.stdout is not None
    assert converter.process.stdout.readline() == "begins\n"
    converter.process.send_signal(signal.SIGKILL)
    converter.process.communicate()
    converter.refused_calls.close()
    assert {level for level, _, _ in log.records} <= {"debug"}


def test_converter_without_listener_ends_the_listening(log: RecordingLog) -> None:
    """Where the kernel cannot notify, or the process dies first, or was never started."""
    refused_calls = RefusedCalls(log)
    refused_calls.begin(1)
    refused_calls.close()
    RefusedCalls(log).close()
    assert log.records == []
