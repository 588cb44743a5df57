"""A hook as the configuration describes it: what it wants to be told, and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass

from markerd.config.keys import Secret
from markerd.journal.deliveries import Lane
from markerd.values import Occasion


@dataclass(frozen=True)
class Program:
    """A program that is run for each event; see `config.hook_command` for its arguments."""

    run: tuple[str, ...]


@dataclass(frozen=True)
class Address:
    """An address that each event is sent to, signed with the secret.

    `private_hosts` are the names of hosts that may have private addresses. `content_bytes` is how long Markdown may be
    that is sent along, 0 for none.
    """

    url: str
    secret: Secret
    private_hosts: frozenset[str]
    content_bytes: int


@dataclass(frozen=True)
class Hook:
    """One hook of one hot folder. `timeout_s` bounds an attempt, `give_up_after_s` the time from the first failure."""

    lane: Lane
    occasions: frozenset[Occasion]
    target: Program | Address
    timeout_s: float
    give_up_after_s: float
