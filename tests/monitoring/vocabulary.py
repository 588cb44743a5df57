"""Writes down the log's vocabulary for those who read the log: `events.md` and `events.schema.json`.

    .venv/bin/python tests/monitoring/vocabulary.py

writes both again after a change of `markerd/events.py`. Without that a test fails.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markerd.logs.event_catalog import EVENTS, FIELDS, SCHEMA, EventType, Field, FieldType, message_id

KIT = Path(__file__).resolve().parents[2] / "config" / "monitoring"

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
    return {"title": name, "description": event.text, "properties": {"event": {"const": name}, **fields}}


def tables() -> str:
    """`events.md`."""
    return "\n".join([_HEAD, *_common_table(), _EVENTS_HEAD, *_event_table(), _FIELDS_HEAD, *_field_table(), ""])


_HEAD = """\
# What the log can say

Made from `markerd/events.py` by `tests/monitoring/vocabulary.py`. [events.schema.json](events.schema.json) says the
same as a JSON Schema. Names and fields stay; later versions may add events and fields, so ignore what you do not know.

## Every record
"""
_EVENTS_HEAD = """
## Events

The message id is journald's `MESSAGE_ID`, where records go to the journal with their fields.
"""
_FIELDS_HEAD = """
## Fields

One name means the same in every event. A field can be missing where there is nothing to say. An integer of -1 stands
for what the platform cannot tell. In the journal the fields are called `MARKERD_` and the name in capitals.
"""


def _common_table() -> list[str]:
    rows = [(f"`{name}`", kind, meaning) for name, (kind, _, meaning) in COMMON.items()]
    return _table(("field", "type", "meaning"), [*rows, ("`exception`", "string", EXCEPTION)])


def _event_table() -> list[str]:
    rows = [
        (f"`{name}`", f"`{event.text}`", ", ".join(f"`{field}`" for field in event.fields), f"`{message_id(name)}`")
        for name, event in EVENTS.items()
    ]
    return _table(("event", "message", "fields", "message id"), rows)


def _field_table() -> list[str]:
    rows = [
        (f"`{name}`", field.type.value + (" or null" if field.is_nullable else ""), field.meaning)
        for name, field in sorted(FIELDS.items())
    ]
    return _table(("field", "type", "meaning"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def files() -> dict[Path, str]:
    """Path to content of everything that is made."""
    return {
        KIT / "events.md": tables(),
        KIT / "events.schema.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, "utf-8")
