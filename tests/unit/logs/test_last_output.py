"""What is kept of a converter's output for the record of its death."""

from __future__ import annotations

from collections import deque

from markerd.logs.child_output import keep_last

CRASH = "Fatal Python error: Segmentation fault"


def kept(*lines: str, most: int = 3) -> list[str]:
    found: deque[str] = deque(maxlen=most)
    for line in lines:
        keep_last(found, line)
    return list(found)


def test_last_lines_stay() -> None:
    assert kept("a", "b", "c", "d") == ["b", "c", "d"]


def test_first_lines_of_a_crash_stay() -> None:
    """However many threads are listed after the one that crashed."""
    assert kept("a", "b", CRASH, "at", "in", "other", "thread") == [CRASH, "at", "in"]


def test_second_crash_replaces_the_first() -> None:
    assert kept(CRASH, "at", "in", "other", CRASH, "here") == [CRASH, "here"]
