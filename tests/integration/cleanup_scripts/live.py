"""Keeps semaphores in use over a cleanup: `live.py SCENARIO START_METHOD` prints what came of it as JSON."""

from __future__ import annotations

import _multiprocessing  # type: ignore[import-not-found]  # typeshed has no stub
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from markerd.convert import cleanup

Findings = dict[str, Any]


def in_use(context: Any) -> Findings:
    lock, queue, event = context.Lock(), context.Queue(), context.Event()
    standing = cleanup.count_resources().semaphores
    removed = cleanup.cleanup_multiprocessing_resources()
    child = context.Process(target=answer, args=(lock, queue, event))  # it opens them by their names
    child.start()
    answered = queue.get(timeout=60)
    event.set()
    child.join()
    return {
        "removed": removed + cleanup.cleanup_multiprocessing_resources(),
        "answered": answered,
        "exit_code": child.exitcode,
        "lost": standing - cleanup.count_resources().semaphores,
    }


def pool(context: Any) -> Findings:
    with context.Pool(1) as workers:
        first = workers.apply(abs, (-1,))
        removed = cleanup.cleanup_multiprocessing_resources()
        second = workers.apply(abs, (-2,))
        workers.close()
        workers.join()
    return {"removed": removed, "results": [first, second]}


def executor(context: Any) -> Findings:
    with ProcessPoolExecutor(1, mp_context=context) as workers:
        first = workers.submit(abs, -1).result()
        open_pools = [line for line in cleanup.find_remaining_processes() if line.startswith("process pool")]
        removed = cleanup.cleanup_multiprocessing_resources()
        second = workers.submit(abs, -2).result()
    closed = [
        line for line in cleanup.find_remaining_processes() if "tracker" not in line and "fork server" not in line
    ]
    return {"removed": removed, "results": [first, second], "open": len(open_pools), "closed": closed}


def foreign(_context: Any) -> Findings:
    """Names of multiprocessing's own prefix, of a living process and of another namespace."""
    own: str = vars(multiprocessing.current_process())["_config"]["semprefix"]
    names = [
        f"/mp-{os.getpid()}",
        f"/mkd{os.getpid()}-abcdefgh",
        f"{own[:-1]}-abcdefgh",
        "/mkd1.1.1-abcdefgh",
        f"{own}0-abcdefgh",
    ]
    for name in names:
        _multiprocessing.SemLock(1, 1, 1, name, False)
    removed = cleanup.cleanup_semaphore_leaks() + cleanup.sweep_dead_daemons()
    gone = []
    for name in names:
        try:
            _multiprocessing.sem_unlink(name)
        except FileNotFoundError:
            gone.append(name)
    return {"removed": removed, "gone": gone}


def unnamed(context: Any) -> Findings:
    """A lock, a queue and a killed child under fork."""
    lock, queue = context.Lock(), context.Queue()
    child = context.Process(target=queue.get)
    child.start()
    child.kill()
    child.join()
    with lock:
        standing = cleanup.count_resources().semaphores
        removed = cleanup.cleanup_multiprocessing_resources()
    return {"standing": standing, "removed": removed, "remaining": cleanup.find_remaining_processes()}


def bar(context: Any) -> Findings:
    """A bar of tqdm where semaphores have names."""
    from tqdm import tqdm

    multiprocessing.set_start_method(context.get_start_method())
    cleanup.watch_semaphores()
    steps = sum(tqdm(range(3), disable=True))
    return {
        "steps": steps,
        "standing": cleanup.count_resources().semaphores,
        "remaining": cleanup.find_remaining_processes(),
    }


def answer(lock: Any, queue: Any, event: Any) -> None:
    with lock:
        queue.put("answered")
    event.wait(60)


SCENARIOS = (in_use, pool, executor, foreign, unnamed, bar)

if __name__ == "__main__":
    cleanup.watch_semaphores()
    scenario = next(function for function in SCENARIOS if function.__name__ == sys.argv[1])
    print(json.dumps(scenario(multiprocessing.get_context(sys.argv[2]))))
