"""Which of the files in a hot folder are to be taken."""

from __future__ import annotations

from typing import TypeGuard

from markerd.intake.filters import is_left_alone, matches
from markerd.intake.interfaces import WatchedFolder
from markerd.intake.markers import find_marked
from markerd.intake.refusals import Refusals
from markerd.intake.scan import Found, Refused


class WantedFiles:
    """By the patterns of the folder. `refusals` logs what cannot be taken."""

    def __init__(self, folder: WatchedFolder, refusals: Refusals) -> None:
        self._folder, self._refusals = folder, refusals

    def find_marked(self, path: str) -> str | None:
        """Find the document whose marker this is; None where it is no marker."""
        return None if self._folder.marker is None else find_marked(self._folder.marker, path)

    def has(self, path: str) -> bool:
        """Whether a file of this path is a document that is to be taken."""
        folder = self._folder
        if self.find_marked(path) is not None:
            return False
        return not is_left_alone(path, folder.ignore) and matches(path, folder.include, folder.exclude)

    def accepts(self, item: Found | Refused) -> TypeGuard[Found]:
        """Whether it is a file that is to be taken; what is refused is logged."""
        if isinstance(item, Refused):
            if item.is_folder or self.has(item.path):
                self._refusals.log_once(item)
            return False
        return self.has(item.path)
