"""What becomes of a source: archived, kept or deleted once its output is published; moved to `failed` when given up.

Every function here may run twice on the same document, for a crash can fall between the deed and its record.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePath
from typing import Any

from markerd.errors import EXIT_BUG, NO_ROOM, MarkerdError, SourceChangedError, StorageError
from markerd.files import durable, trees
from markerd.files.permissions import refusal_to_move
from markerd.files.untrusted import parse_json, read_file
from markerd.journal import Document, Outcome
from markerd.pipeline import held_source
from markerd.pipeline.folder_plan import Places
from markerd.pipeline.held_source import LEAVING, HeldSource, finish_removal, hold
from markerd.values import After, Fingerprint, printable

ERROR_ENDING = ".error.json"

_REASON_MAX_BYTES = 16 << 20
"""More than attempts and messages ever fill; what is cut there is no JSON, and so not ours."""
_REASON_KEYS = frozenset({"schema", "document", "folder", "first_seen", "kind", "message", "what_to_do", "attempts"})

ADVICE = {
    "encrypted": "Remove the password and drop the document again.",
    "unreadable": "The file is damaged or of a kind that Marker cannot read. Repair or export it, then drop it again.",
    "too_large": "Split the document, or raise converter.max_file_mb, then run `markerd retry`.",
    "unpacks_too_large": "Look where it comes from: small files that unpack to a great deal are made to do harm. If it "
    "is to be trusted, raise converter.max_unpacked_mb where the message names it, or export the document anew; then "
    "run `markerd retry`.",
    "too_many_pages": "Split the document, or raise converter.max_pages, then run `markerd retry`.",
    "too_many_parts": "Split the document, or export it with fewer parts, and drop it again.",
    "page_too_large": "Give the page a smaller size, at most 200 inches (5 m) a side, and drop the document again.",
    "nested_too_deep": "Export the document anew, with fewer elements within one another, and drop it again.",
    "no_pages": "The document has no pages; nothing can be converted.",
    "timeout": "Raise converter.timeout_s or timeout_per_page_s, then run `markerd retry`.",
    "converter_died": "The converter was killed or crashed on it, often for want of memory. Free memory or lower "
    "converter.part_pages, then run `markerd retry`.",
    "memory": "Raise converter.max_rss_mb where the machine has more memory, or lower converter.part_pages; then run "
    "`markerd retry`.",
    "disk_full": "Make room on the disk, then run `markerd retry`.",
    "permission": "Give the user that markerd runs as the right that the message names, then run `markerd retry`.",
    "publish": "Move away what the message names, then run `markerd retry`.",
    "conversion": "A fault in the code stopped it, as it will again. Please report it with `details`, and with the "
    "document if it may be shared. An export of the document made anew may do; after an update run `markerd retry`.",
    "text_missing": "Its text did not reach the output. Please report it; an export of the document made anew may do.",
}


_GENERAL_ADVICE = "Marker could not convert it. See the message; after a remedy run `markerd retry`."


def advice(kind: str) -> str:
    """What to do about a dead letter of that kind."""
    return ADVICE.get(kind, _GENERAL_ADVICE)


class SourceMoveError(MarkerdError):
    """The source could not be moved or deleted now; it is tried again at every reconcile."""

    exit_code = EXIT_BUG


def settle_published(document: Document, places: Places, *, may_lease: bool = True) -> tuple[str, ...]:
    """Apply the policy to a source whose content is published. One that is gone is no more to be done for.

    Gives what a copy on another file system could not keep, see `attributes`. `may_lease`: on its file system the
    kernel knows who has it open. Raises SourceChangedError where it is not, or no longer, what was converted,
    SourceMoveError and StorageError.
    """
    relative, is_kept = PurePath(document.path), places.after is After.KEEP
    try:
        # A source that is kept may be open: what is written to it is news to the intake.
        with _held(document, may_lease=may_lease and not is_kept) as source:
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
        raise _not_moved(error, document, places.archive if places.after is After.ARCHIVE else None) from error


def demand_untouched(document: Document, *, may_lease: bool = True) -> None:
    """Raises SourceChangedError where the source is not what was staged, or is gone."""
    # SourceMoveError: nobody can tell now, and who moves it asks again.
    with suppress(SourceMoveError), _held(document, may_lease=may_lease) as source:
        if source is None:
            raise SourceChangedError("it was taken away after it was read")


@contextmanager
def _held(document: Document, *, may_lease: bool) -> Iterator[HeldSource | None]:
    """The document's source, None where it is gone. No part of its way may be a symbolic link."""
    path = PurePath(document.path)
    with ExitStack() as stack:
        try:
            fd = stack.enter_context(durable.open_folder(Path(document.folder), *path.parent.parts, create=False))
            finish_removal(fd, path.name, document.fingerprint, may_lease=may_lease)
            source = stack.enter_context(hold(fd, path.name, document.fingerprint, may_lease=may_lease))
        except (FileNotFoundError, NotADirectoryError):
            source = None
        except OSError as error:
            raise _untouched(error, document, None) from error
        yield source


def _move_to_free_name(source: HeldSource, target_fd: int) -> tuple[str, ...]:
    for candidate in durable.numbered(source.name):
        with suppress(FileExistsError):
            lost = source.move(candidate, target_fd)
            os.fsync(target_fd)
            return lost
    raise FileExistsError(errno.EEXIST, "no free name left", source.name)


def bury(
    document: Document, places: Places, outcome: Outcome, attempts: list[Outcome], *, may_lease: bool = True
) -> tuple[str, ...]:
    """Move a dead letter to `failed`, its reason beside it; `after = keep` copies it.

    Gives and raises what `settle_published` does.
    """
    try:
        with (
            _held(document, may_lease=may_lease) as source,
            durable.open_folder(places.failed, *PurePath(document.path).parent.parts) as failed_fd,
        ):
            if source is None:
                return ()
            return _bury(source, failed_fd, document, places.after, _reason(document, outcome, attempts))
    except OSError as error:
        raise _not_moved(error, document, places.failed) from error


def _bury(source: HeldSource, failed_fd: int, document: Document, after: After, reason: bytes) -> tuple[str, ...]:
    name, lost = _reserved_name(failed_fd, source.name, document, after), tuple[str, ...]()
    # The reason first: a crash in between leaves a reason without its file, which the next try uses again.
    _write_reason(failed_fd, durable.shortened(name, ERROR_ENDING), reason)
    try:
        if after is not After.KEEP:
            lost = source.move(name, failed_fd)
        elif not _is_copy(failed_fd, name, document):
            lost = source.copy(name, failed_fd)
    except SourceChangedError:
        durable.unlink_if_there(durable.shortened(name, ERROR_ENDING), failed_fd)
        raise
    os.fsync(failed_fd)
    os.fsync(source.folder_fd)
    return lost


def _write_reason(fd: int, name: str, reason: bytes) -> None:
    """Over a reason that markerd wrote, else to a name that is free. Raises FileExistsError."""
    if read_reason(fd, name) is not None:
        durable.write_file_at(fd, name, reason)
    else:
        durable.write_new_file(fd, name, reason)


def _reserved_name(fd: int, name: str, document: Document, after: After) -> str:
    """The first name that is free, with a free one for the reason beside it.

    A copy of this very document, made before a crash, counts as free (of a source that is kept, or on its way to
    another file system); so does a reason of markerd's whose document is gone.
    """
    taken = set(os.listdir(fd))
    return next(
        candidate
        for candidate in durable.numbered(name)
        if (candidate not in taken or _is_begun(fd, candidate, document, after))
        and _is_free_for_reason(fd, durable.shortened(candidate, ERROR_ENDING), taken)
    )


def _is_begun(fd: int, name: str, document: Document, after: After) -> bool:
    if not _is_copy(fd, name, document):
        return False
    # Its reason was written for this arrival, not for an earlier one with the same time and size.
    reason = read_reason(fd, durable.shortened(name, ERROR_ENDING))
    return after is After.KEEP or (reason is not None and _whose(document).items() <= reason.items())


def _is_free_for_reason(fd: int, name: str, taken: Collection[str]) -> bool:
    """Not where a document or a file of somebody else's has that name."""
    is_document = durable.shortened(name, ERROR_ENDING) in taken
    return name not in taken or (not is_document and read_reason(fd, name) is not None)


def read_reason(fd: int, name: str) -> dict[str, Any] | None:
    """What a reason that markerd wrote says; None where there is none, or something else has the name."""
    try:
        content = parse_json(read_file(name, _REASON_MAX_BYTES, fd))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.keys() >= _REASON_KEYS else None


def _whose(document: Document) -> dict[str, Any]:
    return {
        "document": printable(document.path),
        "folder": printable(document.folder),
        "first_seen": _iso(document.seen_at),
    }


def _is_dead_letter(name: str, taken: set[str]) -> bool:
    return name in taken and durable.shortened(name, ERROR_ENDING) in taken


def _is_copy(fd: int, name: str, document: Document) -> bool:
    try:
        there = Fingerprint.of(os.stat(name, dir_fd=fd, follow_symlinks=False))
    except FileNotFoundError:
        return False
    return (there.size, there.mtime_ns) == (document.fingerprint.size, document.fingerprint.mtime_ns)


def reason_to_leave_out(document: Document) -> str | None:
    """Why a source that waited cannot settle again; None where it can, or where nobody can tell just now.

    Only in a hot folder that is there itself has a missing file been removed: the folder may be unmounted.
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

    But for the paths in `owed`: of those it is known that they are to be removed. Raises OSError.
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


def _reason(document: Document, outcome: Outcome, attempts: list[Outcome]) -> bytes:
    kind = outcome.kind or "conversion"
    content: dict[str, Any] = {
        "schema": 1,
        **_whose(document),
        "kind": kind,
        "message": outcome.reason,
        "what_to_do": advice(kind),
        "attempts": document.attempts,
        "size": document.fingerprint.size,
        "sha256": document.sha256,
        **({"details": dict(outcome.details)} if outcome.details else {}),
        "history": [{"at": _iso(a.at), "attempt": a.attempt, "kind": a.kind, "message": a.reason} for a in attempts],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _iso(seconds: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def _not_moved(error: OSError, document: Document, root: Path | None) -> MarkerdError:
    """`root`: the archive or `failed`; None where the source was to be deleted, or looked at."""
    if error.errno in NO_ROOM and root is not None:
        return StorageError(f"no room in {root}: {error.strerror}", root, document.fingerprint.size)
    return _untouched(error, document, root)


def _untouched(error: OSError, document: Document, root: Path | None) -> SourceMoveError:
    if isinstance(error, PermissionError):
        target = root and root.joinpath(*PurePath(document.path).parent.parts)
        return SourceMoveError(refusal_to_move(document.source, target))
    return SourceMoveError(f"{root or document.source}: {error.strerror or error}")
