"""Confines itself and becomes a model server: `python -m markerd.convert.model_sets.servers.confined_server JSON`.

The JSON says what the server may reach and what is run; see `encode_task`. A module of Python is run in this process,
another program takes its place.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from markerd.convert.model_sets.servers.server_spec import ServerSpec
from markerd.convert.model_sets.vision_operators import declare_missing_operators
from markerd.convert.sandbox import confinement
from markerd.convert.sandbox.reach import Reach


def encode_task(spec: ServerSpec, port: int, home: Path) -> str:
    """Write what this process needs of the specification as JSON, for its argument."""
    return json.dumps({
        "name": spec.name,
        "home": str(home),
        "port": port,
        "readable": [str(path) for path in spec.readable],
        "module": spec.module,
        "command": [argument.replace("{port}", str(port)) for argument in spec.command],
        "is_confined": spec.is_confined,
    })  # fmt: skip


def main() -> None:
    task: dict[str, Any] = json.loads(sys.argv[1])
    if task["is_confined"]:
        _confine(task)
    if not task["module"]:
        os.execvp(task["command"][0], task["command"])  # noqa: S606 - the program that the configuration names
    declare_missing_operators()
    sys.argv = [task["module"], *task["command"]]
    runpy.run_module(task["module"], run_name="__main__", alter_sys=True)


def _confine(task: dict[str, Any]) -> None:
    """Give up all but the weights, the own folder, graphics cards and the own port."""
    readable = tuple(map(Path, task["readable"]))
    reach = Reach(Path(task["home"]), readable, listens=frozenset({task["port"]}), has_graphics=True)
    confined = confinement.confine(reach)
    if confined.level is not confinement.Level.FULL:
        sys.stderr.write(f"This server is not fully confined: {confined.reason}\n")


if __name__ == "__main__":
    main()
