"""What happens to documents: each event is written to the journal first and then to the log, here and nowhere else.

Whoever reads of it in the log finds it in the journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline.progress import Progress
from markerd.pipeline.retries import BEHIND, COSTLY
from markerd.values import State, make_printable


class DocumentEvents:
    """Called by the main loop's thread alone. Every method raises JournalError, and then has logged nothing."""

    def __init__(self, journal: Journal, log: Log) -> None:
        self._journal = journal
        self._log = log

    # --- on the way ---------------------------------------------------------------------------------------------

    def log_converting(self, document: Document, size_bytes: int) -> None:
        """Log that the converter gets the document. The journal knows since the attempt began."""
        self._log.info("document.converting", **document.names, attempt=document.attempts, size_bytes=size_bytes)

    def log_page_count(self, document: Document, pages: int) -> None:
        """Log how many pages the converter has found, for those who debug."""
        self._log.debug("document.progress", **document.names, **asdict(Progress(0, pages)))

    def record_progress(self, document: Document, progress: Progress) -> None:
        """Record how far a document is that is converted in parts."""
        self._journal.writer.record_progress(document.id, progress.pages_done, progress.pages)
        self._log.info("document.progress", **document.names, **asdict(progress))

    def record_put_back(
        self, document: Document, reason: str, state: State = State.SEEN, *, is_counted: bool = True
    ) -> None:
        """Record that the attempt was broken off through no fault of the document, and does not count.

        `is_counted`: the journal has counted it already, and takes that back.
        """
        self._journal.writer.put_back(document.id, state, is_counted=is_counted)
        self._log.info("document.put_back", **document.names, reason=reason)

    def log_model_away(self, model: str, reason: str) -> None:
        """Log that documents begin to wait for a model."""
        self._log.warning("model.away", model=model, reason=reason)

    def log_model_back(self, model: str, waited: int) -> None:
        """Log that a model can be reached again, and how many documents waited."""
        self._log.info("model.back", model=model, waited=waited)

    # --- outcomes -----------------------------------------------------------------------------------------------

    def record_published(
        self, document: Document, output: Path, outcome: Outcome, details: Mapping[str, Any] | None = None
    ) -> None:
        """Record that the staged document lies in the folder `output`. `details` are further fields of the log."""
        assert document.sha256 is not None
        self._journal.outcomes.record_published(document, output, outcome, document.sha256)
        self._log.info(
            "document.published", **document.names, output=make_printable(str(output)), pages=outcome.pages,
            attempt=document.attempts, model_set=outcome.model_set, **(details or {}),
        )  # fmt: skip

    def record_skipped(self, document: Document, output: Path) -> None:
        """Record that the same content is published in the folder `output` already."""
        reason = f"the same content is already published in {make_printable(str(output))}"
        self._journal.outcomes.record_skipped(document, reason, policy_pending=True, output=output)
        self._log.info("document.skipped", **document.names, reason=reason)

    def record_vanished(self, document: Document, reason: str) -> None:
        """Record that nothing is there any more to convert."""
        self._journal.outcomes.record_vanished(document, reason)
        self._log.info("document.skipped", **document.names, reason=reason)

    def record_failed(self, document: Document, outcome: Outcome, retry_at: float, retry_in_s: float) -> None:
        """Record an attempt that is followed by another one in `retry_in_s` seconds, which is at `retry_at`."""
        self._journal.outcomes.record_failed(document, outcome, retry_at)
        self._log.warning(
            "document.failed", **document.names, kind=outcome.kind, attempt=document.attempts,
            reason=f"{outcome.reason}; {BEHIND}" if outcome.kind in COSTLY else outcome.reason,
            retry_in_s=round(retry_in_s, 1),
        )  # fmt: skip

    def record_dead(self, document: Document, outcome: Outcome, bury: Callable[[], bool] = lambda: True) -> None:
        """Record that markerd gave up on the document.

        `bury` moves the source to `failed` before the log says so: whoever reads of it finds it there. It returns
        False where the source is an arrival again instead, of which the log has been told otherwise.
        """
        self._journal.outcomes.record_dead(document, outcome)
        if not bury():
            return
        durations = {}
        if outcome.seconds is not None:
            durations = {"seconds": round(outcome.seconds["total"], 3), "waited_seconds": measure_waited_s(document)}
        self._log.error(
            "document.dead", **document.names, kind=outcome.kind, reason=outcome.reason, attempts=document.attempts,
            **durations,
        )  # fmt: skip

    # --- sources that changed ------------------------------------------------------------------------------------

    def record_changed_while_staged(self, document: Document, reason: str) -> None:
        """Record that the source changed before it was read to its end: it settles again."""
        self._journal.writer.settle_changed(document.id)
        self._log.info("document.put_back", **document.names, reason=reason)

    def record_changed(self, document: Document, reason: str) -> None:
        """Record that the source is not what the attempt was made on: it settles again."""
        self._journal.writer.settle_changed(document.id)
        self._log.warning("source.changed", **document.names, reason=reason)

    def record_unconverted(self, document: Document, reason: str) -> None:
        """Record, once, that the source which is still owed its policy is not what was converted: it settles again."""
        if self._journal.writer.settle_unconverted(document.id):
            self._log.warning("source.changed", **document.names, reason=reason)


def measure_waited_s(document: Document) -> float:
    """Seconds since the document was seen, never negative, to the millisecond."""
    return round(max(time.time() - document.seen_at, 0.0), 3)
