"""The processors that complete a record and make it harmless, whoever logged it. Each takes and returns the record."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from markerd.logs import event_catalog
from markerd.values import make_harmless

Record = MutableMapping[str, Any]
_MULTILINE_FIELDS = frozenset({"exception"})


def adopt_library_record(_logger: Any, _method: str, record: Record) -> Record:
    """Turn what a library logged into an event of its own."""
    source: logging.LogRecord = record["_record"]
    return {**record, "event": "log.library", "logger": source.name, "text": str(record.get("event", ""))}


def complete_record(_logger: Any, _method: str, record: Record) -> Record:
    """Add the schema and the event's sentence."""
    record["schema"] = event_catalog.SCHEMA
    fields = {key: value for key, value in record.items() if not key.startswith("_")}
    record.setdefault("message", event_catalog.fill_text(record["event"], fields))
    return record


def neutralise_record(_logger: Any, _method: str, record: Record) -> Record:
    """Escape what could forge or break a line: control characters, terminal sequences, lone surrogates."""
    return {
        key: value if key.startswith("_") else _neutralise_value(value, keep_lines=key in _MULTILINE_FIELDS)
        for key, value in record.items()
    }


def _neutralise_value(value: Any, *, keep_lines: bool = False) -> Any:
    if isinstance(value, str):
        return make_harmless(value, keep_lines=keep_lines)
    if isinstance(value, os.PathLike):
        return _neutralise_value(os.fspath(value))
    if isinstance(value, Mapping):
        return {_neutralise_value(str(key)): _neutralise_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_neutralise_value(item) for item in value]
    return value


SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    complete_record,
    neutralise_record,
]
