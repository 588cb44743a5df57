"""What ends the wait of the main thread."""

from __future__ import annotations

import math
import os
import select
import signal
import subprocess
import sys
import threading
import time

from markerd.runtime.wakeup import Wakeup

LONG_S = 60.0
SIGNALLED = """
import os, signal, sys, time
from markerd.runtime.signals import SignalRequests
requests = SignalRequests()
with requests.listening():
    print("waits", flush=True)
    woken = requests.wakeup.wait(time.monotonic() + 60)
    print(woken, requests.stop_name)
print(signal.set_wakeup_fd(-1))
"""


def test_another_thread_ends_the_wait() -> None:
    """Long before its time."""
    wakeup, began_s = Wakeup(), time.monotonic()
    thread = threading.Timer(0.1, wakeup.wake)
    thread.start()
    assert wakeup.wait(math.inf)
    assert time.monotonic() - began_s < LONG_S / 2
    thread.join()


def test_call_before_the_wait_is_kept_for_it() -> None:
    """However many there were, they end one wait; the next one lasts until its time."""
    wakeup = Wakeup()
    for _ in range(100_000):  # more than a pipe holds
        wakeup.wake()
    while wakeup.wait(0.0):
        pass
    wakeup.wake()
    assert wakeup.wait(time.monotonic() + LONG_S)
    until_s = time.monotonic() + 0.05
    assert not wakeup.wait(until_s)
    assert time.monotonic() >= until_s


def test_it_can_be_waited_for_with_other_pipes() -> None:
    """Its descriptor is readable from the first call to the look that clears it."""
    wakeup = Wakeup()
    assert select.select([wakeup.fileno()], [], [], 0)[0] == []
    wakeup.wake()
    assert select.select([wakeup.fileno()], [], [], 0)[0] == [wakeup.fileno()]
    wakeup.clear()
    assert not wakeup.wait(0.0)


def test_signal_ends_the_wait() -> None:
    """The handler assigns an attribute and nothing else, and the wait is over at once all the same."""
    process = subprocess.Popen([sys.executable, "-c", SIGNALLED], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().split() == ["True", "SIGTERM", "-1"]
    assert process.returncode == 0


def test_nothing_is_left_open() -> None:
    """The descriptors go with the object."""
    before = len(os.listdir("/dev/fd"))
    made = [Wakeup() for _ in range(10)]
    assert len(os.listdir("/dev/fd")) == before + 20
    del made
    assert len(os.listdir("/dev/fd")) == before
