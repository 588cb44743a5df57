"""What a model server is: its command, its port, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BATCH_SERVER_START_S = 300.0
"""Surya's own bound for its layout and OCR error servers: 4 to 6 s on an idle machine, 140 s on a loaded one."""
VISION_SERVER_START_S = 600.0
"""Surya's own bound for the vision model, which has gigabytes to load."""


@dataclass(frozen=True)
class ServerSpec:
    """One server. Equal specifications mean the same server, which then goes on through a reload.

    `name` is for people: "layout", "OCR error", "vision". `command` runs it, in the foreground; `module` instead names
    a module of Python that is run with `command` as its arguments. `{port}` in it stands for the server's port on the
    loopback, which is `fixed_port` where that is named and free. `model` is what it must name at /v1/models. `readable`
    has its weights and programs. `is_on_demand` says that it starts at its first use, and not with the converters.
    `url_variable` tells its clients where it is, where no relay does.
    """

    name: str
    command: tuple[str, ...]
    model: str
    module: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    start_timeout_s: float = BATCH_SERVER_START_S
    is_on_demand: bool = False
    is_confined: bool = True
    fixed_port: int = 0
    url_variable: str = ""


@dataclass(frozen=True)
class ServerLimits:
    """Above `recycle_bytes` a server is started anew between two documents, above `max_bytes` at once; None: never."""

    recycle_bytes: int | None = None
    max_bytes: int | None = None
