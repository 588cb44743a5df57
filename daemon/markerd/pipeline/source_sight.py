"""Whether a source is in its place, gone, or cannot be told, and whether its content lies elsewhere in its folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path, PurePath

from markerd.journal import Document
from markerd.values import Fingerprint


class Sight(Enum):
    """What is seen where a source was."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "unknown"


def look(document: Document) -> Sight:
    """Look where the source was. Whatever else lies there, and whatever cannot be read, is no reason to miss it."""
    try:
        status = document.source.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Sight.GONE
    except OSError:
        return Sight.UNKNOWN
    if not stat.S_ISREG(status.st_mode):
        return Sight.UNKNOWN
    known = document.fingerprint
    is_same = (status.st_size, status.st_mtime_ns) == (known.size, known.mtime_ns)  # inodes of some mounts change
    return Sight.SAME if is_same else Sight.CHANGED


def is_below_empty_folder(document: Document) -> bool:
    """Whether a folder on the way to the source is there and empty, as a mount point is whose disk is away."""
    folder = Path(document.folder)
    for part in ("", *PurePath(document.path).parent.parts):
        folder = folder / part
        try:
            with os.scandir(folder) as entries:
                if next(entries, None) is None:
                    return True
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
    return False


class UnreadableError(Exception):
    """A folder below the hot folder cannot be listed, so that nobody knows what is in it."""


def walk_files(root: str, sizes: Collection[int] | None) -> Iterator[tuple[str, Fingerprint] | None]:
    """Yield the path and the state of each file of one of these sizes, or of any, hidden and ignored ones too; None for
    others.

    Symbolic links are not followed. Raises UnreadableError.
    """
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:  # gone meanwhile; the others in the folder are still there
                        continue
                    if stat.S_ISDIR(status.st_mode):
                        pending.append(entry.path)
                    is_alike = stat.S_ISREG(status.st_mode) and (sizes is None or status.st_size in sizes)
                    yield (entry.path, Fingerprint.of(status)) if is_alike else None
        except FileNotFoundError:  # the folder is gone meanwhile
            continue
        except OSError as error:
            raise UnreadableError(f"{error.filename or folder} cannot be read: {error.strerror}") from error
