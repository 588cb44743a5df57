"""A record as text: for the terminal, as a JSON line, and as a JSON line with a priority for journald."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from markerd.logs.bounds import bound
from markerd.logs.processors import Record

PRIORITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""The numbers of syslog(3) for structlog's levels."""

_LEAD = ("timestamp", "level", "event", "message", "schema")
_COLOURS = {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}
_SHOWN = ("output", "pages", "images", "seconds", "model_set", "observer", "files", "news", "queued", "retry_in_s")
"""The fields that a console line adds to its text. The other renderings have all fields."""

_LINE_MAX_BYTES = 40_000  # LineMax= of journald.conf(5) is 48 KiB; it splits longer lines into records
_FEWER_BYTES = 400


def render_json_line(_logger: Any, _method: str, record: Record) -> str:
    return json.dumps(_order_fields(record), ensure_ascii=False, default=str)


def render_prioritised_json(logger: Any, method: str, record: Record) -> str:
    """Return a JSON line after `<N>`, which the service manager removes and takes as the priority (sd-daemon(3))."""
    line = render_json_line(logger, method, {key: bound(value) for key, value in record.items()})
    if len(line.encode()) > _LINE_MAX_BYTES:
        line = render_json_line(logger, method, {key: bound(value, _FEWER_BYTES) for key, value in record.items()})
    return f"<{PRIORITY.get(record['level'], 6)}>{line}"


def render_console_line(_logger: Any, _method: str, record: Record) -> str:
    is_coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    colour, dim, reset = (_COLOURS.get(record["level"], ""), "\x1b[2m", "\x1b[0m") if is_coloured else ("",) * 3
    fields = " ".join(f"{key}={_shorten(record[key])}" for key in _SHOWN if key in record)
    line = (
        f"{dim}{record['timestamp'][11:19]}{reset} {colour}{record['level']:<7}{reset} {record['message']}"
        f"  {dim}{record['event']}{' ' + fields if fields else ''}{reset}"
    )
    return f"{line}\n{record['exception']}" if record.get("exception") else line


def _order_fields(record: Record) -> dict[str, Any]:
    lead = {key: record[key] for key in _LEAD if key in record}
    return lead | {key: value for key, value in record.items() if key not in lead}


def _shorten(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
