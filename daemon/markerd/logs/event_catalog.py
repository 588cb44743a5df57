"""The vocabulary of the log: every event's stable name, its text and the names of its fields.

Names and fields are part of the public interface. The reference and the JSON Schema are generated from this module and
from `event_fields`. The texts of `models.ready`, `document.converting` and `document.published` are fixed as well.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from markerd.values import count_with_noun, make_plural

SCHEMA = 1

_MESSAGE_IDS = uuid.UUID("7c1a4a0e-6b0f-4c0c-9d0a-0d6f0f5f8a11")
"""The name space of the message ids. It never changes, because old journals and filters refer to the ids."""


def derive_message_id(event: str) -> str:
    """Return the journal's MESSAGE_ID of an event: 32 hexadecimal digits that stay (systemd.journal-fields(7))."""
    return uuid.uuid5(_MESSAGE_IDS, event).hex


@dataclass(frozen=True)
class EventType:
    """One event: a text with its fields in braces, and the names of all its fields.

    `{pages:page}` stands for a count with its noun.
    """

    text: str
    fields: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """The text as the documentation shows it, with counted nouns in the plural: `{pages} pages`."""
        return _COUNTED.sub(lambda match: f"{{{match[1]}}} {make_plural(match[2])}", self.text)


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
    "document.attachment_failed": EventType(
        "{document} has an attachment that is not converted: {attachment}: {reason}",
        ("document", "attachment", "reason"),
    ),
    "document.pictures_left_out": EventType(
        "{document} holds several pictures, of which only the first is read", ("document",)
    ),
    "document.text_missing": EventType(
        "{document} lacks text on pages {missing_pages}: {reason}", ("document", "missing_pages", "reason")
    ),
    "document.llm_failed": EventType(
        "{document}: {failures} of {requests:request} to {service} failed, and the text stays as it was read: {reason}",
        ("document", "service", "requests", "failures", "reason"),
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
    "document.source_removed": EventType(
        "The source of {document} is gone, and its output: {reason}", ("folder", "document", "output", "reason")
    ),
    "output.kept": EventType(
        "The output of {document}, whose source is gone, stays for now: {reason}", ("folder", "document", "reason")
    ),
    "folder.sources_away": EventType(
        "No converted source is left in {folder}: it may be away, and no output is removed", ("folder", "missing")
    ),
    "retention.done": EventType(
        "Removed {removed_documents} old documents from {place}", ("place", "removed_bytes", "removed_documents")
    ),
    "source.kept": EventType(
        "The source of {document} could not be moved yet: {reason}", ("folder", "document", "reason")
    ),
    "source.changed": EventType(
        "The source of {document} is converted again, for {reason}", ("folder", "document", "reason")
    ),
    "source.attributes_lost": EventType(
        "The copy of {document} on another file system could not keep: {lost}", ("folder", "document", "lost")
    ),
    "command.converting": EventType("Converting for a command: {document}", ("document",)),
    "command.done": EventType("Done for a command: {document} ({outcome})", ("document", "outcome")),
    "lending.unavailable": EventType("No command can use the converters of this daemon: {reason}", ("reason",)),
    "queue.full": EventType("The queue is full; the rest waits in the folder", ("queue_size",)),
    "quiet.began": EventType("Quiet hours: no conversion begins until {until}", ("until",)),
    "quiet.ended": EventType("The quiet hours are over", ()),
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
    "cluster.away": EventType("The cluster cannot be used now, documents wait: {reason}", ("reason",)),
    "cluster.back": EventType("The cluster is back after {seconds} s", ("seconds",)),
    "cluster.actor_lost": EventType("Actor {actor} of the cluster was lost: {reason}", ("actor", "node", "reason")),
    "cluster.output": EventType("{line}", ("line",)),
    "server.ready": EventType(
        "The model server for {server} is ready: {model}", ("server", "server_pid", "port", "model", "seconds")
    ),
    "server.died": EventType(
        "The model server for {server} ended: {reason}", ("server", "server_pid", "reason", "last_output")
    ),
    "server.recycled": EventType("The model server for {server} is started anew: {reason}", ("server", "reason")),
    "server.leftover": EventType(
        "A model server for {server} was left by an earlier run and is ended", ("server", "server_pid")
    ),
    "relay.failed": EventType("The service for {model} did not answer: {reason}", ("model", "reason")),
    "model.away": EventType("Documents wait for the model {model}: {reason}", ("model", "reason")),
    "model.back": EventType(
        "The model {model} can be reached again; {waited:document} waited for it", ("model", "waited")
    ),
    "server.output": EventType("{line}", ("server", "line")),
    "spool.renewed": EventType("The spool {spool} was removed; it is made anew, and the converter too", ("spool",)),
    "journal.replaced": EventType(
        "The journal was damaged and lies at {moved_to} now; a new one is begun: {reason}",
        ("moved_to", "reason", "deliveries"),
    ),
    "journal.restored": EventType(
        "The journal {journal} was written anew, with all it held: {reason}", ("journal", "reason")
    ),
    "journal.lost": EventType(
        "The journal {journal} is gone, and is tried to be written anew: {reason}", ("journal", "reason")
    ),
    "hook.delivered": EventType(
        "{hook} was told of {document}: {occasion}",
        ("folder", "document", "hook", "occasion", "delivery", "attempt", "waited_seconds"),
    ),
    "hook.failed": EventType(
        "{hook} could not be told of {document}: {reason}",
        ("folder", "document", "hook", "occasion", "delivery", "attempt", "reason", "retry_in_s", "last_output"),
    ),
    "hook.gave_up": EventType(
        "Gave up telling {hook} of {document}: {reason}",
        ("folder", "document", "hook", "occasion", "delivery", "attempt", "reason", "last_output"),
    ),
    "hook.away": EventType("{hook} of {folder} counts as away: {reason}", ("folder", "hook", "reason")),
    "hook.back": EventType("{hook} of {folder} takes deliveries again", ("folder", "hook")),
    "hook.disabled": EventType("{hook} of {folder} is told nothing more: {reason}", ("folder", "hook", "reason")),
    "hook.set_aside": EventType(
        "{deliveries:delivery} for {hook} of {folder} set aside: {reason}", ("folder", "hook", "deliveries", "reason")
    ),
    "config.reloaded": EventType("Configuration reloaded from {config}", ("config", "restart_needed")),
    "config.rejected": EventType(
        "The new configuration is wrong, the old one stays: {problems}", ("config", "problems")
    ),
    "config.renamed_key": EventType(
        "{config}: {old} is the old name of {key}, and is read as that", ("config", "old", "key")
    ),
    "http.listening": EventType("Status page and metrics at http://{address}/", ("address",)),
    "log.file_lost": EventType(
        "The log file {log_file} cannot be written: {reason}; standard error has the log now", ("log_file", "reason")
    ),
    "log.file_back": EventType("The log file {log_file} can be written again", ("log_file",)),
    "log.library": EventType("{text}", ("logger", "text")),
}


def fill_text(event: str, fields: dict[str, object]) -> str:
    """Return the event's sentence with its fields filled in. A field that is missing shows as `?`."""
    event_type = EVENTS.get(event)
    return event_type.text.format_map(_Lenient(fields)) if event_type else event


class _Lenient(dict[str, object]):
    def __getitem__(self, key: str) -> _Shown:
        return _Shown(self.get(key, "?"))


@dataclass(frozen=True)
class _Shown:
    """The value of a field in a text. If a noun follows the colon, it agrees with the value."""

    value: object

    def __format__(self, noun: str) -> str:
        if not noun:
            return str(self.value)
        return count_with_noun(self.value, noun) if isinstance(self.value, int) else f"{self.value} {make_plural(noun)}"
