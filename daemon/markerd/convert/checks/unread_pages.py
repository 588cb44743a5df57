"""Pages of the document in work whose text is in doubt, and which OCR could not read either: for the log.

Their characters stay in the output as the document has them. The builder for OCR reports them here.
"""

from __future__ import annotations


class UnreadPages:
    """The unread pages of one document at a time, counted from 0."""

    def __init__(self) -> None:
        self._pages: set[int] = set()

    def add(self, page: int) -> None:
        self._pages.add(page)

    def take(self) -> list[int]:
        """Return the pages in order; then start anew."""
        taken = sorted(self._pages)
        self._pages.clear()
        return taken


unread = UnreadPages()
