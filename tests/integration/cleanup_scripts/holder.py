"""Makes a named semaphore and waits to be killed: `holder.py [heir]` prints its name, and its heir's pid.

The heir is a child in a session of its own that has the semaphore open too, and outlives a kill of the group.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from typing import Any

from markerd.convert import cleanup


def inherit(_lock: Any, ready: Any) -> None:
    os.setsid()
    ready.send(os.getpid())
    signal.pause()


def main() -> None:
    cleanup.watch_semaphores()
    context = multiprocessing.get_context("spawn")
    lock = context.Lock()
    heir = 0
    if sys.argv[1:] == ["heir"]:
        receiver, sender = context.Pipe(duplex=False)
        context.Process(target=inherit, args=(lock, sender)).start()
        heir = receiver.recv()
    print(vars(lock)["_semlock"].name, heir, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
