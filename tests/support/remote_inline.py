"""`InlineConverter` in a child process, reached through pipes: the whole protocol, one call at a time.

Calls and answers are pickled, which only a test may do: both ends are ours.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fakes import RecordingLog
from markerd.convert.cleanup.report import CleanupPoint, CleanupReport
from markerd.convert.protocol import (
    ConversionRequest,
    ConversionResult,
    ConverterInfo,
    ConverterSpec,
    ConverterState,
    JoinRequest,
)
from markerd.errors import DocumentError


class RemoteInline:
    """See `Converter`. `end` ends the process."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        with (folder / "stderr").open("wb") as noise:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "remote_inline"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder)},
            )

    def _call(self, method: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump((method, arguments), self._process.stdin)
        self._process.stdin.flush()
        error, answer = pickle.load(self._process.stdout)
        if error is not None:
            kind, text, is_permanent = error
            raise DocumentError(text, kind=kind, is_permanent=is_permanent)
        return answer

    def start(self) -> ConverterInfo:
        info: ConverterInfo = self._call("start")
        return info

    def check_options(self, options: Mapping[str, Any]) -> list[str]:
        problems: list[str] = self._call("check_options", options)
        return problems

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        pages, result = self._call("convert", request)
        for count in pages:
            on_pages(count)
        converted: ConversionResult = result
        return converted

    def join(self, request: JoinRequest) -> ConversionResult:
        result: ConversionResult = self._call("join", request)
        return result

    def cleanup(self, point: CleanupPoint) -> CleanupReport | None:
        report: CleanupReport | None = self._call("cleanup", point)
        return report

    def recycle(self, reason: str) -> None:
        self._call("recycle", reason)

    def tend(self) -> None:
        self._call("tend")

    def state(self) -> ConverterState:
        state: ConverterState = self._call("state")
        return state

    def stop(self) -> None:
        self._call("stop")

    def end(self) -> None:
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0


def _serve() -> None:
    from markerd.convert.inline import InlineConverter

    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    converter = InlineConverter(ConverterSpec(), RecordingLog())
    while True:
        try:
            method, arguments = pickle.load(calls)
        except EOFError:
            return
        pickle.dump(_answer(converter, method, arguments), answers)
        answers.flush()


def _answer(converter: Any, method: str, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    try:
        if method == "convert":
            pages: list[int] = []
            result = converter.convert(*arguments, on_pages=pages.append)
            return None, (pages, result)
        return None, getattr(converter, method)(*arguments)
    except DocumentError as error:
        return (error.kind, str(error), error.is_permanent), None


if __name__ == "__main__":
    _serve()
