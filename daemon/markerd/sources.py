"""What becomes of a source: archived, kept or deleted once its output is published; moved to `failed` when given up.

Every function here may run twice on the same document, for a crash can fall between the deed and its record.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from markerd import durable
from markerd.errors import EXIT_BUG, NO_ROOM, MarkerdError, StorageError
from markerd.journal import Document, Outcome
from markerd.values import After, Fingerprint, printable

ERROR_ENDING = ".error.json"

ADVICE = {
    "encrypted": "Remove the password and drop the document again.",
    "unreadable": "The file is damaged or of a kind that Marker cannot read. Repair or export it, then drop it again.",
    "too_large": "Split the document, or raise converter.max_file_mb, then run `markerd retry`.",
    "unpacks_too_large": "Look where it comes from: small files that unpack to a great deal are made to do harm. If it "
    "is to be trusted, raise converter.max_unpacked_mb where the message names it, or export the document anew; then "
    "run `markerd retry`.",
    "too_many_pages": "Split the document, or raise converter.max_pages, then run `markerd retry`.",
    "page_too_large": "Give the page a smaller size, at most 200 inches (5 m) a side, and drop the document again.",
    "nested_too_deep": "Export the document anew, with fewer elements within one another, and drop it again.",
    "no_pages": "The document has no pages; nothing can be converted.",
    "timeout": "Raise converter.timeout_s or timeout_per_page_s, then run `markerd retry`.",
    "converter_died": "The converter was killed or crashed on it, often for want of memory. Free memory or lower "
    "converter.chunk_pages, then run `markerd retry`.",
    "memory": "Raise converter.max_rss_mb where the machine has more memory, or lower converter.chunk_pages; then run "
    "`markerd retry`.",
    "disk_full": "Make room on the disk, then run `markerd retry`.",
    "publish": "Look at the permissions of the output folder, then run `markerd retry`.",
    "conversion": "Marker could not convert it. See the message; after a remedy run `markerd retry`.",
}


class SourceMoveError(MarkerdError):
    """The source could not be moved or deleted now; it is tried again at every reconcile."""

    exit_code = EXIT_BUG


@dataclass(frozen=True)
class Places:
    """Where sources of one hot folder go."""

    archive: Path
    failed: Path
    after: After


def settle_published(document: Document, places: Places) -> None:
    """Apply the policy to a source whose content is published. Raises SourceMoveError, StorageError.

    A source that changed since it was staged is left alone: it is a new arrival.
    """
    if places.after is After.KEEP or not _is_same(document):
        return
    try:
        if places.after is After.DELETE:
            document.source.unlink()
            return
    except OSError as error:
        raise _untouched(error, document.source) from error
    relative = PurePath(document.path)
    hot, parts = Path(document.folder), relative.parent.parts
    try:
        durable.move_to_free_name(hot, places.archive, *parts, name=relative.name)
    except OSError as error:
        raise _not_moved(error, document, places.archive) from error


def bury(document: Document, places: Places, outcome: Outcome, attempts: list[Outcome]) -> None:
    """Move a dead letter to `failed`, its reason beside it; `after = keep` copies it.

    Raises SourceMoveError; StorageError where there is no room.
    """
    if not _is_same(document):
        return
    relative = PurePath(document.path)
    parts = relative.parent.parts
    try:
        with durable.open_folder(places.failed, *parts) as fd:
            name = _reserved_name(fd, relative.name, document, places.after)
        reason = _reason(document, outcome, attempts)
        # The reason first: a crash in between leaves a reason without its file, which the next try uses again.
        durable.write_file(places.failed.joinpath(*parts), durable.shortened(name, ERROR_ENDING), reason)
        _move_or_copy(document, places, parts, name)
    except OSError as error:
        raise _not_moved(error, document, places.failed) from error


def _move_or_copy(document: Document, places: Places, parts: tuple[str, ...], name: str) -> None:
    source = document.source
    with (
        durable.open_folder(Path(document.folder), *parts, create=False) as source_fd,
        durable.open_folder(places.failed, *parts) as target_fd,
    ):
        if places.after is After.KEEP:
            if _is_copy(target_fd, name, document):
                return
            durable.copy_to_free_name(source.name, source_fd, name, target_fd)
        else:
            durable.move(source.name, source_fd, name, target_fd)
        os.fsync(target_fd)
        os.fsync(source_fd)


def _reserved_name(fd: int, name: str, document: Document, after: After) -> str:
    """The first name under which no dead letter lies; a copy of this very document, made before a crash, counts as
    free: of a source that is kept, or on its way to another file system."""
    taken = set(os.listdir(fd))
    return next(
        candidate
        for candidate in durable.numbered(name)
        if (candidate not in taken or _is_begun(fd, candidate, document, after))
        and not _is_dead_letter(durable.shortened(candidate, ERROR_ENDING), taken)
    )


def _is_begun(fd: int, name: str, document: Document, after: After) -> bool:
    if not _is_copy(fd, name, document):
        return False
    return after is After.KEEP or _is_its_reason(fd, durable.shortened(name, ERROR_ENDING), document)


def _is_its_reason(fd: int, name: str, document: Document) -> bool:
    """Whether it was written for this arrival of the document, not for an earlier one with the same time and size."""
    try:
        with open(name, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, dir_fd=fd)) as file:
            content = json.load(file)
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and _whose(document).items() <= content.items()


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


def sweep(document: Document, places: Places) -> None:
    """Remove what a move to another file system, or a reason half written, left behind in a crash."""
    for root in (places.archive, places.failed):
        durable.sweep(root, *PurePath(document.path).parent.parts)


def _is_same(document: Document) -> bool:
    try:
        return document.fingerprint.matches(Fingerprint.of(os.lstat(document.source)))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _untouched(error, document.source) from error


def _reason(document: Document, outcome: Outcome, attempts: list[Outcome]) -> bytes:
    kind = outcome.kind or "conversion"
    content: dict[str, Any] = {
        "schema": 1,
        **_whose(document),
        "kind": kind,
        "message": outcome.reason,
        "what_to_do": ADVICE.get(kind, ADVICE["conversion"]),
        "attempts": document.attempts,
        "size": document.fingerprint.size,
        "sha256": document.sha256,
        "history": [{"at": _iso(a.at), "attempt": a.attempt, "kind": a.kind, "message": a.reason} for a in attempts],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _iso(seconds: float) -> str:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")


def _not_moved(error: OSError, document: Document, target: Path) -> MarkerdError:
    if error.errno in NO_ROOM:
        return StorageError(f"no room in {target}: {error.strerror}", target, document.fingerprint.size)
    return _untouched(error, target)


def _untouched(error: OSError, target: Path) -> SourceMoveError:
    return SourceMoveError(f"{target}: {error.strerror or error}")
