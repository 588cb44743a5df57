"""The log's three renderings, and what no field may do to them."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markerd import logs
from markerd.logs import Log, event_catalog

Render = Callable[..., str]
FIXED_TEXTS = {
    "models.ready": "Marker converter initialized with strict single-worker configuration",
    "document.converting": "Starting direct Marker processing for: report.pdf",
    "document.published": "Marker processing completed for: report.pdf",
}
HOSTILE = [
    "a\nb",
    "a\r{}",
    "\x1b[2J\x1b[31mred",
    "\x9b31m",
    "\u2028\u2029",
    "\u202e",
    "\x00",
    "\udcff",
    "\ud800",
    "x" * 200_000,
]


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Log, io.StringIO]]]:
    """Configures the log to write into a buffer in place of standard error; all is put back after the test."""
    root, ours = logging.getLogger(), logging.getLogger("markerd")
    before = (list(root.handlers), root.level, ours.level)

    def configure(log_format: str, level: str = "debug", **environ: str) -> tuple[Log, io.StringIO]:
        stream = io.StringIO()
        root.handlers = []
        monkeypatch.setattr(sys, "stderr", stream)
        return logs.configure(log_format, level, None, environ), stream

    yield configure
    root.handlers, root.level = before[0], before[1]
    ours.setLevel(before[2])
    structlog.reset_defaults()


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where systemd-python is not installed."""
    monkeypatch.setitem(sys.modules, "systemd.journal", None)
    monkeypatch.delitem(sys.modules, "markerd.logs.journald", raising=False)


LogTo = Callable[..., tuple[Log, io.StringIO]]


def only_json(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


@pytest.mark.parametrize(("event", "text"), FIXED_TEXTS.items())
def test_fixed_texts_are_unchanged(event: str, text: str) -> None:
    """Three sentences are part of the interface, letter by letter."""
    assert event_catalog.fill_text(event, {"document": "report.pdf"}) == text


@pytest.mark.parametrize("event", event_catalog.EVENTS)
def test_text_with_all_fields_shows_no_gap(event: str) -> None:
    """No text shows a gap if all fields of its event are given."""
    event_type = event_catalog.EVENTS[event]
    text = event_catalog.fill_text(event, dict.fromkeys(event_type.fields, "x"))
    assert "?" not in text
    assert "{" not in text


def test_missing_field_shows_as_a_gap() -> None:
    """A log call never raises because a field is missing."""
    assert event_catalog.fill_text("document.queued", {}) == "Queued: ?"


@pytest.mark.parametrize(
    ("event", "fields", "text"),
    [
        ("daemon.heartbeat", {"state": "idle", "waiting": 0, "published": 1, "dead": 1}, "1 published, 1 dead letter"),
        ("daemon.heartbeat", {"state": "idle", "waiting": 0, "published": 1, "dead": 0}, "1 published, 0 dead letters"),
        ("cleanup.done", {"semaphores_after": 1, "children_after": 1}, "1 semaphore, 1 child"),
        ("cleanup.done", {"semaphores_after": 0, "children_after": 2}, "0 semaphores, 2 children"),
        ("cleanup.done", {}, "? semaphores, ? children"),
        ("document.progress", {"document": "a", "pages_done": 0, "pages": 1}, "a: 0 of 1 page"),
        ("document.fetch_refused", {"document": "a", "fetches": 1, "urls": ["x"]}, "a wanted 1 fetch from outside"),
    ],
)
def test_counted_noun_agrees_with_its_number(event: str, fields: dict[str, Any], text: str) -> None:
    """One is singular. Zero, all other numbers and unknown numbers are plural."""
    assert text in event_catalog.fill_text(event, fields)


def test_unknown_event_is_its_own_text() -> None:
    """The same holds for an event of a later version."""
    assert event_catalog.fill_text("something.else", {"a": 1}) == "something.else"


def test_braces_in_a_name_are_data() -> None:
    """A file called `{pid}` is not a format string."""
    assert event_catalog.fill_text("document.queued", {"document": "{pid}", "pid": 1}) == "Queued: {pid}"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_json_record_is_one_line(log_to: LogTo, hostile: str) -> None:
    """A record is one object on one printable line, which any parser reads."""
    log, stream = log_to("json")
    log.warning("document.failed", document=hostile, reason=[hostile, {hostile: hostile}], attempt=1)
    record = only_json(stream)
    assert record["event"] == "document.failed"
    assert record["schema"] == 1
    assert stream.getvalue().rstrip("\n").isprintable()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(hostile=st.text())
def test_console_record_is_printable_lines(log_to: LogTo, hostile: str) -> None:
    """A record on the console has printable characters only."""
    log, stream = log_to("console")
    log.info("document.published", document=hostile, output=hostile)
    (line,) = stream.getvalue().removesuffix("\n").split("\n")
    assert line.isprintable()


def test_json_begins_with_time_level_event_and_message(log_to: LogTo) -> None:
    """The schema follows, then the fields of the event."""
    log, stream = log_to("json")
    log.info("document.seen", document="a.pdf", size_bytes=3)
    record = only_json(stream)
    assert list(record)[:5] == ["timestamp", "level", "event", "message", "schema"]
    assert (record["level"], record["message"], record["size_bytes"]) == ("info", "Seen: a.pdf", 3)


def test_console_shows_text_event_and_chosen_fields(log_to: LogTo) -> None:
    """There are no colours if standard error is not a terminal."""
    log, stream = log_to("console")
    log.info("document.published", document="a.pdf", pages=3, seconds=1.23456, stage_seconds=0.1)
    line = stream.getvalue()
    assert "info    Marker processing completed for: a.pdf  document.published pages=3 seconds=1.23\n" in line
    assert "\x1b" not in line


def test_exception_keeps_its_lines_on_the_console(log_to: LogTo) -> None:
    """A traceback is for reading there. In JSON it stays one line."""
    for log_format, is_one_line in (("console", False), ("json", True)):
        log, stream = log_to(log_format)
        try:
            raise ValueError("broken")
        except ValueError:
            log.error("daemon.failed", reason="a bug", exc_info=True)
        assert "ValueError: broken" in stream.getvalue()
        assert (stream.getvalue().count("\n") == 1) is is_one_line


def test_library_record_becomes_an_event(log_to: LogTo) -> None:
    """It is in the same stream, with the name of the library, and as harmless."""
    _, stream = log_to("json")
    logging.getLogger("watchdog.observers").warning("over%s", "flow\n")
    record = only_json(stream)
    assert (record["event"], record["logger"], record["text"]) == ("log.library", "watchdog.observers", "overflow\\n")


def test_records_below_the_level_are_dropped(log_to: LogTo) -> None:
    """Debug events are dropped at info, and those of libraries below warning always."""
    log, stream = log_to("json", level="info")
    log.debug("document.progress", document="a", pages=1)
    logging.getLogger("PIL").info("noise")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("method", "number"), [("debug", 7), ("info", 6), ("warning", 4), ("error", 3)])
def test_without_systemd_python_journald_gets_priorities(
    log_to: LogTo, no_extra: None, method: str, number: int
) -> None:
    """The line is JSON after `<N>`, as sd-daemon(3) asks."""
    log, stream = log_to("journald")
    getattr(log, method)("document.seen", document="a\nb", size_bytes=1)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith(f"<{number}>{{")
    assert json.loads(line[3:])["document"] == "a\\nb"


def test_no_line_exceeds_the_limit_of_journald(log_to: LogTo, no_extra: None) -> None:
    """journald would cut it, and its second part would be a record that a file name wrote."""
    log, stream = log_to("journald")
    log.warning("document.failed", **dict.fromkeys(("folder", "document", "kind", "reason", "a", "b"), "é" * 100_000))
    log.error("config.rejected", config="x", problems=['"' * 9000] * 500, exception="\n" * 50_000)
    lines = stream.getvalue().splitlines()
    assert [json.loads(line[3:])["event"] for line in lines] == ["document.failed", "config.rejected"]
    assert max(len(line.encode()) for line in lines) < 48 * 1024


def test_auto_means_journald_if_standard_error_is_the_journal(
    log_to: LogTo, no_extra: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """JOURNAL_STREAM names the very file, because a child whose output goes elsewhere inherits the variable too."""
    with (tmp_path / "stream").open("w") as real:
        for inode_more, format_of_it in ((0, "journald"), (1, "json")):
            stat = os.fstat(real.fileno())
            environ = {"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino + inode_more}"}
            monkeypatch.setattr(sys, "stderr", real)
            assert logs._detect_format(None, environ) == format_of_it


def test_auto_means_json_without_terminal_and_journal(log_to: LogTo) -> None:
    """Without a terminal and without the journal, records are JSON."""
    log, stream = log_to("auto", JOURNAL_STREAM="8:1")
    log.info("daemon.stopped")
    assert only_json(stream)["event"] == "daemon.stopped"


def test_path_in_a_field_becomes_harmless_text(log_to: LogTo) -> None:
    """A path is as harmless as a text."""
    log, stream = log_to("json")
    log.info("document.seen", document=Path("a\nb"), size_bytes=1)
    assert only_json(stream)["document"] == "a\\nb"
