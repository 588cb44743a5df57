"""What a confined process may reach besides the system's programs, Python's, libraries and fonts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reach:
    """Nothing but its own folder, unless it is named here.

    `home` is the process's own folder, which it may change. `readable` has files and folders, with programs in them.
    `connects` and `listens` are TCP ports; without any there are no sockets at all. `has_graphics` opens graphics
    cards.
    """

    home: Path
    readable: tuple[Path, ...] = ()
    connects: frozenset[int] = frozenset()
    listens: frozenset[int] = frozenset()
    has_graphics: bool = False

    @property
    def has_sockets(self) -> bool:
        return bool(self.connects or self.listens)
