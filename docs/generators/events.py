"""`reference/events.md` and `config/monitoring/events.schema.json`: the log's vocabulary, from `event_catalog`."""

from __future__ import annotations

import json
from typing import Any

from generators.markdown import codes, document, table
from markerd.logs.event_catalog import EVENTS, SCHEMA, EventType, derive_message_id
from markerd.logs.event_fields import FIELDS, Field, FieldType

LEVELS = ("debug", "info", "warning", "error", "critical")
COMMON: dict[str, tuple[str, dict[str, Any], str]] = {
    "timestamp": (
        "string",
        {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "when, in UTC, as in `2026-11-24T14:13:01.896236Z`",
    ),
    "level": ("string", {"enum": list(LEVELS)}, ", ".join(LEVELS[:-1])),
    "event": ("string", {"type": "string"}, "its stable name"),
    "message": ("string", {"type": "string", "minLength": 1}, "a sentence for people; it may change"),
    "schema": ("integer", {"const": SCHEMA}, f"{SCHEMA}; another number once a field changes its meaning"),
}  # fmt: skip
EXCEPTION = "a traceback, many lines in one string: of a bug, in `daemon.failed`, or of a library, in `log.library`"


def json_type(field: Field) -> dict[str, Any]:
    """The field's type in JSON Schema."""
    if field.type is FieldType.STRINGS:
        return {"type": "array", "items": {"type": "string"}}
    if field.type is FieldType.OBJECT:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    return {"type": [field.type.value, "null"] if field.is_nullable else field.type.value}


def schema() -> dict[str, Any]:
    """Of one record: the fields of all records, and for each event its own, none of which must be there."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One record of markerd's log",
        "description": "This version's events and fields, and no others; later versions may add some.",
        "type": "object",
        "required": list(COMMON),
        "properties": {
            **{name: {**rule, "description": meaning} for name, (_, rule, meaning) in COMMON.items()},
            "exception": {"type": "string", "description": EXCEPTION},
        },
        "oneOf": [_schema_of(name, event) for name, event in EVENTS.items()],
        "unevaluatedProperties": False,
        "$defs": {name: {**json_type(field), "description": field.meaning} for name, field in sorted(FIELDS.items())},
    }


def _schema_of(name: str, event: EventType) -> dict[str, Any]:
    fields = {field: {"$ref": f"#/$defs/{field}"} for field in event.fields}
    return {"title": name, "description": event.pattern, "properties": {"event": {"const": name}, **fields}}


def schema_file() -> str:
    """`config/monitoring/events.schema.json`."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def page() -> str:
    """The page in Markdown."""
    return document(
        "Events", _HEAD, _COMMON_HEAD, _common_table(), _EVENTS_HEAD, _event_table(), _FIELDS_HEAD, _field_table()
    )


_HEAD = """\
Every record of the log is one event with a stable name and typed fields. On a terminal, records are short lines.
Elsewhere they are JSON, one object a line. Under systemd they are fields of the journal (`MARKERD_EVENT=`,
`MARKERD_DOCUMENT=`, … and a fixed `MESSAGE_ID=`) where the extra `journald` is installed, else JSON with priority
prefixes.

[events.schema.json](../../config/monitoring/events.schema.json) says the same as a JSON Schema. Names and fields
stay; later versions may add events and fields, so ignore what you do not know. [Monitoring](../operate/monitoring.md)
shows what to do with the log."""
_COMMON_HEAD = """\
## Every record

File names are escaped, so that no name can forge a line."""
_EVENTS_HEAD = """\
## List of events

`message` of three events is fixed, file names apart: those of `models.ready`, `document.converting` and
`document.published`. The message id is journald's `MESSAGE_ID`, where records go to the journal with their fields."""
_FIELDS_HEAD = """\
## Fields

One name means the same in every event. A field can be missing where there is nothing to say. An integer of -1 stands
for what the platform cannot tell. In the journal the fields are called `MARKERD_` and the name in capitals."""


def _common_table() -> str:
    rows = [(f"`{name}`", kind, meaning) for name, (kind, _, meaning) in COMMON.items()]
    return table(("field", "type", "meaning"), [*rows, ("`exception`", "string", EXCEPTION)])


def _event_table() -> str:
    rows = [
        (f"`{name}`", f"`{event.pattern}`", codes(event.fields), f"`{derive_message_id(name)}`")
        for name, event in EVENTS.items()
    ]
    return table(("event", "message", "fields", "message id"), rows)


def _field_table() -> str:
    rows = [
        (f"`{name}`", field.type.value + (" or null" if field.is_nullable else ""), field.meaning)
        for name, field in sorted(FIELDS.items())
    ]
    return table(("field", "type", "meaning"), rows)
