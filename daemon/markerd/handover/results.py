"""How an attempt to deliver ends: in one of four ways, each of which says what only it can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivered:
    """The receiver has it. `exit_code` is that of a program."""

    exit_code: int | None = None


@dataclass(frozen=True)
class Failed:
    """It is tried again. `is_receivers`: it may well be the receiver that is away, not this event that it refuses.

    `retry_after_s` is what the receiver asked for, `last_output` what a program printed last.
    """

    reason: str
    is_receivers: bool = True
    exit_code: int | None = None
    retry_after_s: float | None = None
    last_output: Sequence[str] = ()


@dataclass(frozen=True)
class Gone:
    """The receiver wants nothing more, of no event."""

    reason: str


@dataclass(frozen=True)
class Interrupted:
    """The daemon stops, or the hook was changed: the attempt does not count."""


Result = Delivered | Failed | Gone | Interrupted
