"""The last snapshot, for the threads that answer requests: they never touch the loop or its parts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markerd.monitoring import status_file
from markerd.monitoring.status_file import Snapshot
from markerd.monitoring.web import health


@dataclass(frozen=True)
class _Posted:
    content: Mapping[str, Any]
    at_s: float


class Board:
    """A `Display`: the main thread posts, any thread reads. What is posted is a copy and never changed."""

    def __init__(self) -> None:
        self._posted = _Posted(status_file.build_content(Snapshot()), time.monotonic())

    def update(self, snapshot: Snapshot) -> None:
        # One assignment: readers see all of it or nothing.
        self._posted = _Posted(status_file.build_content(snapshot), time.monotonic())

    def read_content(self) -> dict[str, Any]:
        """Read the fields of `markerd status --json`, with the silence as it is now."""
        posted = self._posted
        content = {**posted.content, "silent_s": health.age_silence(posted.content, time.monotonic() - posted.at_s)}
        return {**content, "is_running": not health.find_faults_of_life(content)}
