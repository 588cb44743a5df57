"""Faults in code, ours or a library's, that a document meets: told apart from what is the document's own fault. Pure.

A fault is deterministic: the same document meets it again. It costs a page its structure where the page can be read
in a plainer way, and is described well enough for a bug report.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from markerd.errors import DocumentError
from markerd.values import harmless

_OURS = "markerd."
_MOST_CHARACTERS = 500  # some libraries put a whole page into their messages


@dataclass(frozen=True)
class Fault:
    """`reason` says in words what could not be done; `error` is the exception with its text, `where` its place in the
    code, as `package.module:line function`."""

    reason: str
    error: str
    where: str

    @classmethod
    def of(cls, error: BaseException, reason: str) -> Fault:
        """The fault that an exception, still with its traceback, is."""
        return cls(reason, described(error), place_of(error))

    @property
    def details(self) -> Mapping[str, str]:
        """What a bug report needs beside the versions."""
        return {"exception": self.error, "where": self.where}


@dataclass(frozen=True)
class FailedPage:
    """A page of Marker's, with the regions that the layout model found on it, on which our rules failed."""

    page: Any
    fault: Fault


def is_fault(error: Exception) -> bool:
    """Whether it is a fault in code, which comes again with the same page: neither what was found to be wrong with the
    document (DocumentError), nor a want of memory or what the system refused, which may pass."""
    is_of_system = isinstance(error, OSError) and error.errno is not None
    return not isinstance(error, (DocumentError, MemoryError)) and not is_of_system


def described(error: BaseException) -> str:
    """The exception's name and its text on one line."""
    text = harmless(" ".join(str(error).split())[:_MOST_CHARACTERS])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place_of(error: BaseException) -> str:
    """Where it was raised: the innermost function of markerd on the way, or of a library where there is none."""
    frames = [(frame.f_globals.get("__name__", "?"), line, frame.f_code.co_name) for frame, line in _walk(error)]
    ours = [frame for frame in frames if frame[0].startswith(_OURS)]
    if not frames:
        return "?"
    module, line, function = (ours or frames)[-1]
    return f"{module}:{line} {function}"


def _walk(error: BaseException) -> list[tuple[FrameType, int]]:
    return list(traceback.walk_tb(error.__traceback__))
