"""Whether there is time for one more attachment before the mail's time limit. Pure."""

from __future__ import annotations

SHARE_OF_LIMIT = 0.8
"""The share of the time limit up to which attachments are converted. The rest is for one that takes longer a page than
those before it; to join the pieces takes some 0.01 s."""


class TimeBudget:
    """The time for the attachments of a mail: at its limit the converter is ended, and with it the mail.

    Times are in seconds of one clock; `began_s` is when the conversion of the mail began.
    """

    def __init__(self, began_s: float, limit_s: float) -> None:
        self._end_s = began_s + SHARE_OF_LIMIT * limit_s
        self._pages = 0
        self._spent_s = 0.0

    def suffices(self, pages: int, now_s: float) -> bool:
        """Whether so many pages can be done, if each takes as long as those before took on average."""
        a_page_s = self._spent_s / self._pages if self._pages else 0.0
        return now_s + pages * a_page_s <= self._end_s

    def spend(self, pages: int, seconds: float) -> None:
        """Count an attachment that was converted."""
        self._pages += pages
        self._spent_s += seconds
