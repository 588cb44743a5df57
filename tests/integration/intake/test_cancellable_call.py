"""Work that takes long is waited for without looking hung."""

from __future__ import annotations

import threading

import pytest

from harness import wait_until
from markerd.intake.cancellable_call import call_cancellable


def test_result_or_error_of_the_work_is_passed_on() -> None:
    """As if it had been called."""
    assert call_cancellable(lambda: 7, lambda: True, discard=lambda _: None) == 7

    def fail() -> int:
        raise PermissionError("no")

    with pytest.raises(PermissionError, match="no"):
        call_cancellable(fail, lambda: True, discard=lambda _: None)


def test_keep_going_is_asked_while_the_work_runs() -> None:
    """Asked again and again until the work is done."""
    asked = threading.Event()

    def keep_going() -> bool:
        asked.set()
        return True

    assert call_cancellable(lambda: asked.wait(30), keep_going, discard=lambda _: None)


def test_late_result_is_discarded() -> None:
    """An observer that nobody waits for any more is stopped, once it is there."""
    may_end, discarded = threading.Event(), list[bool]()
    assert call_cancellable(lambda: may_end.wait(30), lambda: False, discard=discarded.append) is None
    assert discarded == []
    may_end.set()
    wait_until(lambda: discarded == [True], 30)
