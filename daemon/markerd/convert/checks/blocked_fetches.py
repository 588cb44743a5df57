"""The addresses that the document in work wanted fetched, from the network or the disk, and did not get: for the log.

Every reader of a document reports them here. The list is bounded, because a page may name ten thousand pictures.
"""

from __future__ import annotations

from markerd.values import make_harmless

_MOST_NAMED = 10
_URL_LENGTH = 200


class RefusedFetches:
    """The refused fetches of one document at a time."""

    def __init__(self) -> None:
        self._urls: dict[str, None] = {}
        self._count = 0

    def add(self, url: str) -> None:
        self._count += 1
        if len(self._urls) < _MOST_NAMED:
            self._urls[make_harmless(url[:_URL_LENGTH])] = None

    def take(self) -> tuple[list[str], int]:
        """Return the first few addresses, each once, and the number of refused fetches; then start anew."""
        taken = list(self._urls), self._count
        self._urls, self._count = {}, 0
        return taken


refused = RefusedFetches()
