"""A converter that dies on one document after the other is broken itself: no more documents are spent on it then."""

from __future__ import annotations

from markerd.errors import UnavailableError

MOST_DEATHS = 5
"""So many different documents in a row are no accident: each death may be one document's fault, hardly all of them."""


class CircuitBreaker:
    """Counts the different documents on which the converter died since the last one that it converted."""

    def __init__(self) -> None:
        self._documents: set[int] = set()
        self._last_reason = ""

    def record_death(self, document_id: int, reason: str) -> None:
        """The converter died on this document."""
        self._documents.add(document_id)
        self._last_reason = reason

    def record_success(self) -> None:
        """The converter has converted something."""
        self._documents.clear()

    def demand_closed(self) -> None:
        """Raises UnavailableError where it is the converter that is to blame."""
        if len(self._documents) >= MOST_DEATHS:
            raise UnavailableError(
                f"the converter died on {len(self._documents)} different documents and converted none between: it is "
                f"broken, or has too little memory; nothing more is converted now. The last time: {self._last_reason}"
            )
