"""What lies in a hot folder but is never opened: each such entry is logged once."""

from __future__ import annotations

from collections.abc import Iterable

from markerd.intake.interfaces import Log
from markerd.intake.scan import Refused
from markerd.values import make_printable

_REMEMBERED = 1000
"""More than this many entries in one folder are not logged one by one."""


class Refusals:
    """The refusals that were logged, so that no scan logs them again."""

    def __init__(self, folder: str, log: Log) -> None:
        self._folder = folder
        self._log = log
        self._known: set[tuple[str, int]] = set()

    def log_once(self, item: Refused) -> None:
        """Log the refusal unless it is known."""
        key = (item.path, item.inode)
        if key in self._known or len(self._known) >= _REMEMBERED:
            return
        self._known.add(key)
        self._log.warning(
            "document.refused",
            folder=make_printable(self._folder), document=make_printable(item.path), reason=item.reason,
        )  # fmt: skip

    def forget_all_but(self, items: Iterable[Refused]) -> None:
        """What is no longer there would be news, should it come again."""
        self._known &= {(item.path, item.inode) for item in items}
