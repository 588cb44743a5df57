"""The vocabulary of the log: every event's stable name, its text and its fields.

Names and fields are part of the public interface; the reference and the JSON Schema are generated from this module.
The texts of `models.ready`, `document.converting` and `document.published` are fixed as well.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from enum import Enum

from markerd.values import counted, plural

SCHEMA = 1

_MESSAGE_IDS = uuid.UUID("7c1a4a0e-6b0f-4c0c-9d0a-0d6f0f5f8a11")
"""The name space of the message ids: it never changes, for journals and filters of years refer to them."""


def message_id(event: str) -> str:
    """The journal's MESSAGE_ID of an event, 32 hexadecimal digits, the same for ever (systemd.journal-fields(7))."""
    return uuid.uuid5(_MESSAGE_IDS, event).hex


class FieldType(str, Enum):
    """What a field holds, in the words of JSON."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "array of strings"
    OBJECT = "object"


@dataclass(frozen=True)
class Field:
    """The same name means the same thing in every event."""

    type: FieldType
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True)
class EventType:
    """One event: a text with its fields in braces, and what the fields are. `{pages:page}` is a count with its noun."""

    text: str
    fields: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The text as documentation shows it, with counted nouns in the plural: `{pages} pages`."""
        return _COUNTED.sub(lambda match: f"{{{match[1]}}} {plural(match[2])}", self.text)


_COUNTED = re.compile(r"{(\w+):([^}]+)}")


EVENTS: dict[str, EventType] = {
    "daemon.started": EventType(
        "markerd {version} is running, configuration {config}", ("version", "config", "folders", "pid")
    ),
    "daemon.ready": EventType("Ready: the folders are watched and the models loaded", ("folders", "seconds")),
    "daemon.heartbeat": EventType(
        "Alive: {state}, {waiting} waiting, {published} published, {dead:dead letter}",
        (
            "state",
            "queued",
            "waiting",
            "oldest_waiting_seconds",
            "published",
            "skipped",
            "dead",
            "paused_folders",
            "semaphores",
            "rss_mb",
        ),
    ),
    "daemon.stopping": EventType("Stopping: {reason}", ("reason",)),
    "daemon.stopped": EventType("Stopped", ("published", "dead", "skipped")),
    "daemon.failed": EventType("The daemon failed: {reason}", ("reason",)),
    "folder.watching": EventType("Watching {folder}", ("folder", "observer", "reason")),
    "folder.paused": EventType("Cannot use {folder} now: {reason}", ("folder", "reason")),
    "folder.resumed": EventType("{folder} is back", ("folder",)),
    "models.ready": EventType(
        "Marker converter initialized with strict single-worker configuration",
        ("model_set", "reason", "versions", "seconds"),
    ),
    "document.seen": EventType("Seen: {document}", ("folder", "document", "size_bytes")),
    "document.refused": EventType("Not a regular file: {document} ({reason})", ("folder", "document", "reason")),
    "document.waiting": EventType("Still waiting for {document}: {reason}", ("folder", "document", "reason")),
    "document.queued": EventType("Queued: {document}", ("folder", "document", "queued")),
    "document.converting": EventType(
        "Starting direct Marker processing for: {document}", ("folder", "document", "attempt", "size_bytes")
    ),
    "document.progress": EventType(
        "{document}: {pages_done} of {pages:page}",
        ("folder", "document", "pages_done", "pages", "seconds_per_page", "seconds_left"),
    ),
    "document.fetch_refused": EventType(
        "{document} wanted {fetches:fetch} from outside, refused: {urls}", ("document", "urls", "fetches")
    ),
    "document.pages_missing": EventType(
        "{document} has pages that are too damaged to be read: {missing_pages}", ("document", "missing_pages")
    ),
    "document.page_degraded": EventType(
        "{document}, page {page}: read by {reader}, without all of its structure: {reason}",
        ("document", "page", "reason", "where", "reader"),
    ),
    "document.text_missing": EventType(
        "{document} lacks text on pages {missing_pages}: {reason}", ("document", "missing_pages", "reason")
    ),
    "document.published": EventType(
        "Marker processing completed for: {document}",
        (
            "folder",
            "document",
            "output",
            "pages",
            "images",
            "attempt",
            "size_bytes",
            "model_set",
            "worst_coverage",
            "worst_page",
            "degraded_pages",
            "is_recovered",
            "seconds",
            "stage_seconds",
            "convert_seconds",
            "publish_seconds",
            "waited_seconds",
        ),
    ),
    "document.skipped": EventType("Skipped {document}: {reason}", ("folder", "document", "reason")),
    "document.failed": EventType(
        "Attempt {attempt} on {document} failed: {reason}",
        ("folder", "document", "kind", "reason", "attempt", "retry_in_s"),
    ),
    "document.dead": EventType(
        "Gave up on {document}: {reason}",
        ("folder", "document", "kind", "reason", "attempts", "seconds", "waited_seconds"),
    ),
    "document.put_back": EventType("Put back: {document}", ("folder", "document", "reason")),
    "source.kept": EventType(
        "The source of {document} could not be moved yet: {reason}", ("folder", "document", "reason")
    ),
    "source.changed": EventType(
        "The source of {document} is converted again, for {reason}", ("folder", "document", "reason")
    ),
    "source.attributes_lost": EventType(
        "The copy of {document} on another file system could not keep: {lost}", ("folder", "document", "lost")
    ),
    "queue.full": EventType("The queue is full; the rest waits in the folder", ("queue_size",)),
    "reconcile.done": EventType("Looked through {folder}", ("folder", "files", "news", "refused", "seconds")),
    "cleanup.done": EventType(
        "Cleaned up: {semaphores_after:semaphore}, {children_after:child}",
        (
            "point",
            "removed",
            "seconds",
            "semaphores_before",
            "semaphores_after",
            "children_before",
            "children_after",
            "threads_before",
            "threads_after",
            "file_descriptors_before",
            "file_descriptors_after",
            "temp_files_before",
            "temp_files_after",
            "rss_mb_before",
            "rss_mb_after",
        ),
    ),
    "cleanup.leftover": EventType("Left over after {document}: {processes}", ("document", "processes")),
    "converter.started": EventType("The converter runs", ("converter_pid",)),
    "converter.confined": EventType(
        "Confinement of the converter: {confinement} ({reason})", ("confinement", "landlock_abi", "reason")
    ),
    "converter.refused_call": EventType(
        "The confined converter was refused the system call {call}, times: {times}", ("converter_pid", "call", "times")
    ),
    "converter.died": EventType("The converter ended: {reason}", ("converter_pid", "reason", "last_output")),
    "converter.recycled": EventType("The converter is replaced: {reason}", ("reason", "documents", "rss_mb")),
    "converter.output": EventType("{line}", ("line",)),
    "spool.renewed": EventType("The spool {spool} was removed; it is made anew, and the converter too", ("spool",)),
    "journal.replaced": EventType(
        "The journal was damaged and lies at {moved_to} now; a new one is begun: {reason}", ("moved_to", "reason")
    ),
    "journal.restored": EventType(
        "The journal {journal} was written anew, with all it held: {reason}", ("journal", "reason")
    ),
    "journal.lost": EventType(
        "The journal {journal} is gone, and is tried to be written anew: {reason}", ("journal", "reason")
    ),
    "config.reloaded": EventType("Configuration reloaded from {config}", ("config", "restart_needed")),
    "config.rejected": EventType(
        "The new configuration is wrong, the old one stays: {problems}", ("config", "problems")
    ),
    "http.listening": EventType("Status page and metrics at http://{address}/", ("address",)),
    "log.file_lost": EventType(
        "The log file {log_file} cannot be written: {reason}; standard error has the log now", ("log_file", "reason")
    ),
    "log.file_back": EventType("The log file {log_file} can be written again", ("log_file",)),
    "log.library": EventType("{text}", ("logger", "text")),
}

_S, _I, _N = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER


def _before_and_after(name: str, kind: FieldType, meaning: str) -> dict[str, Field]:
    return {f"{name}_{when}": Field(kind, f"{meaning} {when} the cleanup") for when in ("before", "after")}


FIELDS: dict[str, Field] = {
    "address": Field(_S, "host and port"),
    "attempt": Field(_I, "number of the attempt, from 1"),
    "attempts": Field(_I, "how many attempts there were"),
    "call": Field(_S, "name of a system call; unknown where its number has none"),
    "config": Field(_S, "path of the configuration file"),
    "confinement": Field(_S, "full, partial or none"),
    "convert_seconds": Field(_N, "from the request to the converter to its answer"),
    "converter_pid": Field(_I, "process id of the converter"),
    "dead": Field(_I, "dead letters since the journal began"),
    "degraded_pages": Field(_I, "pages that a plainer reader read, without all of their structure"),
    "document": Field(_S, "path below the hot folder, control and undecodable bytes escaped"),
    "documents": Field(_I, "documents that this converter has had"),
    "fetches": Field(_I, "how often the document wanted something from the network or the disk"),
    "files": Field(_I, "files that lie there"),
    "folder": Field(_S, "path of the hot folder"),
    "folders": Field(FieldType.STRINGS, "paths of the hot folders"),
    "images": Field(_I, "image files published"),
    "is_recovered": Field(FieldType.BOOLEAN, "found published after a crash; then durations and sizes are missing"),
    "kind": Field(
        _S, "class of the failure: unreadable, encrypted, timeout, memory, converter_died, disk_full, publish, …"
    ),
    "landlock_abi": Field(_I, "the kernel's version of Landlock; 0 where there is none, or it is not asked"),
    "last_output": Field(FieldType.STRINGS, "the last lines that the converter printed"),
    "line": Field(_S, "what the converter printed"),
    "journal": Field(_S, "path of the journal"),
    "log_file": Field(_S, "path of the log file"),
    "logger": Field(_S, "name of the library's logger"),
    "lost": Field(FieldType.STRINGS, "owner, group, or the name of an extended attribute"),
    "missing_pages": Field(FieldType.STRINGS, "numbers of pages, from 1, such as 2 or 5-9"),
    "model_set": Field(_S, "embedded or surya"),
    "moved_to": Field(_S, "path of the damaged journal"),
    "news": Field(_I, "files not seen before"),
    "observer": Field(_S, "native or polling"),
    "oldest_waiting_seconds": Field(_N, "age of the oldest document that waits; 0 where none does"),
    "output": Field(_S, "path of the output folder"),
    "page": Field(_I, "number of the page, from 1"),
    "pages": Field(_I, "pages of the document"),
    "pages_done": Field(_I, "pages of it that are converted and kept"),
    "paused_folders": Field(_I, "hot folders that cannot be used now"),
    "pid": Field(_I, "process id of the daemon"),
    "point": Field(_S, "when the cleanup ran, such as after_success"),
    "problems": Field(FieldType.STRINGS, "one line for each fault, with its key"),
    "processes": Field(FieldType.STRINGS, "processes that the document left"),
    "publish_seconds": Field(_N, "writing, hashing and renaming the output"),
    "published": Field(_I, "documents published since the journal began"),
    "queue_size": Field(_I, "documents that the queue holds"),
    "queued": Field(_I, "documents in the queue"),
    "reader": Field(_S, "who read the page in place of the rules for the layout: liteparse or text layer"),
    "reason": Field(_S, "why, in words"),
    "refused": Field(_I, "entries that are no regular files"),
    "removed": Field(FieldType.STRINGS, "names of the semaphores removed"),
    "restart_needed": Field(FieldType.STRINGS, "keys that change with a restart only"),
    "retry_in_s": Field(_N, "seconds until the next attempt"),
    "rss_mb": Field(_N, "memory of the converter with its children, in megabytes", is_nullable=True),
    "seconds": Field(_N, "how long it took"),
    "seconds_left": Field(_N, "how long the rest of the document will take", is_nullable=True),
    "seconds_per_page": Field(_N, "in this attempt; null until pages were converted in it", is_nullable=True),
    "semaphores": Field(_I, "named semaphores of the converter", is_nullable=True),
    "size_bytes": Field(_I, "size of the document"),
    "skipped": Field(_I, "documents skipped since the journal began"),
    "spool": Field(_S, "path of the spool"),
    "stage_seconds": Field(_N, "copying into the spool"),
    "state": Field(_S, "starting, idle, converting, paused or stopping"),
    "text": Field(_S, "what the library logged"),
    "times": Field(_I, "1 when it happens first; where it goes on, all of them at the converter's end"),
    "urls": Field(FieldType.STRINGS, "the first ten addresses that it named, each once, cut at 200 characters"),
    "version": Field(_S, "version of markerd"),
    "versions": Field(FieldType.OBJECT, "library to version"),
    "waited_seconds": Field(_N, "from the first sight of the document to now"),
    "waiting": Field(_I, "documents seen and not finished"),
    "where": Field(_S, "place in the code of the fault that cost the page its structure; empty without a fault"),
    "worst_coverage": Field(
        _N, "least share, 0 to 1, of a page's words that is in its output; null without a text layer", is_nullable=True
    ),
    "worst_page": Field(_I, "number of the page, from 1, with that share", is_nullable=True),
    **_before_and_after("semaphores", _I, "named semaphores"),
    **_before_and_after("children", _I, "child processes"),
    **_before_and_after("threads", _I, "threads"),
    **_before_and_after("file_descriptors", _I, "open file descriptors"),
    **_before_and_after("temp_files", _I, "temporary files"),
    **_before_and_after("rss_mb", _N, "resident megabytes"),
}
"""Every field of the events above; -1 in an integer stands for what the platform cannot tell."""


def text_of(event: str, fields: dict[str, object]) -> str:
    """The event's sentence with its fields filled in; a field that is missing shows as `?`."""
    event_type = EVENTS.get(event)
    return event_type.text.format_map(_Lenient(fields)) if event_type else event


class _Lenient(dict[str, object]):
    def __getitem__(self, key: str) -> _Shown:
        return _Shown(self.get(key, "?"))


@dataclass(frozen=True)
class _Shown:
    """A field's value in a text; with a noun behind the colon, the noun agrees with it."""

    value: object

    def __format__(self, noun: str) -> str:
        if not noun:
            return str(self.value)
        return counted(self.value, noun) if isinstance(self.value, int) else f"{self.value} {plural(noun)}"
