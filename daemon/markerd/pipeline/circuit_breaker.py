"""A converter that dies on one document after the other is broken itself; no more documents are spent on it then."""

from __future__ import annotations

from markerd.errors import UnavailableError

MOST_DEATHS = 5
"""So many different documents in a row are no accident: each may have been the fault of one, hardly of all."""


class Deaths:
    """On how many different documents the converter died since the last one that it converted."""

    def __init__(self) -> None:
        self._documents: set[int] = set()
        self._last_reason = ""

    def died(self, document_id: int, reason: str) -> None:
        self._documents.add(document_id)
        self._last_reason = reason

    def converted(self) -> None:
        self._documents.clear()

    def demand_converter(self) -> None:
        """Raises UnavailableError where it is the converter that is to blame."""
        if len(self._documents) >= MOST_DEATHS:
            raise UnavailableError(
                f"the converter died on {len(self._documents)} different documents and converted none between: it is "
                f"broken, or has too little memory; nothing more is converted now. The last time: {self._last_reason}"
            )
