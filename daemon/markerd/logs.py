"""The log: one vocabulary (`events`), three renderings, and nothing a file name says can forge a line.

structlog makes the records, the standard library's handlers write them, so that what libraries log (watchdog's
warnings) ends in the same stream.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Protocol

import structlog

from markerd import events

PRIORITY = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_MULTILINE_FIELDS = frozenset({"exception"})


class Log(Protocol):
    """What the parts need of a logger: an event's name and its fields."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...


def configure(log_format: str, level: str, file: Path | None, environ: Mapping[str, str] = os.environ) -> Log:
    """Set up the process's log and return its logger. Can be called again after a reload.

    `log_format` is auto, console, json or journald; auto means journald where the service manager gave us a
    journal to write to, the console on a terminal, JSON lines elsewhere.
    """
    chosen = log_format if log_format != "auto" else _detect_format(file, environ)
    handler = _handler(chosen, file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_from_library, *_SHARED],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(chosen)],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("markerd").setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )  # fmt: skip
    logger: Log = structlog.get_logger("markerd")
    return logger


def _detect_format(file: Path | None, environ: Mapping[str, str]) -> str:
    if file is not None:
        return "json"
    if environ.get("JOURNAL_STREAM") and environ.get("INVOCATION_ID"):
        return "journald"
    return "console" if sys.stderr.isatty() else "json"


def _handler(chosen: str, file: Path | None) -> logging.Handler:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Reopens the file when logrotate has moved it away.
        return logging.handlers.WatchedFileHandler(file, encoding="utf-8", errors="backslashreplace")
    if chosen == "journald" and (sender := _journal_sender()) is not None:
        return _JournalHandler(sender)
    return logging.StreamHandler(sys.stderr)


def _renderer(chosen: str) -> Any:
    if chosen == "console":
        return _render_console
    if chosen == "journald" and _journal_sender() is None:
        return _render_prioritised_json
    return _render_json


# --- processors: each takes and returns the record -------------------------------------------------------------

Record = MutableMapping[str, Any]


def _from_library(_logger: Any, _method: str, record: Record) -> Record:
    source: logging.LogRecord = record["_record"]
    return {**record, "event": "log.library", "logger": source.name, "text": str(record.get("event", ""))}


def _complete(_logger: Any, _method: str, record: Record) -> Record:
    record["schema"] = events.SCHEMA
    fields = {key: value for key, value in record.items() if not key.startswith("_")}
    record.setdefault("message", events.text_of(record["event"], fields))
    return record


def _neutralise(_logger: Any, _method: str, record: Record) -> Record:
    """Escape what could forge or break a line: control characters, terminal sequences, lone surrogates."""
    return {
        key: value if key.startswith("_") else _neutral(value, keep_lines=key in _MULTILINE_FIELDS)
        for key, value in record.items()
    }


def _neutral(value: Any, *, keep_lines: bool = False) -> Any:
    if isinstance(value, str):
        return "".join(c if c.isprintable() or (keep_lines and c == "\n") else _escaped(c) for c in value)
    if isinstance(value, os.PathLike):
        return _neutral(os.fspath(value))
    if isinstance(value, Mapping):
        return {_neutral(str(key)): _neutral(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_neutral(item) for item in value]
    return value


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


_SHARED: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _complete,
    _neutralise,
]

_LEAD = ("timestamp", "level", "event", "message", "schema")


def _ordered(record: Record) -> dict[str, Any]:
    lead = {key: record[key] for key in _LEAD if key in record}
    return lead | {key: value for key, value in record.items() if key not in lead}


def _render_json(_logger: Any, _method: str, record: Record) -> str:
    import json

    return json.dumps(_ordered(record), ensure_ascii=False, default=str)


def _render_prioritised_json(logger: Any, method: str, record: Record) -> str:
    # sd-daemon(3): the service manager strips `<N>` and takes it for the priority.
    return f"<{PRIORITY.get(record['level'], 6)}>{_render_json(logger, method, record)}"


_COLOURS = {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}
_SHOWN = ("output", "pages", "images", "seconds", "model_set", "observer", "files", "news", "queued", "retry_in_s")
"""The fields that a console line adds to its text. The other renderings have them all."""


def _render_console(_logger: Any, _method: str, record: Record) -> str:
    is_coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    colour, dim, reset = (_COLOURS.get(record["level"], ""), "\x1b[2m", "\x1b[0m") if is_coloured else ("",) * 3
    fields = " ".join(f"{key}={_short(record[key])}" for key in _SHOWN if key in record)
    line = (
        f"{dim}{record['timestamp'][11:19]}{reset} {colour}{record['level']:<7}{reset} {record['message']}"
        f"  {dim}{record['event']}{' ' + fields if fields else ''}{reset}"
    )
    return f"{line}\n{record['exception']}" if record.get("exception") else line


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


# --- journald ------------------------------------------------------------------------------------------------------


def _journal_sender() -> Any:
    """`systemd.journal.send`, or None. A folder named `systemd` passes for the package, its journal does not."""
    try:
        from systemd.journal import send
    except ImportError:
        return None
    return send


class _JournalHandler(logging.Handler):
    """Sends each record to journald with its fields, upper-cased and prefixed with MARKERD_."""

    def __init__(self, send: Any) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        import json

        try:
            fields = json.loads(self.format(record))
            extra = {
                f"MARKERD_{key.upper()}": value if isinstance(value, str) else json.dumps(value)
                for key, value in fields.items()
                if key not in ("message", "level", "timestamp")
            }
            self._send(
                fields["message"],
                PRIORITY=PRIORITY.get(fields["level"], 6),
                SYSLOG_IDENTIFIER="markerd",
                **extra,
            )
        except Exception:  # noqa: BLE001 - a logging handler must not raise: the standard library's own contract
            self.handleError(record)
