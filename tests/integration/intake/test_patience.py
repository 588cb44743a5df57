"""Work that takes long is waited for without looking hung."""

from __future__ import annotations

import threading

import pytest

from harness import wait_until
from markerd.intake.cancellable_call import call_cancellable


def test_what_the_work_gives_or_raises() -> None:
    """As if it had been called."""
    assert call_cancellable(lambda: 7, lambda: True, discard=lambda _: None) == 7

    def fail() -> int:
        raise PermissionError("no")

    with pytest.raises(PermissionError, match="no"):
        call_cancellable(fail, lambda: True, discard=lambda _: None)


def test_life_is_shown_while_it_is_waited_for() -> None:
    """Asked again and again until the work is done."""
    asked = threading.Event()

    def keep_going() -> bool:
        asked.set()
        return True

    assert call_cancellable(lambda: asked.wait(30), keep_going, discard=lambda _: None)


def test_what_comes_too_late_is_discarded() -> None:
    """An observer that nobody waits for any more is stopped, once it is there."""
    may_end, discarded = threading.Event(), list[bool]()
    assert call_cancellable(lambda: may_end.wait(30), lambda: False, discard=discarded.append) is None
    assert discarded == []
    may_end.set()
    wait_until(lambda: discarded == [True], 30)
