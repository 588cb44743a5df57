"""The list of what hooks could not be told, read by others than the daemon."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from markerd.journal.deliveries import GivenUp, Lane, given_up_from_row
from markerd.journal.outbox import Waiting
from markerd.journal.read_only import ReadOnlyConnection


class GivenUpList:
    """What the journal at `path` holds of hooks, as of the moment of opening; see `ReadOnlyConnection`.

    Opening and every method raise UnavailableError.
    """

    def __init__(self, path: Path) -> None:
        self._connection = ReadOnlyConnection(path)

    def __enter__(self) -> GivenUpList:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def list_newest(self, hook: str | None, limit: int) -> list[GivenUp]:
        """List what was given up for hooks of this name, or for all, the newest first."""
        rows = self._connection.fetch(
            "SELECT * FROM deliveries WHERE state = 'given_up' AND (? IS NULL OR hook = ?) "
            "ORDER BY given_up_at DESC, id DESC LIMIT ?",
            hook, hook, limit,
        )  # fmt: skip
        return [given_up_from_row(row) for row in rows]

    def count_by_lane(self) -> dict[Lane, Waiting]:
        """Count what waits and what was given up for each hook that has anything, configured or not."""
        rows = self._connection.fetch(
            "SELECT folder, hook, sum(state != 'given_up') AS waiting, sum(state = 'given_up') AS given_up, "
            "min(CASE WHEN state = 'due' THEN at END) AS oldest_at FROM deliveries GROUP BY folder, hook"
        )
        return {
            Lane(os.fsdecode(row["folder"]), row["hook"]): Waiting(row["waiting"], row["given_up"], row["oldest_at"])
            for row in rows
        }

    def list_disabled(self) -> dict[Lane, str]:
        """List why hooks are disabled."""
        rows = self._connection.fetch("SELECT folder, hook, reason FROM disabled_hooks")
        return {Lane(os.fsdecode(row["folder"]), row["hook"]): row["reason"] for row in rows}
