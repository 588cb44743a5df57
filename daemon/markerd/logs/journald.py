"""Records in the journal, with fields of their own. This module needs systemd-python (the extra `journald`).

A folder named `systemd` on the module path can be imported as the package, but has no `systemd.journal`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from systemd.journal import JournalHandler, send

from markerd.logs import event_catalog
from markerd.logs.bounds import bound
from markerd.logs.renderings import PRIORITY

_NOT_FIELDS = frozenset({"message", "level", "timestamp"})


def to_journal_fields(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a record for systemd.journal-fields(7): MESSAGE_ID, and each of its own as MARKERD_NAME.

    Values that are not text are written as JSON. No value is longer than `bounds.VALUE_MAX_BYTES`.
    """
    fields = {
        f"MARKERD_{name.upper()}": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in ((name, bound(value)) for name, value in record.items() if name not in _NOT_FIELDS)
    }
    return {**fields, "MESSAGE_ID": event_catalog.derive_message_id(record["event"])}


class _Journal(JournalHandler):  # type: ignore[misc]  # systemd-python is not typed
    """A handler that raises if the journal does not take a record. The library's own prints a traceback and goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - the library's signature
        raise  # noqa: PLE0704 - called from the handler of the exception


class EventHandler(logging.Handler):
    """A handler for records whose formatter gives JSON. `fallback` writes what the journal does not take."""

    def __init__(self, fallback: logging.StreamHandler[Any], send: Callable[..., object] = send) -> None:
        super().__init__()

        def send_fields(message: str, /, **attributes: Any) -> None:
            """Send the fields alone. JournalHandler passes every attribute of the record; journald's field names are
            upper case."""
            send(message, **{name: value for name, value in attributes.items() if name.isupper()})

        self._journal = _Journal(sender_function=send_fields, SYSLOG_IDENTIFIER="markerd")
        self._fallback = fallback

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        try:
            self._journal.emit(_to_journal_record(json.loads(line), record))
        except Exception:  # noqa: BLE001 - a logging handler must not raise: the standard library's own contract
            self._write_instead(line, record)

    def _write_instead(self, line: str, record: logging.LogRecord) -> None:
        priority = PRIORITY.get(record.levelname.lower(), 6)
        self._fallback.emit(logging.makeLogRecord({"msg": f"<{priority}>{line}", "args": None}))


def _to_journal_record(fields: Mapping[str, Any], record: logging.LogRecord) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": record.name,
            "levelno": record.levelno,
            "msg": bound(fields["message"]),
            "args": None,
            "pathname": record.pathname,
            "lineno": record.lineno,
            "funcName": record.funcName,
            **to_journal_fields(fields),
        }
    )
