"""The models that cannot be reached now, and the documents that wait for them.

That is no document's fault: no attempt is counted. After a while one document is tried; once it came to its end, the
model is back, and the others follow. Documents that need no such model go on all the time.

A document may itself be what ends a model, such as a picture at which its server crashes. So the documents take turns
at being tried, and one at which the model has left again and again is at fault.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from markerd.errors import ModelAwayError, UnavailableError
from markerd.pipeline.document_events import DocumentEvents
from markerd.values import count_with_noun, make_printable

FIRST_TRY_S = 2.0
LAST_TRY_S = 60.0
MOST_DEPARTURES = 3
"""So often a model may leave while one document is in work: a server that is stopped or recycled leaves once."""


@dataclass
class _Away:
    """A model that is away: the documents that wait, in order, and `scout`, the one that is tried meanwhile."""

    reason: str
    try_at: float
    delay_s: float = FIRST_TRY_S
    waiting: dict[int, None] = field(default_factory=dict)
    scout: int | None = None


class AwayModels:
    """Called by the main loop's thread alone. Times are those of the monotonic clock."""

    def __init__(self, events: DocumentEvents) -> None:
        self._events = events
        self._away: dict[str, _Away] = {}
        self._departures: dict[int, int] = {}
        """How often a model has left while a document was in work, by the document."""

    @property
    def reasons(self) -> dict[str, str]:
        """Maps each model that is away to the reason."""
        return {model: away.reason for model, away in self._away.items()}

    def describe(self) -> list[dict[str, Any]]:
        """Describe them for the status; a document that is tried now counts as waiting."""
        counts = {model: len(away.waiting) + (away.scout is not None) for model, away in self._away.items()}
        return [
            {"model": model, "reason": make_printable(away.reason), "waiting": counts[model]}
            for model, away in self._away.items()
        ]

    def count_waiting(self) -> int:
        return sum(len(away.waiting) for away in self._away.values())

    def hold(self, document_id: int, error: ModelAwayError, now: float) -> None:
        """Keep a document that needs the model; the log says once that it is away. The wait grows up to a minute.

        A document that was tried in vain waits behind the others from now on.
        """
        away = self._away.get(error.model)
        if away is None:
            away = self._away[error.model] = _Away(str(error), now + FIRST_TRY_S)
            self._events.log_model_away(error.model, str(error))
        elif away.scout == document_id:
            away.delay_s = min(2 * away.delay_s, LAST_TRY_S)
            away.try_at, away.scout, away.reason = now + away.delay_s, None, str(error)
        away.waiting.setdefault(document_id)

    def is_at_fault(self, document_id: int, error: ModelAwayError) -> bool:
        """Count that the model has left, if it has; return whether the document is to answer for it."""
        count = self._departures.pop(document_id, 0) + error.has_left
        if count > MOST_DEPARTURES:
            return True
        if count:
            self._departures[document_id] = count
        return False

    def take_due(self, now: float) -> list[int]:
        """Return the document that is to be tried for each model whose time has come; `note_end` must follow."""
        scouts = []
        for away in self._away.values():
            if away.scout is None and away.try_at <= now:
                away.scout = next(iter(away.waiting))
                del away.waiting[away.scout]
                scouts.append(away.scout)
        return scouts

    def note_end(self, document_id: int) -> list[int]:
        """Note that work on a document ended. Return the documents that need not wait any more.

        Unless the document waits for it still, or again, the model for which it was tried counts as back.
        """
        released: list[int] = []
        for model, away in list(self._away.items()):
            if away.scout == document_id:
                del self._away[model]
                released += away.waiting
                self._events.log_model_back(model, 1 + len(away.waiting))
        if not any(document_id in away.waiting for away in self._away.values()):
            self._departures.pop(document_id, None)
        return released

    def is_any_coming(self, coming: Set[str]) -> bool:
        """Whether documents wait for one of these models, which will be there without anybody doing anything."""
        return any(away.waiting and model in coming for model, away in self._away.items())

    def demand_none(self) -> None:
        """Raises UnavailableError where documents wait, with the reasons."""
        if waiting := self.count_waiting():
            wait = "waits" if waiting == 1 else "wait"
            raise UnavailableError(f"{count_with_noun(waiting, 'document')} {wait}: {'; '.join(self.reasons.values())}")
