"""Waiting for pipes, however many descriptors the process has."""

from __future__ import annotations

import os
import resource

import pytest

from markerd.files.readiness import wait_until_readable


def test_descriptor_above_the_limit_of_select_is_waited_for() -> None:
    """A daemon with many converters has such descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft <= 1100:
        pytest.skip("too few descriptors are allowed")
    reading, writing = os.pipe()
    high = 1090
    os.dup2(reading, high)
    try:
        assert wait_until_readable([high], 0.0) == set()
        os.write(writing, b"x")
        assert wait_until_readable([high], 60.0) == {high}
    finally:
        for descriptor in (reading, writing, high):
            os.close(descriptor)


def test_end_of_a_pipe_counts_as_readable() -> None:
    """So that the end of a converter ends the wait."""
    reading, writing = os.pipe()
    os.close(writing)
    try:
        assert wait_until_readable([reading], 60.0) == {reading}
    finally:
        os.close(reading)
