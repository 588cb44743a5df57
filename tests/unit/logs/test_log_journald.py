"""The fields that a record gets in the journal."""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.logs import event_catalog, event_fields
from needs import missing


@pytest.fixture(autouse=True)
def _systemd_python() -> None:
    try:
        is_there = importlib.util.find_spec("systemd.journal") is not None
    except ModuleNotFoundError:
        is_there = False
    if not is_there:
        missing("the extra `journald` is not installed")


def fields(**record: Any) -> dict[str, str]:
    from markerd.logs.journald import to_journal_fields

    return to_journal_fields(
        {"event": "document.published", "level": "info", "timestamp": "x", "message": "y", **record}
    )


def record(text: str) -> logging.LogRecord:
    """As structlog's formatter leaves it: its message is the whole record as JSON."""
    return logging.makeLogRecord({"name": "markerd", "levelno": 30, "levelname": "WARNING", "msg": text, "args": None})


def test_handler_sends_journal_fields_alone() -> None:
    """systemd-python's own JournalHandler sends the fields, and drops what is not a field name of the journal."""
    from markerd.logs.journald import EventHandler

    sent: list[tuple[str, dict[str, Any]]] = []
    handler = EventHandler(logging.StreamHandler(io.StringIO()), lambda message, **given: sent.append((message, given)))
    handler.handle(record(json.dumps({"event": "document.dead", "message": "Gave up", "attempts": 3})))
    ((message, given),) = sent
    assert message == "Gave up"
    assert (given["PRIORITY"], given["SYSLOG_IDENTIFIER"]) == ("4", "markerd")
    assert (given["MARKERD_EVENT"], given["MARKERD_ATTEMPTS"]) == ("document.dead", "3")
    assert given["MESSAGE_ID"] == event_catalog.derive_message_id("document.dead")
    assert all(name.isupper() for name in given)


def test_record_that_the_journal_refuses_goes_to_standard_error() -> None:
    """It goes to standard error, with its priority before it."""
    from markerd.logs.journald import EventHandler

    def refuse(_message: str, **_: Any) -> None:
        raise OSError("no buffer space available")

    stream = io.StringIO()
    line = json.dumps({"event": "document.dead", "message": "Gave up"})
    EventHandler(logging.StreamHandler(stream), refuse).handle(record(line))
    assert stream.getvalue() == f"<4>{line}\n"


def test_journal_field_names_are_prefixed_and_upper_case() -> None:
    """Numbers and lists are JSON, and the message id is that of the event."""
    found = fields(document="a.pdf", seconds=1.25, pages=3, images=None, is_recovered=True, removed=["/a", "/b"])
    assert found == {
        "MARKERD_EVENT": "document.published",
        "MARKERD_DOCUMENT": "a.pdf",
        "MARKERD_SECONDS": "1.25",
        "MARKERD_PAGES": "3",
        "MARKERD_IMAGES": "null",
        "MARKERD_IS_RECOVERED": "true",
        "MARKERD_REMOVED": '["/a", "/b"]',
        "MESSAGE_ID": event_catalog.derive_message_id("document.published"),
    }


@given(value=st.text(st.characters(blacklist_categories=["Cs"])) | st.lists(st.text(max_size=3000)))
def test_no_value_is_longer_than_journalctl_shows(value: Any) -> None:
    """journalctl(1) shows values beyond 4096 bytes as null in its JSON output."""
    assert len(fields(reason=value)["MARKERD_REASON"].encode("utf-8", "surrogatepass")) <= 4096


@pytest.mark.parametrize("name", event_fields.FIELDS)
def test_every_field_is_a_valid_journal_field_name(name: str) -> None:
    """systemd.journal-fields(7) allows capitals, digits and underscores, at most 64 characters."""
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", f"MARKERD_{name.upper()}")


def test_message_ids_never_change() -> None:
    """Old filters and catalogs refer to the ids, which are 128 bits, one for each event."""
    ids = {event: event_catalog.derive_message_id(event) for event in event_catalog.EVENTS}
    assert ids["document.published"] == "d20ce5b25027532d90d75a5a361432de"
    assert len(set(ids.values())) == len(ids)
    assert all(uuid.UUID(hex=text).hex == text for text in ids.values())
    assert json.dumps(ids).isascii()
