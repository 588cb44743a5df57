"""The documents that a command names: which of them can be read, and how they come to the loop."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markerd.journal import Document, Journal
from markerd.values import UNFINISHED, Fingerprint


@dataclass(frozen=True)
class Given:
    """A file as it was named. `problem` says why it cannot be read, `number` is that of its document otherwise."""

    name: str
    number: int = 0
    problem: str = ""


def record(journal: Journal, names: Sequence[str]) -> list[Given]:
    """Record the files in the journal, in their order; the same file is taken once, whatever it is called."""
    given: dict[str, Given] = {}
    for name in names:
        path = os.path.realpath(name)
        if path not in given:
            given[path] = _record(journal, name, path)
    return list(given.values())


def _record(journal: Journal, name: str, path: str) -> Given:
    try:
        status = os.stat(path)  # noqa: PTH116 - names need not be UTF-8, and text is passed on
    except OSError as error:
        return Given(name, problem=f"it cannot be found: {error.strerror}")
    if problem := _find_problem(status.st_mode, path):
        return Given(name, problem=problem)
    folder, file = os.path.split(path)
    journal.writer.record_all_seen(folder, [(file, Fingerprint.of(status))], time.time())
    document = journal.reader.find(folder, file)
    assert document is not None
    return Given(name, document.id)


def _find_problem(mode: int, path: str) -> str | None:
    if stat.S_ISDIR(mode):
        return "it is a folder: name the documents in it"
    if not stat.S_ISREG(mode):
        return "it is no regular file"
    return None if os.access(path, os.R_OK) else "it may not be read"


class GivenDocuments:
    """Takes the place of the intake and its queue: all documents have settled, and no more of them come."""

    failure: Exception | None = None

    def __init__(self, journal: Journal, numbers: Iterable[int]) -> None:
        """Documents of these numbers that have not ended yet are to be converted, in this order."""
        self._waiting = deque(document for number in numbers if (document := _queue(journal, number)) is not None)
        self.folders = {document.folder for document in self._waiting}

    def take(self, timeout_s: float) -> Document | None:  # noqa: ARG002 - nothing will come
        """Take the next document out; None where none is left."""
        return self._waiting.popleft() if self._waiting else None

    def is_idle(self) -> bool:
        """Whether all files were looked at, which they were before."""
        return True

    def __len__(self) -> int:
        return len(self._waiting)


def _queue(journal: Journal, number: int) -> Document | None:
    document = journal.reader.get(number)
    if document is None or document.state not in UNFINISHED:
        return None
    journal.writer.record_queued(number, document.fingerprint)
    return journal.reader.get(number)
