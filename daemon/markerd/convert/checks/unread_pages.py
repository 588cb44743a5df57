"""Pages of the document in work whose text is in doubt and could not be read by OCR either: for the log.

Their characters stay in the output as the document has them. The builder tells it here.
"""

from __future__ import annotations


class UnreadPages:
    """Of one document at a time; pages are counted from 0."""

    def __init__(self) -> None:
        self._pages: set[int] = set()

    def add(self, page: int) -> None:
        self._pages.add(page)

    def take(self) -> list[int]:
        """The pages in order; then it begins anew."""
        taken = sorted(self._pages)
        self._pages.clear()
        return taken


unread = UnreadPages()
