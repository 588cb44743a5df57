"""What an actor notes of attempts by calls that come while it ends another one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from markerd.convert.ray.actor import ConverterActor

_DONE, _CALLS = 100, 20_000


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_attempts_that_are_taken_back_meanwhile_are_not_forgotten() -> None:
    """Ray runs these calls in another thread; and what is forgotten are the attempts that are over."""
    actor = ConverterActor.__new__(ConverterActor)  # its notes alone
    actor._recalled, actor._given_up = set(range(_DONE + 1)), dict.fromkeys(range(_DONE + 1), "over")

    def take_back() -> None:
        for number in range(_DONE + 1, _DONE + 1 + _CALLS):
            actor.recall(number)
            actor.give_up(number, "not wanted")

    thread = threading.Thread(target=take_back)
    thread.start()
    while thread.is_alive():
        actor._forget_until(_DONE)
    thread.join()
    later = set(range(_DONE + 1, _DONE + 1 + _CALLS))
    assert (actor._recalled, set(actor._given_up)) == (later, later)
