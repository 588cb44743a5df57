"""Model servers in tests: quick ones, what their log says, and what is left of them."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

import quick_server
from markerd.convert.model_sets.servers.remains import MARK
from markerd.convert.model_sets.servers.server_spec import ServerSpec

PATIENCE_S = 60.0
"""So long a test waits for what takes a tenth of a second on an idle machine."""


@dataclass
class Events:
    """A log that keeps what it is told."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def _note(self, event: str, **fields: Any) -> None:
        self.told.append((event, fields))

    debug = info = warning = error = _note

    def find(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in list(self.told) if name == event]


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def make_spec(habit: str = "", *, model: str = "model", serves: str = "model", **changes: Any) -> ServerSpec:
    """Specify a quick server with a habit, which names the model `serves`."""
    script = Path(quick_server.__file__)
    command = (sys.executable, str(script), "{port}", serves, *([habit] if habit else []))
    return ServerSpec("quick", command, model, **{"readable": (script.parent,), **changes})


def await_that(holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come about"
        time.sleep(0.01)


def find_processes(home: Path) -> list[int]:
    """Find the living processes of servers with folders in `home`, by their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            folder = process.environ().get(MARK)
            if folder and Path(folder).parent == home and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


VARIABLES = dict(os.environ)
