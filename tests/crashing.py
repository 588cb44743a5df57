"""A daemon's core in a process that kills itself at a chosen step.

    python -m crashing ROOT STEP WHEN CALL AFTER

`STEP` names a function, such as `markerd.durable.exchange`; the process dies before or after its `CALL`-th call.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from fakes import core_at
from markerd.values import After


def die_at(step: str, when: str, call: int) -> None:
    """Wrap the function, or the method `module:Class.method`, so that the process dies at it."""
    module_name, _, class_name = step.rpartition(".")[0].partition(":")
    name = step.rpartition(".")[2]
    owner: Any = import_module(module_name)
    owner = getattr(owner, class_name) if class_name else owner
    original, calls = getattr(owner, name), 0

    @functools.wraps(original)
    def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if when == "before" and calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if when == "after" and calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


def main() -> None:
    root, step, when, call, after = sys.argv[1:]
    with core_at(Path(root), after=After(after)) as core:
        die_at(step, when, int(call))
        core.queue("sub/a.pdf")
        core.finish_all()


if __name__ == "__main__":
    main()
