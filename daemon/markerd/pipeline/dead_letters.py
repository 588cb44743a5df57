"""Dead letters: documents that markerd gave up on, moved to the folder `failed` with the reason beside each.

Every function here may run twice on the same document, because a crash can fall between the deed and its record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from datetime import datetime, timezone
from pathlib import PurePath
from typing import Any

from markerd.errors import SourceChangedError
from markerd.files import durable
from markerd.files.untrusted import parse_json, read_file
from markerd.journal import Document, Outcome
from markerd.pipeline.folder_plan import Places
from markerd.pipeline.held_source import HeldSource
from markerd.pipeline.source_files import explain_not_moved, hold_source
from markerd.values import After, Fingerprint, make_printable, number_names, shorten_name

ERROR_ENDING = ".error.json"

_REASON_MAX_BYTES = 16 << 20
"""More than attempts and messages ever fill. A longer file is not a reason of ours."""
_REASON_KEYS = frozenset({"schema", "document", "folder", "first_seen", "kind", "message", "what_to_do", "attempts"})

ADVICE = {
    "encrypted": "Remove the password and drop the document again.",
    "unreadable": "The file is damaged or of a kind that Marker cannot read. Repair or export it, then drop it again.",
    "too_large": "Split the document, or raise converter.max_file_mb, then run `markerd retry`.",
    "unpacks_too_large": "Check where it comes from, because small files that unpack to very much are often made to do "
    "harm. If you trust it, raise converter.max_unpacked_mb if the message names it, or export the document again. "
    "Then run `markerd retry`.",
    "too_many_pages": "Split the document, or raise converter.max_pages, then run `markerd retry`.",
    "too_many_parts": "Split the document, or export it with fewer parts, and drop it again.",
    "page_too_large": "Give the page a smaller size, at most 200 inches (5 m) a side, and drop the document again.",
    "nested_too_deep": "Export the document again, with fewer elements within one another, and drop it again.",
    "not_for_converter": 'Drop it into a folder with converter = "pdf", which reads Office and web documents too.',
    "no_pages": "The document has no pages; nothing can be converted.",
    "timeout": "Raise converter.timeout_s or timeout_per_page_s, then run `markerd retry`.",
    "actor_lost": "The actor of the cluster that had it, or its node, was lost each time. Look at the cluster, then "
    "run `markerd retry`.",
    "converter_died": "The converter was killed or crashed on it, often because memory ran out. Free memory or lower "
    "converter.part_pages, then run `markerd retry`.",
    "memory": "Raise converter.max_rss_mb if the machine has more memory, or lower converter.part_pages; then run "
    "`markerd retry`.",
    "disk_full": "Make room on the disk, then run `markerd retry`.",
    "permission": "Give the user that markerd runs as the permission that the message names, then run `markerd retry`.",
    "profile": "Correct or remove the profile that the message names, a file in the hot folder, then run "
    "`markerd retry`.",
    "publish": "Move away what the message names, then run `markerd retry`.",
    "conversion": "A fault in the code stopped it, and will stop it again. Please report it with `details`, and with "
    "the document if you may share it. A new export of the document may work; after an update, run `markerd retry`.",
    "model_missing": "Its pages have no usable text, and no vision model is set up that could read them: set "
    'surya.vlm, or models = "embedded", then run `markerd retry`.',
    "model_away": "A model left again and again while it worked on this document. The log has what its server printed "
    "(`server.died`), or whether surya.max_rss_mb ended it. Then run `markerd retry`.",
    "model_answer": "A model had no answer to it, although it answers. Look into the log for what its server printed; "
    "another version of the model, or a new scan, may work. Then run `markerd retry`.",
    "text_missing": "Its text did not reach the output. Please report it; a new export of the document may work.",
}


_GENERAL_ADVICE = "Marker could not convert it. See the message; after a remedy run `markerd retry`."


def find_advice(kind: str) -> str:
    """Say what to do about a dead letter of that kind."""
    return ADVICE.get(kind, _GENERAL_ADVICE)


def bury(
    document: Document, places: Places, outcome: Outcome, attempts: list[Outcome], *, may_lease: bool = True
) -> tuple[str, ...]:
    """Move a dead letter to `failed`, with its reason beside it; with `after = keep` it is copied.

    Returns and raises what `settle_published` does.
    """
    try:
        with (
            hold_source(document, may_lease=may_lease) as source,
            durable.open_folder(places.failed, *PurePath(document.path).parent.parts) as failed_fd,
        ):
            if source is None:
                return ()
            return _bury(source, failed_fd, document, places.after, _build_reason(document, outcome, attempts))
    except OSError as error:
        raise explain_not_moved(error, document, places.failed) from error


def _bury(source: HeldSource, failed_fd: int, document: Document, after: After, reason: bytes) -> tuple[str, ...]:
    name, lost = _reserve_name(failed_fd, source.name, document, after), tuple[str, ...]()
    # The reason first: a crash in between leaves a reason without its file, which the next try uses again.
    _write_reason(failed_fd, shorten_name(name, ERROR_ENDING), reason)
    try:
        if after is not After.KEEP:
            lost = source.move(name, failed_fd)
        elif not _is_copy(failed_fd, name, document):
            lost = source.copy(name, failed_fd)
    except SourceChangedError:
        durable.unlink_if_there(shorten_name(name, ERROR_ENDING), failed_fd)
        raise
    os.fsync(failed_fd)
    os.fsync(source.folder_fd)
    return lost


def _write_reason(fd: int, name: str, reason: bytes) -> None:
    """Replace a reason that markerd wrote, or write to a name that is free. Raises FileExistsError."""
    if read_reason(fd, name) is not None:
        durable.write_file_at(fd, name, reason)
    else:
        durable.write_new_file(fd, name, reason)


def _reserve_name(fd: int, name: str, document: Document, after: After) -> str:
    """Find the first name that is free, with a free name for the reason beside it.

    A copy of this very document that was made before a crash counts as free, be it of a source that is kept or on its
    way to another file system. So does a reason of markerd's whose document is gone.
    """
    taken = set(os.listdir(fd))
    return next(
        candidate
        for candidate in number_names(name)
        if (candidate not in taken or _is_begun(fd, candidate, document, after))
        and _is_free_for_reason(fd, shorten_name(candidate, ERROR_ENDING), taken)
    )


def _is_begun(fd: int, name: str, document: Document, after: After) -> bool:
    if not _is_copy(fd, name, document):
        return False
    # Its reason was written for this arrival, not for an earlier one with the same time and size.
    reason = read_reason(fd, shorten_name(name, ERROR_ENDING))
    return after is After.KEEP or (reason is not None and _identify(document).items() <= reason.items())


def _is_free_for_reason(fd: int, name: str, taken: Collection[str]) -> bool:
    """Whether neither a document nor a file of somebody else's has that name."""
    is_document = shorten_name(name, ERROR_ENDING) in taken
    return name not in taken or (not is_document and read_reason(fd, name) is not None)


def read_reason(fd: int, name: str) -> dict[str, Any] | None:
    """Read a reason that markerd wrote; None where there is none, or something else has the name."""
    try:
        content = parse_json(read_file(name, _REASON_MAX_BYTES, fd))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.keys() >= _REASON_KEYS else None


def _identify(document: Document) -> dict[str, Any]:
    return {
        "document": make_printable(document.path),
        "folder": make_printable(document.folder),
        "first_seen": _format_time(document.seen_at),
    }


def _is_copy(fd: int, name: str, document: Document) -> bool:
    try:
        there = Fingerprint.of(os.stat(name, dir_fd=fd, follow_symlinks=False))
    except FileNotFoundError:
        return False
    return (there.size, there.mtime_ns) == (document.fingerprint.size, document.fingerprint.mtime_ns)


def _build_reason(document: Document, outcome: Outcome, attempts: list[Outcome]) -> bytes:
    kind = outcome.kind or "conversion"
    content: dict[str, Any] = {
        "schema": 1,
        **_identify(document),
        "kind": kind,
        "message": outcome.reason,
        "what_to_do": find_advice(kind),
        "attempts": document.attempts,
        "size": document.fingerprint.size,
        "sha256": document.sha256,
        **({"details": dict(outcome.details)} if outcome.details else {}),
        "history": [
            {"at": _format_time(a.at), "attempt": a.attempt, "kind": a.kind, "message": a.reason} for a in attempts
        ],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _format_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
