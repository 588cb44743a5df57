"""Waits for pipes: by poll(2), because select(2) cannot take a descriptor above 1023, which many converters reach."""

from __future__ import annotations

import math
import select
from collections.abc import Iterable


def wait_until_readable(descriptors: Iterable[int], timeout_s: float | None) -> set[int]:
    """Wait until one of the descriptors can be read, or is at its end, or the time is over; return those that can.

    Without a time, wait as long as it takes.
    """
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in waiting.poll(None if timeout_s is None else math.ceil(1000 * timeout_s))}
