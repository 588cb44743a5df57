"""Sends a webhook to a receiver of the tests."""

from __future__ import annotations

from handing_over import QUICK
from markerd.config.keys import Secret
from markerd.handover.hook import Address
from markerd.handover.results import Failed, Result
from markerd.handover.webhook import load_certificates, post
from markerd.journal.deliveries import Delivery
from receivers import SECRET, Habit, Receiver, receiver

NOW = 1_800_000_000.0
OWN = frozenset({"localhost"})


def send(
    url: str, delivery: Delivery, *, hosts: frozenset[str] = OWN, timeout_s: float = 20.0, content_bytes: int = 0
) -> Result:
    address = Address(url, Secret(SECRET), hosts, content_bytes)
    return post(address, delivery, timeout_s, load_certificates(address), NOW, QUICK)


def send_to(habit: Habit, delivery: Delivery, timeout_s: float = 20.0) -> tuple[Result, Receiver]:
    with receiver(habit) as own:
        return send(own.url, delivery, timeout_s=timeout_s), own


def reason_of(result: Result) -> str:
    assert isinstance(result, Failed)
    assert "t0ken" not in result.reason
    return result.reason
