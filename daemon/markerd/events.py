"""The vocabulary of the log: every event's stable name, its text and its fields.

Names and fields are part of the public interface (the README's table is checked against this one). The texts of
`models.ready`, `document.converting` and `document.published` are fixed as well.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA = 1


@dataclass(frozen=True)
class EventType:
    """One event: a text with its fields in braces, and what the fields are."""

    text: str
    fields: tuple[str, ...] = ()


EVENTS: dict[str, EventType] = {
    "daemon.started": EventType(
        "markerd {version} is running, configuration {config}", ("version", "config", "folders", "pid")
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
    "document.progress": EventType("{document}: {pages} pages", ("folder", "document", "pages")),
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
    "queue.full": EventType("The queue is full; the rest waits in the folder", ("queue_size",)),
    "reconcile.done": EventType("Looked through {folder}", ("folder", "files", "news", "refused", "seconds")),
    "cleanup.done": EventType(
        "Cleaned up: {semaphores_after} semaphores, {children_after} children",
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
    "converter.died": EventType("The converter ended: {reason}", ("converter_pid", "reason", "last_output")),
    "converter.recycled": EventType("The converter is replaced: {reason}", ("reason", "documents", "rss_mb")),
    "converter.output": EventType("{line}", ("line",)),
    "config.reloaded": EventType("Configuration reloaded from {config}", ("config", "restart_needed")),
    "config.rejected": EventType(
        "The new configuration is wrong, the old one stays: {problems}", ("config", "problems")
    ),
    "log.library": EventType("{text}", ("logger", "text")),
}


def text_of(event: str, fields: dict[str, object]) -> str:
    """The event's sentence with its fields filled in; a field that is missing shows as `?`."""
    event_type = EVENTS.get(event)
    return event_type.text.format_map(_Lenient(fields)) if event_type else event


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
