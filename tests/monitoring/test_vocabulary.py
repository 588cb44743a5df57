"""What `config/monitoring` says of the log is what the daemon logs."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generators import events as vocabulary
from markerd.logs.event_catalog import EVENTS
from monitoring.tools import KIT, Records, of

TOLD = {
    "daemon.started", "daemon.ready", "daemon.heartbeat", "daemon.stopping", "daemon.stopped", "folder.watching",
    "folder.paused", "folder.resumed", "models.ready", "document.seen", "document.refused", "document.queued",
    "document.converting", "document.progress", "document.published", "document.skipped", "document.failed",
    "document.dead", "reconcile.done", "cleanup.done", "converter.started", "converter.died", "config.reloaded",
    "config.rejected",
}  # fmt: skip
"""Of what the run of the daemon has to tell, so that the tests of it are worth something."""


def valid(**fields: Any) -> dict[str, Any]:
    lead = {"timestamp": "2026-11-24T14:13:01.5Z", "level": "info", "message": "Seen: a.pdf", "schema": 1}
    return {**lead, "event": "document.seen", "folder": "/in", "document": "a.pdf", "size_bytes": 1, **fields}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(vocabulary.schema())
    return Draft202012Validator(vocabulary.schema())


def test_schema_equals_the_event_catalog() -> None:
    """The file that people validate with says what the event catalog says."""
    assert (KIT / "events.schema.json").read_text("utf-8") == vocabulary.schema_file(), "run `make pages`"


@pytest.mark.models
def test_every_record_of_a_run_is_valid(records: Records, validator: Draft202012Validator) -> None:
    """The daemon logs no field that is not declared for the event, and none of another type."""
    assert {record["event"] for record in records} >= TOLD
    wrong = [(record, [error.message for error in validator.iter_errors(record)]) for record in records]
    assert [(record, errors) for record, errors in wrong if errors] == []


def test_schema_has_one_rule_for_each_event(validator: Draft202012Validator) -> None:
    """A record with only the common fields matches exactly one event."""
    for event in EVENTS:
        lead = {key: value for key, value in valid().items() if key not in ("folder", "document", "size_bytes")}
        assert validator.is_valid({**lead, "event": event}), event


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "document.unheard_of"},
        {"size_bytes": "1"},
        {"size_bytes": 1.5},
        {"pages": 3},
        {"schema": 2},
        {"level": "notice"},
        {"timestamp": "2026-11-24 14:13:01"},
        {"folder": None},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_schema_refuses_wrong_records(fields: dict[str, Any], validator: Draft202012Validator) -> None:
    """A wrong type, a field of another event, and an unknown event are each refused."""
    assert validator.is_valid(valid())
    assert not validator.is_valid(valid(**fields))


@pytest.mark.models
def test_run_has_the_failures_it_was_made_for(records: Records) -> None:
    """It has failures of several kinds, a lost attempt, and a document that still waits."""
    assert sorted(record["kind"] for record in of(records, "document.dead")) == [
        "too_large",
        "unreadable",
        "unreadable",
    ]
    assert [record["kind"] for record in of(records, "document.failed")] == ["converter_died"]
    assert [record["attempt"] for record in of(records, "document.published") if record["document"] == "long.pdf"] == [
        2
    ]
