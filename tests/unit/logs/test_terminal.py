"""What a person at a terminal reads, and what does not fit its width."""

from __future__ import annotations

import logging
import os
import pty
import struct
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from typing import Any, TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markerd.logs import event_catalog
from markerd.logs.terminal import Audience, TerminalLines, count_cells, count_columns, cut, fit, is_of_interest

AUDIENCE = Audience(
    {"/home/me/in": "/home/me/out", "/srv/b": "/srv/c"}, lambda kind: f"advice on {kind}", is_once=False
)
PUBLISHED: dict[str, Any] = {
    "document": "a.pdf",
    "pages": 1,
    "seconds": 1.26,
    "output": "/home/me/work/out/a",
    "degraded_pages": 0,
}


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """One of 80 columns."""
    theirs, ours = pty.openpty()
    ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with os.fdopen(ours, "w") as stream:
        yield stream
    os.close(theirs)


@pytest.fixture
def lines(terminal: TextIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TerminalLines:
    return lines_on(terminal, NO_COLOR="1")


def lines_on(stream: TextIO, audience: Audience = AUDIENCE, **environ: str) -> TerminalLines:
    made = TerminalLines(audience, stream, {"HOME": "/home/me", **environ})
    made._working_dir = "/home/me/work"
    return made


def render(lines: TerminalLines, event: str, level: str = "info", **fields: Any) -> str:
    """Without its time."""
    record = {"timestamp": "2026-11-24T14:13:01.5Z", "level": level, "event": event, **fields}
    record["message"] = event_catalog.fill_text(event, record)
    return lines(None, level, record)[9:]


def test_width_is_that_of_the_terminal(terminal: TextIO, tmp_path: Path) -> None:
    """A stream that is not a terminal has none."""
    assert count_columns(terminal) == 80
    with (tmp_path / "file").open("w") as file:
        assert count_columns(file) == 0
    assert count_columns(file) == 0  # closed


def test_start_names_hot_folder_output_and_how_to_stop(lines: TerminalLines) -> None:
    """They stand on one line, with the paths as a person would type them."""
    line = render(lines, "daemon.started", folders=["/home/me/in"], version="1", config="c")
    assert line == "Drop documents into ~/in; the output is put into ~/out. Ctrl-C stops."


def test_start_of_many_folders_still_says_how_to_stop(lines: TerminalLines) -> None:
    """Folders that do not fit are counted."""
    line = render(lines, "daemon.started", folders=["/home/me/in", "/srv/b"])
    assert line == "Drop documents into 2 folders, shown by `markerd status`. Ctrl-C stops."


def test_once_does_not_ask_for_documents(terminal: TextIO) -> None:
    """With `--once`, the first line speaks of the documents that are there."""
    lines = lines_on(terminal, Audience(AUDIENCE.outputs, AUDIENCE.advice, is_once=True), NO_COLOR="1")
    assert render(lines, "daemon.started", folders=["/srv/b"]).startswith(
        "Converting what is in /srv/b (output: /srv/c). "
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Marker processing completed for: a.pdf (1 page, 1.3 s) -> out/a"),
        ({"pages": 12}, "Marker processing completed for: a.pdf (12 pages, 1.3 s) -> out/a"),
        ({"degraded_pages": 1}, "Completed a.pdf (1 page, 1.3 s, 1 page without all structure) -> out/a"),
        ({"document": "b" * 40 + ".pdf"}, "Completed (1 page, 1.3 s): out/a"),
        ({"output": "/mnt/" + "o" * 80}, "Completed (1 page, 1.3 s): /mnt/" + "o" * 36 + "..."),
    ],
)
def test_published_document_is_one_line(lines: TerminalLines, changes: dict[str, Any], line: str) -> None:
    """Name, pages, seconds and output stand on one line, or in a shorter form if only that fits."""
    assert render(lines, "document.published", **{**PUBLISHED, **changes}) == line


def test_recovered_document_has_no_seconds(lines: TerminalLines) -> None:
    """It was published by an earlier daemon."""
    known: dict[str, Any] = {
        name: value for name, value in PUBLISHED.items() if name not in ("seconds", "degraded_pages")
    }
    assert render(lines, "document.published", **known).endswith("a.pdf (1 page) -> out/a")


def test_second_attempt_is_named(lines: TerminalLines) -> None:
    """The line at the beginning of a document names a second attempt."""
    text = "Starting direct Marker processing for: a.pdf"
    assert render(lines, "document.converting", document="a.pdf", attempt=1) == text
    assert render(lines, "document.converting", document="a.pdf", attempt=2) == f"{text} (attempt 2)"


@pytest.mark.parametrize(("wait_s", "again"), [(30.0, "in 30 s"), (0, "at once")])
def test_failed_attempt_says_when_it_is_repeated(lines: TerminalLines, wait_s: float, again: str) -> None:
    """The line of a failed attempt says when the next one follows."""
    fields: dict[str, Any] = {"document": "a.pdf", "attempt": 1, "reason": "why", "retry_in_s": wait_s}
    line = render(lines, "document.failed", "warning", **fields)
    assert line == f"warning: Attempt 1 on a.pdf failed: why; tried again {again}"


def test_long_reason_is_cut_before_the_name(lines: TerminalLines) -> None:
    """The name and the next attempt stay."""
    fields: dict[str, Any] = {"document": "a.pdf", "attempt": 1, "reason": "why " * 30, "retry_in_s": 60}
    line = render(lines, "document.failed", "warning", **fields)
    assert line.startswith("warning: a.pdf failed, tried again in 60 s: why why")
    assert len(line) == 71


def test_dead_letter_shows_its_whole_remedy(terminal: TextIO) -> None:
    """The remedy has lines of its own, none wider than the terminal."""
    remedy = "Do this and that and something else. " * 4
    lines = lines_on(terminal, Audience({}, lambda _: remedy, is_once=False), NO_COLOR="1")
    first, *rest = render(lines, "document.dead", "error", document="a.pdf", reason="why " * 30, kind="k").splitlines()
    assert first.startswith("error: Gave up on a.pdf: why")
    assert first.endswith("...")
    assert " ".join(line.strip() for line in rest) == f"What to do: {remedy}".strip()
    assert all(len(line) <= 80 for line in rest)


def test_missing_field_does_not_raise(lines: TerminalLines) -> None:
    """A record without a field that the line needs is shown by its message."""
    for event in event_catalog.EVENTS:
        assert render(lines, event)


def test_colours_are_shown_only_if_wanted(terminal: TextIO) -> None:
    """A line is green, yellow or red, except with NO_COLOR or on a terminal without colours."""
    assert "\x1b[32m" in render(lines_on(terminal), "document.published", **PUBLISHED)
    assert "\x1b[31m" in render(lines_on(terminal), "daemon.failed", "error", reason="x")
    for lines in (lines_on(terminal, NO_COLOR="1"), lines_on(terminal, TERM="dumb")):
        assert "\x1b" not in render(lines, "document.published", **PUBLISHED)


@pytest.mark.parametrize("event", ["document.seen", "document.queued", "cleanup.done", "daemon.heartbeat"])
def test_steps_in_between_are_shown_only_as_warnings(event: str) -> None:
    """A person need not know the steps, but sees records of libraries."""
    for level, is_shown in ((logging.INFO, False), (logging.WARNING, True)):
        assert is_of_interest(logging.makeLogRecord({"levelno": level, "msg": {"event": event}})) is is_shown
    assert is_of_interest(logging.makeLogRecord({"levelno": logging.INFO, "msg": "of a library"}))


@given(text=st.text(), width=st.integers(3, 60))
def test_no_line_is_wider_than_the_terminal(text: str, width: int) -> None:
    """Wide characters take two columns. A text that fits is unchanged."""
    assert count_cells(cut(text, width)) <= width
    assert count_cells(fit([text + text, text], width)) <= width
    if count_cells(text) <= width:
        assert cut(text, width) == text


def test_wide_characters_count_twice() -> None:
    """A terminal shows a wide character in two columns, and a combining one in none."""
    assert (count_cells("abc"), count_cells("漢字"), count_cells("e\u0301")) == (3, 4, 1)
    assert cut("漢字漢字漢字", 8) == "漢字..."
