"""Faults in code, ours or a library's, that a document meets, told apart from what is wrong with the document. Pure.

A fault is deterministic: the same document meets it again. It costs a page its structure where the page can be read
in a plainer way, and it is described well enough for a bug report.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

from markerd.errors import DocumentError
from markerd.values import make_harmless

_OURS = "markerd."
_MOST_CHARACTERS = 500  # some libraries put a whole page into their messages

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Fault:
    """A fault in words.

    `reason` says what could not be done, `error` is the exception with its text, and `where` is its place in the code,
    as `package.module:line function`.
    """

    reason: str
    error: str
    where: str

    @classmethod
    def of(cls, error: BaseException, reason: str) -> Fault:
        """Describe an exception that still has its traceback."""
        return cls(reason, describe_exception(error), find_place(error))

    @property
    def details(self) -> Mapping[str, str]:
        """What a bug report needs besides the versions."""
        return {"exception": self.error, "where": self.where}


@dataclass(frozen=True)
class FailedPage:
    """A page of Marker's on which our rules for the layout failed, with the regions that the layout model found."""

    page: Any
    fault: Fault


@dataclass(frozen=True)
class MetFault:
    """The exception of a fault in code that was met, with its traceback."""

    error: Exception

    def describe(self, reason: str) -> Fault:
        return Fault.of(self.error, reason)

    def __str__(self) -> str:
        return describe_exception(self.error)


def catch_fault(work: Callable[[], _Result]) -> _Result | MetFault:
    """Return what `work` returns, or the fault in code that it met. Whatever else `work` raises passes.

    Below the boundary of the document this is the one place that catches every exception.
    """
    try:
        return work()
    except Exception as error:  # a library may raise anything at an unexpected page; `is_fault` decides
        if not is_fault(error):
            raise
        return MetFault(error)


def is_fault(error: Exception) -> bool:
    """Whether the exception is a fault in code, which comes again with the same page.

    Neither a DocumentError is one, which says what is wrong with the document, nor a lack of memory or what the system
    refused, which may pass.
    """
    is_of_system = isinstance(error, OSError) and error.errno is not None
    return not isinstance(error, (DocumentError, MemoryError)) and not is_of_system


def describe_exception(error: BaseException) -> str:
    """Return the exception's name and its text, on one line."""
    text = make_harmless(" ".join(str(error).split())[:_MOST_CHARACTERS])
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def find_place(error: BaseException) -> str:
    """Return where it was raised: the innermost function of markerd on the way, or of a library where there is none."""
    frames = [
        (frame.f_globals.get("__name__", "?"), line, frame.f_code.co_name) for frame, line in _walk_traceback(error)
    ]
    ours = [frame for frame in frames if frame[0].startswith(_OURS)]
    if not frames:
        return "?"
    module, line, function = (ours or frames)[-1]
    return f"{module}:{line} {function}"


def _walk_traceback(error: BaseException) -> list[tuple[FrameType, int]]:
    return list(traceback.walk_tb(error.__traceback__))
