"""A journal whose files are removed or replaced while it is open: this is noticed, and the journal is written anew
from the open connection.

SQLite goes on in the removed file, and all of it would be lost with the process. The steps are in the order that
leaves a whole journal whatever fails: a copy is written under another name; foreign files are set aside; the old
connection is closed, for it removes a WAL by its name when it ends; the copy gets the journal's name.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from markerd.errors import JournalError, UnavailableError
from markerd.files import durable
from markerd.journal.set_aside import COMPANIONS, set_aside

_ENDINGS = (*COMPANIONS, "")
_Identity = tuple[int, int]


class OpenFiles:
    """The journal's files as they were when it was opened: the database, its WAL and its shared memory."""

    def __init__(self, path: Path) -> None:
        """`path` has no links in it: SQLite keeps the companions beside the file itself. Raises OSError."""
        self.path = path
        self._mode = path.stat().st_mode & 0o777
        self._identities = {ending: _identify(f"{path}{ending}") for ending in _ENDINGS}

    def are_in_place(self) -> bool:
        """Whether each name still leads to the file that is open. Costs three calls of stat."""
        return all(_identify(f"{self.path}{ending}") == identity for ending, identity in self._identities.items())

    def copy(self, db: sqlite3.Connection) -> Path:
        """Write all that the connection holds to the disk, beside the journal. Raises JournalError."""
        copy = self.path.with_name(f"{durable.PREFIX}{self.path.name}")  # a leftover of this name is swept at a start
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy.unlink(missing_ok=True)
            db.execute("VACUUM INTO ?", (str(copy),))
            copy.chmod(self._mode)
            _sync(copy)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
            raise JournalError(f"the journal cannot be written anew: {error}") from error
        return copy

    def make_way(self) -> str:
        """Set aside foreign files under the journal's names; returns in words what had happened. Raises
        JournalError."""
        foreign = [ending for ending in _ENDINGS if self._is_foreign(ending)]
        if not foreign:
            return "it was removed"
        try:
            return f"another file lay in its place, and lies at {set_aside(self.path, foreign)} now"
        except OSError as error:
            raise JournalError(f"{self.path} cannot be set aside: {error.strerror}") from error

    def _is_foreign(self, ending: str) -> bool:
        name = f"{self.path}{ending}"
        return os.path.lexists(name) and _identify(name) != self._identities[ending]

    def put_in_place(self, copy: Path) -> None:
        """Give the copy the journal's name. The old connection must be closed by now. Raises UnavailableError."""
        try:
            for ending in COMPANIONS:  # those of the old file: SQLite would take them for the new one's
                Path(f"{self.path}{ending}").unlink(missing_ok=True)
            copy.replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            raise UnavailableError(f"the journal {self.path} cannot be written anew: {error.strerror}") from error


def _identify(name: str) -> _Identity | None:
    try:
        found = os.stat(name)  # noqa: PTH116 - a name with an ending
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
