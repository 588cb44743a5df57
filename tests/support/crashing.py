"""`kill -9` at every step of a piece of work, none forgotten: where the steps are is found out, not listed.

The work is run once in a forked child whose calls into the system are watched; whenever one of them finds the disk
changed since the one before, that is a moment at which a kill leaves something new behind. Then the work is run once
for each moment, and killed there.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

Work = Callable[[], object]
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Where to run what is killed: a kill asks nothing of a disk, and waiting for one would be nearly all that it does."""

_READERS = frozenset(
    {"stat", "lstat", "fstat", "listdir", "scandir", "fspath", "getpid", "urandom", "read", "readinto"}
)
"""Not worth a look: they change nothing. What is not known here is looked at."""


@dataclass(frozen=True)
class Moment:
    """The kill falls before the `call`-th watched call, which is made at `place`."""

    call: int
    place: str


def moments_of(work: Work, places: Sequence[Path]) -> list[Moment]:
    """Run the work in a child, to its end; gives all moments at which what lies below `places` had just changed."""
    with _child(lambda send: _watched(work, places, send)) as (pid, answer):
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, answer()
        return [Moment(call, place) for call, place in json.loads(answer())]


def run_killed(work: Work, moment: Moment) -> None:
    """Run the work in a child that is killed at the moment."""
    with _child(lambda _send: _killed_at(work, moment.call)) as (pid, answer):
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL, (moment, answer())


def run_killed_by(work: Work, call: int) -> None:
    """As `run_killed`, by the number alone; work that ends before is killed at its end."""
    with _child(lambda _send: _killed_at(work, call, is_at_the_latest=True)) as (pid, answer):
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL, answer()


@contextmanager
def _child(task: Callable[[Callable[[str], object]], None]) -> Iterator[tuple[int, Callable[[], str]]]:
    """A fork of this process that does the task; its answer is what it sent, or what went wrong."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(task, writing)
    os.close(writing)
    with os.fdopen(reading) as stream:
        yield pid, stream.read


def _become(task: Callable[[Callable[[str], object]], None], writing: int) -> None:
    code = 1
    try:
        with os.fdopen(writing, "w") as stream:
            try:
                task(stream.write)
                code = 0
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                stream.write(traceback.format_exc())
    finally:
        os._exit(code)  # nothing of the parent's is to be run or flushed a second time


def _watched(work: Work, places: Sequence[Path], send: Callable[[str], object]) -> None:
    found: list[tuple[int, str]] = []
    last = None

    def look(call: int, place: str) -> None:
        nonlocal last
        now = _what_lies_below(places)
        if now != last:
            found.append((call, place))
            last = now

    calls = _run_counting(work, look)
    look(calls, "the end")
    send(json.dumps(found))


def _killed_at(work: Work, at: int, *, is_at_the_latest: bool = False) -> None:
    def look(call: int, _place: str) -> None:
        if call == at:
            os.kill(os.getpid(), signal.SIGKILL)

    calls = _run_counting(work, look)
    look(at if is_at_the_latest else calls, "the end")


def _run_counting(work: Work, look: Callable[[int, str], None]) -> int:
    """Call `look` before each watched call, with its number; gives the number of calls."""
    calls = 0

    def on_event(frame: FrameType, event: str, function: Any) -> None:
        nonlocal calls
        if event == "c_call" and _may_change_the_disk(function):
            look(calls, f"{frame.f_code.co_filename}:{frame.f_lineno} {function.__name__}")
            calls += 1

    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def _may_change_the_disk(function: Any) -> bool:
    """Whatever goes to the system or to SQLite. What goes there by ctypes shows at the next call that is seen."""
    owner = getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
    return owner in {"posix", "io", "_io", "sqlite3"} and function.__name__ not in _READERS


def _what_lies_below(places: Sequence[Path]) -> list[tuple[str, int, int, int, int]]:
    found = []
    for place in places:
        for folder, folders, files in os.walk(place):
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                there = os.lstat(path)
                found.append((path, there.st_ino, there.st_size, there.st_mtime_ns, there.st_mode))
    return found
