"""The log: one vocabulary (`event_catalog`) and several renderings. No file name can forge a line.

structlog makes the records and the handlers of the standard library write them, so that what libraries log, such as
watchdog's warnings, ends in the same stream.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import structlog

from markerd.logs import processors, renderings
from markerd.logs.file import LogFile
from markerd.logs.terminal import Audience, TerminalLines, is_of_interest


class Log(Protocol):
    """The methods of a logger that the other modules use: each takes an event's name and its fields."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...


def configure(
    log_format: str,
    level: str,
    file: Path | None,
    environ: Mapping[str, str] = os.environ,
    audience: Audience | None = None,
) -> Log:
    """Set up the process's log and return its logger. It can be called again after a reload.

    `log_format` is auto, console, json or journald. auto means journald if standard error goes to the journal, the
    console on a terminal, and JSON lines elsewhere. With an `audience`, the console on a terminal is for a person: see
    `terminal`. Without an audience, and at the level debug, it shows every record and the names of the events.
    """
    chosen = log_format if log_format != "auto" else _detect_format(file, environ)
    is_for_person = chosen == "console" and file is None and sys.stderr.isatty() and level.lower() != "debug"
    handler, renderer = _choose_handler_and_renderer(chosen, file)
    if is_for_person and audience is not None:
        handler.addFilter(is_of_interest)
        renderer = TerminalLines(audience, sys.stderr, environ)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[processors.adopt_library_record, *processors.SHARED],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    _replace_handlers(handler)
    logging.getLogger("markerd").setLevel(level.upper())
    _configure_structlog()
    logger: Log = structlog.get_logger("markerd")
    return logger


def _replace_handlers(handler: logging.Handler) -> None:
    """Make this handler the only one of the root logger. Libraries log warnings and above."""
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def _configure_structlog() -> None:
    """Make structlog hand its records to the loggers of the standard library."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *processors.SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def is_at_debug() -> bool:
    """Whether the log, as it is now, shows events of the level debug."""
    return logging.getLogger("markerd").isEnabledFor(logging.DEBUG)


def _detect_format(file: Path | None, environ: Mapping[str, str]) -> str:
    if file is not None:
        return "json"
    if _is_journal(sys.stderr, environ.get("JOURNAL_STREAM", "")):
        return "journald"
    return "console" if sys.stderr.isatty() else "json"


def _is_journal(stream: TextIO, journal_stream: str) -> bool:
    """Whether the stream goes to the journal, whose socket JOURNAL_STREAM names as `device:inode` (systemd.exec(5)).

    A child whose output was redirected inherits the variable too.
    """
    try:
        stat = os.fstat(stream.fileno())
    except (OSError, ValueError):  # the stream is closed, or is not a file
        return False
    return journal_stream == f"{stat.st_dev}:{stat.st_ino}"


def _choose_handler_and_renderer(chosen: str, file: Path | None) -> tuple[logging.Handler, Any]:
    stream = logging.StreamHandler(sys.stderr)
    renderer = renderings.render_console_line if chosen == "console" else renderings.render_json_line
    if file is not None:
        return LogFile(file, stream), renderer
    if chosen != "journald":
        return stream, renderer
    try:
        from markerd.logs.journald import EventHandler
    except ImportError:  # the extra `journald` is not installed
        return stream, renderings.render_prioritised_json
    return EventHandler(stream), renderer
