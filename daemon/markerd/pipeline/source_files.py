"""What becomes of a source once its output is published: it is archived, kept or deleted.

Every function here may run twice on the same document, because a crash can fall between the deed and its record.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePath

from markerd.errors import NO_ROOM, MarkerdError, SourceChangedError, SourceMoveError, StorageError
from markerd.files import durable, trees
from markerd.files.permissions import explain_refusal_to_move
from markerd.intake.markers import name_marker
from markerd.journal import Document
from markerd.pipeline import held_source
from markerd.pipeline.folder_plan import Places
from markerd.pipeline.held_source import LEAVING, HeldSource, finish_removal, hold
from markerd.values import After, number_names


def settle_published(document: Document, places: Places, *, may_lease: bool = True) -> tuple[str, ...]:
    """Apply the policy to a source whose content is published. For a source that is gone, nothing is left to do.

    Returns what a copy on another file system could not keep, see `attributes`. `may_lease`: on the source's file
    system the kernel knows who has it open. Raises SourceChangedError where the source is not, or no longer, what was
    converted, SourceMoveError and StorageError.
    """
    relative, is_kept = PurePath(document.path), places.after is After.KEEP
    try:
        # A source that is kept may be open: what is written to it is news to the intake.
        with hold_source(document, may_lease=may_lease and not is_kept) as source:
            if source is None or is_kept:
                return ()
            lost: tuple[str, ...] = ()
            if places.after is After.DELETE:
                source.remove()
            else:
                with durable.open_folder(places.archive, *relative.parent.parts) as archive_fd:
                    lost = _move_to_free_name(source, archive_fd)
            os.fsync(source.folder_fd)
            return lost
    except OSError as error:
        raise explain_not_moved(error, document, places.archive if places.after is After.ARCHIVE else None) from error


def demand_untouched(document: Document, *, may_lease: bool = True) -> None:
    """Raises SourceChangedError where the source is not what was staged, or is gone."""
    # SourceMoveError: nobody can tell now, and whoever moves the source asks again.
    with suppress(SourceMoveError), hold_source(document, may_lease=may_lease) as source:
        if source is None:
            raise SourceChangedError("it was taken away after it was read")


@contextmanager
def hold_source(document: Document, *, may_lease: bool) -> Iterator[HeldSource | None]:
    """Hold the document's source, None where it is gone. No part of its path may be a symbolic link.

    `may_lease`: on its file system the kernel knows who has it open. Raises SourceChangedError and SourceMoveError.
    """
    path = PurePath(document.path)
    with ExitStack() as stack:
        try:
            fd = stack.enter_context(durable.open_folder(Path(document.folder), *path.parent.parts, create=False))
            finish_removal(fd, path.name, document.fingerprint, may_lease=may_lease)
            source = stack.enter_context(hold(fd, path.name, document.fingerprint, may_lease=may_lease))
        except (FileNotFoundError, NotADirectoryError):
            source = None
        except OSError as error:
            raise _explain_not_touched(error, document, None) from error
        yield source


def _move_to_free_name(source: HeldSource, target_fd: int) -> tuple[str, ...]:
    for candidate in number_names(source.name):
        with suppress(FileExistsError):
            lost = source.move(candidate, target_fd)
            os.fsync(target_fd)
            return lost
    raise FileExistsError(errno.EEXIST, "no free name left", source.name)


def remove_marker(document: Document, pattern: str | None, *, may_lease: bool = True) -> None:
    """Remove the marker of a document that has come to its end, before its source goes: a marker that is left behind
    would stand for the next document of its name.

    Raises SourceMoveError, and SourceChangedError where the source is not what was converted: then it is an arrival
    again, to which the marker belongs, and without one it would wait for ever.
    """
    if pattern is None:
        return
    with hold_source(document, may_lease=may_lease):
        _remove_marker(document, PurePath(name_marker(pattern, document.path)))


def _remove_marker(document: Document, marker: PurePath) -> None:
    try:
        with durable.open_folder(Path(document.folder), *marker.parent.parts, create=False) as fd:
            if stat.S_ISREG(os.stat(marker.name, dir_fd=fd, follow_symlinks=False).st_mode):
                os.unlink(marker.name, dir_fd=fd)
                os.fsync(fd)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SourceMoveError(f"its marker {marker} cannot be removed: {error.strerror}") from error


def find_reason_to_leave_out(document: Document) -> str | None:
    """Find why a source that waited cannot settle again; None where it can, or where nobody can tell now.

    A missing file counts as removed only where its hot folder is there: the folder may be unmounted.
    """
    try:
        is_regular = stat.S_ISREG(document.source.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return "removed before conversion" if Path(document.folder).is_dir() else None
    except OSError:
        return None
    return None if is_regular else "replaced by what is no regular file"


def bring_back(folder: Path, owed: Collection[str]) -> None:
    """Put what a crash kept from being removed back into its place below the hot folder, where it is an arrival.

    The paths in `owed` are left alone: the journal knows that they are to be removed. Raises OSError.
    """
    left_alone = [PurePath(path) for path in owed]
    for found, _ in trees.walk(str(folder)):
        if PurePath(found).name == LEAVING:
            below = PurePath(found).parent.relative_to(folder)
            with durable.open_folder(folder, *below.parts, create=False) as fd:
                held_source.bring_back(fd, {path.name for path in left_alone if path.parent == below})


def sweep(document: Document, places: Places) -> None:
    """Remove what a move to another file system, or a reason half written, left behind in a crash."""
    for root in (places.archive, places.failed):
        trees.sweep(root, *PurePath(document.path).parent.parts)


def explain_not_moved(error: OSError, document: Document, root: Path | None) -> MarkerdError:
    """Say in words why a source was not moved to `root`, which is the archive or `failed`; None where it was to be
    deleted."""
    if error.errno in NO_ROOM and root is not None:
        return StorageError(f"no room in {root}: {error.strerror}", root, document.fingerprint.size)
    return _explain_not_touched(error, document, root)


def _explain_not_touched(error: OSError, document: Document, root: Path | None) -> SourceMoveError:
    if isinstance(error, PermissionError):
        target = root and root.joinpath(*PurePath(document.path).parent.parts)
        return SourceMoveError(explain_refusal_to_move(document.source, target))
    return SourceMoveError(f"{root or document.source}: {error.strerror or error}")
