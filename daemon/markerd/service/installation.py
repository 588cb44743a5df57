"""What a unit or a plist has to name of this installation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Scope(str, Enum):
    """Whose service it is: of the user who installs it, or of the machine."""

    USER = "user"
    SYSTEM = "system"


@dataclass(frozen=True)
class Installation:
    """All paths are absolute. `folders` holds, for each hot folder, the parent that it shares with its outputs."""

    interpreter: Path
    config: Path
    state_dir: Path
    folders: tuple[Path, ...]
    log_file: Path | None
    stop_timeout_s: float
    is_http_on: bool = False
