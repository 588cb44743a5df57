"""The log for a person at a terminal: a line when a document begins, one when it ends, and one for each problem.

The other renderings also show what happens in between, and the names of the events; `--verbose` selects one of them
here. A line that does not fit the width of the terminal takes a shorter form, and is cut if none fits. Only the remedy
of a dead letter goes over several lines, because a part of it is no use.
"""

from __future__ import annotations

import logging
import os
import textwrap
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from markerd.logs.processors import Record
from markerd.values import count_with_noun, make_printable

Forms = list[str]
"""Forms of the same line, the longest one first."""

_DETAILS = frozenset(
    {
        "daemon.heartbeat", "folder.watching", "document.seen", "document.queued", "reconcile.done", "cleanup.done",
        "converter.started", "converter.confined", "converter.recycled", "converter.output", "hook.delivered",
    }
)  # fmt: skip
"""Events that do not interest the person, unless they are warnings."""

_COLOURS = {"document.published": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}
_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_ELLIPSIS = "..."  # ASCII, like "->", because the terminal may not show other characters
_INDENT = " " * 9  # as wide as the time before each line
_NARROWEST = 40
"""In columns. A remedy is not broken into shorter lines than this."""


@dataclass(frozen=True)
class Audience:
    """What the lines for a person need besides the records.

    Paths went through `make_printable`, as they did in the records. `outputs` maps each hot folder to its output
    folder. `advice` returns the remedy for a kind of failure.
    """

    outputs: Mapping[str, str]
    advice: Callable[[str], str]
    is_once: bool


def is_of_interest(record: logging.LogRecord) -> bool:
    """Whether the person sees the record. Records of libraries and warnings are always shown."""
    name = record.msg.get("event") if isinstance(record.msg, dict) else None
    return record.levelno >= logging.WARNING or name not in _DETAILS


class TerminalLines:
    """Renders records for `stream`, a terminal."""

    def __init__(self, audience: Audience, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self._audience = audience
        self._stream = stream
        self._is_coloured = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self._home = make_printable(environ.get("HOME", "")).rstrip("/")
        self._working_dir = ""
        with suppress(OSError):  # the working folder was removed
            self._working_dir = make_printable(str(Path.cwd())).rstrip("/")
        self._forms: dict[str, Callable[[Record], Forms]] = {
            "daemon.started": self._word_started,
            "daemon.ready": self._word_ready,
            "models.ready": self._word_loaded,
            "document.converting": self._word_converting,
            "document.published": self._word_published,
            "document.failed": self._word_failed,
        }

    def __call__(self, _logger: Any, _method: str, record: Record) -> str:
        width = count_columns(self._stream)
        forms = self._word_record(record)
        label = f"{record['level']}: " if record["level"] in ("warning", "error", "critical") else ""
        line = fit([f"{_show_time(record['timestamp'])} {label}{form}" for form in forms], width)
        return "\n".join([self._colour(line, record), *self._word_remedy(record, width), *_word_traceback(record)])

    def _word_record(self, record: Record) -> Forms:
        forms = self._forms.get(record["event"])
        try:
            return forms(record) if forms else [record["message"]]
        except KeyError:  # a log call never raises because a field is missing
            return [record["message"]]

    def _colour(self, line: str, record: Record) -> str:
        if not self._is_coloured:
            return line
        colour = _COLOURS.get(record["event"]) or _COLOURS.get(record["level"], "")
        time, rest = line[:8], line[8:]
        return f"{_DIM}{time}{_RESET}{colour}{rest}{_RESET if colour else ''}"

    # --- what is said -------------------------------------------------------------------------------------------

    def _word_started(self, record: Record) -> Forms:
        pairs = [(self.place(path), self.place(self._audience.outputs.get(path, ""))) for path in record["folders"]]
        begin = "Converting what is in" if self._audience.is_once else "Drop documents into"
        if len(pairs) == 1:
            folder, output = pairs[0]
            return [
                f"{begin} {folder}; the output is put into {output}. Ctrl-C stops.",
                f"{begin} {folder} (output: {output}). Ctrl-C stops.",
                f"Ctrl-C stops. {begin} {folder} (output: {output}).",
            ]
        each = ", ".join(f"{folder} (output: {output})" for folder, output in pairs)
        return [
            f"{begin} {each}. Ctrl-C stops.",
            f"{begin} {count_with_noun(len(pairs), 'folder')}, shown by `markerd status`. Ctrl-C stops.",
        ]

    def _word_loaded(self, record: Record) -> Forms:
        return [f"{record['message']} ({record['model_set']}, {_show_seconds(record)})", record["message"]]

    def _word_ready(self, record: Record) -> Forms:
        folders = [self.place(path) for path in record["folders"]]
        return [f"Ready. Watching {', '.join(folders)}", f"Ready. Watching {count_with_noun(len(folders), 'folder')}"]

    def _word_converting(self, record: Record) -> Forms:
        attempt = f" (attempt {record['attempt']})" if record.get("attempt", 1) > 1 else ""
        return [f"{record['message']}{attempt}", f"Starting {record['document']}{attempt}"]

    def _word_published(self, record: Record) -> Forms:
        measures = [count_with_noun(record["pages"], "page")] if isinstance(record.get("pages"), int) else []
        measures += [_show_seconds(record)] if "seconds" in record else []
        if degraded := record.get("degraded_pages"):
            measures.append(f"{count_with_noun(degraded, 'page')} without all structure")
        result, place = f"({', '.join(measures)})", self.place(record["output"])
        return [
            f"{record['message']} {result} -> {place}",
            f"Completed {record['document']} {result} -> {place}",
            f"Completed {result}: {place}",  # the place ends with the name
        ]

    def _word_failed(self, record: Record) -> Forms:
        wait_s = record.get("retry_in_s") or 0
        again = f"tried again {f'in {wait_s:.0f} s' if wait_s >= 1 else 'at once'}"
        return [f"{record['message']}; {again}", f"{record['document']} failed, {again}: {record['reason']}"]

    def _word_remedy(self, record: Record, width: int) -> Forms:
        """Say in whole words what to do about a dead letter."""
        if record["event"] != "document.dead":
            return []
        remedy = f"What to do: {self._audience.advice(record.get('kind') or '')}"
        room = max(width, _NARROWEST) if width else len(remedy) + len(_INDENT)
        return textwrap.wrap(remedy, room, initial_indent=_INDENT, subsequent_indent=_INDENT)

    def place(self, path: str) -> str:
        """Write a path as the person would type it: from the working folder or the home folder if it lies below."""
        for base, shown in ((self._working_dir, ""), (self._home, "~/")):
            if base and path.startswith(f"{base}/"):
                return shown + path[len(base) + 1 :]
        return path


def fit(forms: Forms, width: int) -> str:
    """Return the first form that is no wider than `width` terminal columns, or the last one cut to it.

    A `width` of 0 means that every form fits.
    """
    if not width:
        return forms[0]
    return next((form for form in forms if count_cells(form) <= width), None) or cut(forms[-1], width)


def cut(text: str, width: int) -> str:
    """Return the beginning of the text with an ellipsis, in at most `width` columns."""
    if count_cells(text) <= width:
        return text
    kept, room = "", width - len(_ELLIPSIS)
    for character in text:
        room -= count_cells(character)
        if room < 0:
            break
        kept += character
    return f"{kept}{_ELLIPSIS}"[:width]


def count_cells(text: str) -> int:
    """Count the terminal columns of the text: two for a wide East Asian character, none for a combining one."""
    return sum(_count_cells_of(character) for character in text)


def _count_cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def count_columns(stream: TextIO) -> int:
    """Return the width of the terminal in columns. 0 means that it is unknown."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # the stream is closed, or is not a terminal
        return 0


def _show_time(timestamp: str) -> str:
    """Return the time of the record, which is in UTC, as local time."""
    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).astimezone().strftime("%H:%M:%S")


def _show_seconds(record: Record) -> str:
    return f"{record['seconds']:.1f} s"


def _word_traceback(record: Record) -> Forms:
    return [str(record["exception"])] if record.get("exception") else []
