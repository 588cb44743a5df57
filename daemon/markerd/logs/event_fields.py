"""The fields of the log's events. A name means the same in every event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FieldType(str, Enum):
    """The type of a field, in the words of JSON."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "array of strings"
    OBJECT = "object"


@dataclass(frozen=True)
class Field:
    """One field. Its name means the same in every event."""

    type: FieldType
    meaning: str
    is_nullable: bool = False


_S, _I, _N = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER


def _define_before_and_after(name: str, kind: FieldType, meaning: str) -> dict[str, Field]:
    return {f"{name}_{when}": Field(kind, f"{meaning} {when} the cleanup") for when in ("before", "after")}


FIELDS: dict[str, Field] = {
    "actor": Field(_I, "number of an actor on the cluster, from 0; the events of its converter have it too"),
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
    "deliveries": Field(_I, "events that a hook was to be told"),
    "delivery": Field(_S, "key of a delivery, the same at each attempt; webhook-id and MARKERD_KEY have it"),
    "document": Field(_S, "path below the hot folder, control and undecodable bytes escaped"),
    "documents": Field(_I, "documents that this converter has had"),
    "fetches": Field(_I, "how often the document wanted something from the network or the disk"),
    "failures": Field(_I, "requests that brought nothing"),
    "files": Field(_I, "files that lie there"),
    "folder": Field(_S, "path of the hot folder"),
    "folders": Field(FieldType.STRINGS, "paths of the hot folders"),
    "hook": Field(_S, "name of a hook of the folder"),
    "images": Field(_I, "image files published"),
    "is_recovered": Field(FieldType.BOOLEAN, "found published after a crash; then durations and sizes are missing"),
    "key": Field(_S, "a configuration key, or the variable that overrides it"),
    "kind": Field(
        _S, "class of the failure: unreadable, encrypted, timeout, memory, converter_died, disk_full, publish, …"
    ),
    "landlock_abi": Field(_I, "the kernel's version of Landlock; 0 where there is none, or it is not asked"),
    "last_output": Field(
        FieldType.STRINGS, "the last lines that the converter, the model server or the program of a hook printed"
    ),
    "line": Field(_S, "what the converter, a model server, or the driver of a cluster printed"),
    "journal": Field(_S, "path of the journal"),
    "log_file": Field(_S, "path of the log file"),
    "logger": Field(_S, "name of the library's logger"),
    "lost": Field(FieldType.STRINGS, "owner, group, or the name of an extended attribute"),
    "missing_pages": Field(FieldType.STRINGS, "numbers of pages, from 1, such as 2 or 5-9"),
    "model": Field(_S, "checkpoint of a model, as its server names it"),
    "model_set": Field(_S, "embedded or surya"),
    "moved_to": Field(_S, "path of the damaged journal"),
    "news": Field(_I, "files not seen before"),
    "node": Field(_S, "name of the machine of the cluster on which the actor is"),
    "observer": Field(_S, "native or polling"),
    "oldest_waiting_seconds": Field(_N, "age of the oldest document that waits; 0 where none does"),
    "occasion": Field(_S, "what a hook is told of: published, dead, skipped or source_removed"),
    "old": Field(_S, "the name that a configuration key, or its variable, had in an earlier version"),
    "outcome": Field(_S, "converted, part, or the kind of the failure"),
    "output": Field(_S, "path of the output folder"),
    "page": Field(_I, "number of the page, from 1"),
    "pages": Field(_I, "pages of the document"),
    "pages_done": Field(_I, "pages of it that are converted and kept"),
    "paused_folders": Field(_I, "hot folders that cannot be used now"),
    "pid": Field(_I, "process id of the daemon"),
    "place": Field(_S, "path of an archive or a folder of dead letters"),
    "point": Field(_S, "when the cleanup ran, such as after_success"),
    "problems": Field(FieldType.STRINGS, "one line for each fault, with its key"),
    "processes": Field(FieldType.STRINGS, "processes that the document left"),
    "publish_seconds": Field(_N, "writing, hashing and renaming the output"),
    "published": Field(_I, "documents published since the journal began"),
    "queue_size": Field(_I, "documents that the queue holds"),
    "queued": Field(_I, "documents in the queue"),
    "reader": Field(_S, "who read the page in place of the rules for the layout: liteparse or text layer"),
    "port": Field(_I, "TCP port on the loopback"),
    "reason": Field(_S, "why, in words"),
    "refused": Field(_I, "entries that are no regular files"),
    "removed": Field(FieldType.STRINGS, "names of the semaphores removed"),
    "removed_bytes": Field(_I, "size of the documents that were removed because they were old"),
    "removed_documents": Field(_I, "how many these were"),
    "requests": Field(_I, "how often an LLM service was asked for the document"),
    "restart_needed": Field(FieldType.STRINGS, "keys that change with a restart only"),
    "retry_in_s": Field(_N, "seconds until the next attempt"),
    "rss_mb": Field(_N, "memory of the converter with its children, in megabytes", is_nullable=True),
    "service": Field(_S, "the LLM service, as llm.service of the configuration"),
    "server": Field(_S, "what a model server is for: layout, OCR error or vision"),
    "server_pid": Field(_I, "process of a model server"),
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
    "until": Field(_S, "when quiet hours end, as in timestamp"),
    "urls": Field(FieldType.STRINGS, "the first ten addresses that it named, each once, cut at 200 characters"),
    "version": Field(_S, "version of markerd"),
    "versions": Field(FieldType.OBJECT, "library to version"),
    "waited": Field(_I, "documents that waited"),
    "waited_seconds": Field(_N, "from the first sight of the document to now"),
    "waiting": Field(_I, "documents seen and not finished"),
    "where": Field(_S, "place in the code of the fault that cost the page its structure; empty without a fault"),
    "worst_coverage": Field(
        _N, "least share, 0 to 1, of a page's words that is in its output; null without a text layer", is_nullable=True
    ),
    "worst_page": Field(_I, "number of the page, from 1, with that share", is_nullable=True),
    **_define_before_and_after("semaphores", _I, "named semaphores"),
    **_define_before_and_after("children", _I, "child processes"),
    **_define_before_and_after("threads", _I, "threads"),
    **_define_before_and_after("file_descriptors", _I, "open file descriptors"),
    **_define_before_and_after("temp_files", _I, "temporary files"),
    **_define_before_and_after("rss_mb", _N, "resident megabytes"),
}
"""Every field of the events of `event_catalog`. An integer of -1 stands for what the platform cannot tell."""
