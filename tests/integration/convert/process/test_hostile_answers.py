"""A process in the converter's place that answers with anything: it is ended, and only what was asked of it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes import RecordingLog
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConverterSpec
from markerd.errors import ConversionTimeoutError, ConverterDiedError, UnavailableError

_PYTHON = sys.executable
_READY = {"op": "ready", "model_set": "none", "reason": "", "versions": {}, "load_seconds": 0.1}
_WORKER = """#!{python}
import os, sys
requests, responses = int(sys.argv[3]), int(sys.argv[4])
answers = {answers}
with os.fdopen(requests, "rb") as asked, os.fdopen(responses, "wb", buffering=0) as said:
    for line, answer in zip(asked, answers):
        said.write(eval(answer) + b"\\n")
    asked.read()
"""
_HOSTILE = [
    'b"[" * 200_000',
    """b'{"op": "x", "pages": ' + b"[" * 900 + b"]" * 900 + b"}" """,
    'b"no json"',
    "b'{\"op\": 7}'",
    'b\'{"op": "result", "pages": 1}\'',
    """b'{"op": "pages", "pages": [1]}'""",
    """b'{"op": "log", "level": "info", "event": "no event", "fields": {}}'""",
]


def converter(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *answers: str,
    timeout_s: float = 60.0,
    tick: Callable[[], None] = lambda: None,
) -> ProcessConverter:
    """Each answer is an expression for the line that is sent for a line that is read."""
    worker = tmp_path / "worker"
    worker.write_text(_WORKER.format(python=_PYTHON, answers=repr(answers)))
    worker.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(worker))
    settings = ProcessSettings(ConverterSpec("none", 1), timeout_s, 0.0, tmp_path / "spool")
    return ProcessConverter(settings, RecordingLog(), tick)


@pytest.mark.parametrize("answer", _HOSTILE)
def test_hostile_answer_in_mid_document_costs_an_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """It is the document's error, not the daemon's; the process is ended."""
    for name in ("out", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "document.pdf").write_bytes(b"%PDF")
    places = [str(tmp_path / name) for name in ("document.pdf", "out", "tmp")]
    asked = converter(tmp_path, monkeypatch, repr(json.dumps(_READY).encode()), answer)
    asked.start()
    with pytest.raises(ConverterDiedError, match="in mid-document"):
        asked.convert(ConversionRequest("a.pdf", places[0], places[1], places[2], ("markdown",)), on_pages=print)
    assert asked.state().pid is None


@pytest.mark.parametrize("answer", [*_HOSTILE, 'b\'{"op": "options", "problems": 7}\''])
def test_hostile_answer_before_first_document_makes_converter_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """Both when it loads and when it is asked about options; the process is ended."""
    loading = converter(tmp_path, monkeypatch, answer)
    with pytest.raises(UnavailableError):
        loading.start()
    checking = converter(tmp_path, monkeypatch, answer)
    with pytest.raises(UnavailableError, match="the converter ended"):
        checking.check_options({"page_range": "0"})
    assert (loading.state().pid, checking.state().pid) == (None, None)


def test_hostile_answer_in_cleanup_ends_the_converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no report, and the next document gets another converter."""
    for answer in _HOSTILE:
        asked = converter(tmp_path, monkeypatch, repr(json.dumps(_READY).encode()), answer)
        asked.start()
        assert asked.cleanup(CleanupPoint.BATCH_END) is None
        assert asked.state().pid is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"op": "pages", "pages": 1}',
        b'{"op": "log", "level": "debug", "event": "converter.output", "fields": {"line": "x"}}',
    ],
)
def test_flood_of_messages_does_not_hold_up_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    """A process that never stops talking is ended by the clock, and the daemon looks after itself meanwhile."""
    for name in ("out", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "document.pdf").write_bytes(b"%PDF")
    places = [str(tmp_path / name) for name in ("document.pdf", "out", "tmp")]
    flood = f"[said.write({line + bytes([10])!r} * 500) for _ in iter(int, 1)]"
    ticks: list[None] = []
    asked = converter(
        tmp_path, monkeypatch, repr(json.dumps(_READY).encode()), flood, timeout_s=1.0, tick=lambda: ticks.append(None)
    )
    asked.start()
    with pytest.raises(ConversionTimeoutError):
        asked.convert(
            ConversionRequest("a.pdf", places[0], places[1], places[2], ("markdown",)), on_pages=lambda _: None
        )
    assert asked.state().pid is None
    assert len(ticks) > 3
