"""What the document in work wanted fetched, from the network or the disk, and did not get: for the log.

Whatever reads a document tells it here. Bounded: a page may name ten thousand pictures.
"""

from __future__ import annotations

from markerd.values import harmless

_MOST_NAMED = 10
_URL_LENGTH = 200


class RefusedFetches:
    """Of one document at a time."""

    def __init__(self) -> None:
        self._urls: dict[str, None] = {}
        self._count = 0

    def add(self, url: str) -> None:
        self._count += 1
        if len(self._urls) < _MOST_NAMED:
            self._urls[harmless(url[:_URL_LENGTH])] = None

    def take(self) -> tuple[list[str], int]:
        """The first few addresses, each once, and how many fetches were refused; then it begins anew."""
        taken = list(self._urls), self._count
        self._urls, self._count = {}, 0
        return taken


refused = RefusedFetches()
