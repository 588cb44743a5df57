"""Leaks named semaphores on purpose: `leaks.py SCENARIO START_METHOD FOLDER` prints what a cleanup found as JSON."""

from __future__ import annotations

import _multiprocessing  # type: ignore[import-not-found]  # typeshed has no stub
import gc
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker, util
from pathlib import Path
from typing import Any

import psutil

from markerd.convert import cleanup
from markerd.convert.cleanup import darwin
from markerd.convert.cleanup.semaphores import SemaphoreLedger

Findings = dict[str, Any]


def cycle(context: Any, _folder: Path) -> Findings:
    ring: list[Any] = [context.Lock()]
    ring.append(ring)
    del ring
    return findings()


def lost_finalizer(context: Any, _folder: Path) -> Findings:
    lock = context.Lock()
    expected = lose_finalizer(lock)
    del lock
    return findings() | {"expected": [expected]}


def lost_finalizer_in_use(context: Any, _folder: Path) -> Findings:
    lock = context.Lock()
    name = lose_finalizer(lock)
    found = findings()
    child = context.Process(target=use, args=(lock,))  # it opens the semaphore by its name
    child.start()
    child.join()
    del lock
    return found | {"exit_code": child.exitcode, "later": cleanup.cleanup_semaphore_leaks(), "expected": [name]}


def beside_child(context: Any, _folder: Path) -> Findings:
    receiver, sender = context.Pipe(duplex=False)
    lock = context.Lock()
    expected = lose_finalizer(lock)
    del lock
    child = context.Process(target=receiver.recv)
    child.start()
    meanwhile = cleanup.cleanup_semaphore_leaks()
    sender.send("go")
    child.join()
    return findings() | {"expected": [expected], "meanwhile": meanwhile}


def unregistered(_context: Any, _folder: Path) -> Findings:
    resource_tracker.ensure_running()
    prefix: str = vars(multiprocessing.current_process())["_config"]["semprefix"]
    name = f"{prefix}-abcdefgh"
    _multiprocessing.SemLock(1, 1, 1, name, False)
    return findings() | {"expected": [name]}


def as_on_macos(context: Any, _folder: Path) -> Findings:
    """Its adapter asks nothing that Linux could not answer."""
    ledger = SemaphoreLedger(darwin)
    ledger.open()
    living, lock = context.Lock(), context.Lock()
    expected = lose_finalizer(lock)
    del lock
    removed = ledger.remove_leaked()
    use(living)
    return {"removed": removed, "left": len(ledger.list_standing()), "expected": [expected]}


def killed_child(context: Any, _folder: Path) -> Findings:
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=make_lock_and_wait, args=(context.get_start_method(), sender))
    child.start()
    expected = receiver.recv()
    meanwhile = cleanup.cleanup_semaphore_leaks()
    child.kill()
    child.join()
    return findings() | {"expected": [expected], "meanwhile": meanwhile}


def killed_pool_owner(context: Any, folder: Path) -> Findings:
    child = context.Process(target=own_pool, args=(context.get_start_method(), folder))
    child.start()
    wait_until((folder / "working").exists)
    owner = psutil.Process(child.pid)
    for process in [owner, *owner.children(recursive=True)]:  # the owner first: it would report a broken pool
        process.kill()
    child.join()
    return findings()


def killed_workers(context: Any, folder: Path) -> Findings:
    executor = ProcessPoolExecutor(1, mp_context=context)
    future = executor.submit(work, folder)
    wait_until((folder / "working").exists)
    for process in multiprocessing.active_children():
        process.kill()
    broken = isinstance(future.exception(), BrokenProcessPool)
    executor.shutdown()
    del executor, future
    return findings() | {"broken": broken}


def forked_child(context: Any, folder: Path) -> Findings:
    lock = context.Lock()
    expected = lose_finalizer(lock)
    del lock
    pid = os.fork()
    if pid == 0:
        before = cleanup.cleanup_semaphore_leaks()
        cleanup.watch_semaphores()
        again = cleanup.cleanup_semaphore_leaks()
        (folder / "child").write_text(json.dumps([before, again, cleanup.count_resources().semaphores]))
        os._exit(0)
    os.waitpid(pid, 0)
    return findings() | {"expected": [expected], "child": json.loads((folder / "child").read_text())}


def findings() -> Findings:
    standing = cleanup.count_resources().semaphores
    removed = cleanup.cleanup_multiprocessing_resources()
    return {"standing": standing, "removed": removed, "left": cleanup.count_resources().semaphores}


def lose_finalizer(lock: Any) -> str:
    name: str = lock._semlock.name
    registry: dict[Any, Any] = vars(util)["_finalizer_registry"]
    next(pending for pending in list(registry.values()) if name in (pending._args or ())).cancel()
    return name


def use(lock: Any) -> None:
    with lock:
        pass


def make_lock_and_wait(method: str, sender: Any) -> None:
    lock = multiprocessing.get_context(method).Lock()
    sender.send(vars(lock)["_semlock"].name)
    signal.pause()


def own_pool(method: str, folder: Path) -> None:
    context: Any = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        executor.submit(work, folder).result()


def work(folder: Path) -> None:
    (folder / "working").touch()
    signal.pause()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


SCENARIOS = (
    cycle,
    lost_finalizer,
    lost_finalizer_in_use,
    beside_child,
    as_on_macos,
    unregistered,
    killed_child,
    killed_pool_owner,
    killed_workers,
    forked_child,
)

if __name__ == "__main__":
    gc.disable()  # so that cycles are there when the cleanup comes
    cleanup.watch_semaphores()
    scenario = next(function for function in SCENARIOS if function.__name__ == sys.argv[1])
    print(json.dumps(scenario(multiprocessing.get_context(sys.argv[2]), Path(sys.argv[3]))))
