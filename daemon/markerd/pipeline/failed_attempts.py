"""What becomes of a document whose attempt did not publish it: put back, tried again, dead, or an arrival anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from markerd.errors import (
    DocumentError,
    JournalError,
    ModelAwayError,
    SourceChangedError,
    StopNowError,
    StorageError,
    UnavailableError,
)
from markerd.journal import Document, Outcome
from markerd.journal.reader import JournalReader
from markerd.pipeline.attempt import Attempt
from markerd.pipeline.away_models import AwayModels
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.retries import Retries, compute_delay_s, is_tried_again
from markerd.pipeline.source_files import find_reason_to_leave_out
from markerd.pipeline.source_policy import Policies
from markerd.pipeline.spool import Spool
from markerd.values import State, make_printable


@dataclass(frozen=True)
class RetryLimits:
    """How often a document is tried, and how long it waits after its first failure."""

    max_attempts: int
    retry_delay_s: float


class FailedAttempts:
    """Called by the main loop's thread alone. `models` are those that are away, with the documents that wait."""

    def __init__(
        self,
        reader: JournalReader,
        spool: Spool,
        storage: Storage,
        policies: Policies,
        retries: Retries,
        plans: Mapping[str, FolderPlan],
        limits: RetryLimits,
        events: DocumentEvents,
        rescan: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._spool = spool
        self._storage = storage
        self._policies = policies
        self._retries = retries
        self._plans = plans
        self._limits = limits
        self._events = events
        self._rescan = rescan
        self.models = AwayModels(events)

    @contextmanager
    def handle(self, attempt: Attempt, is_alone: Callable[[], bool]) -> Iterator[None]:
        """Decide what becomes of the document when the work in the block fails.

        `is_alone` says whether it is the only document in work.
        Lets through what concerns more than this document, once it is put back: StopNowError, UnavailableError and
        JournalError.
        """
        try:
            yield
        except SourceChangedError as error:
            self._settle_again(attempt.document, error)
        except StopNowError as error:
            self._put_back(attempt, error)
            raise
        except StorageError as error:
            self._put_back_until_room(attempt, error, is_alone=is_alone())
        except ModelAwayError as error:
            self._put_back_until_back(attempt, error)
        except DocumentError as error:
            self._fail(attempt, error)
        except UnavailableError as error:  # the converter cannot be replaced now: not this document's fault
            self._put_back(attempt, error)
            raise
        except JournalError as error:  # nor this; what the spool held is free again, which may be the room it takes
            with suppress(JournalError):
                self._put_back(attempt, error)
            raise

    def _put_back(self, attempt: Attempt, error: Exception) -> None:
        reason = str(error) or "the daemon stops"
        self._events.record_put_back(attempt.document, reason, is_counted=attempt.is_counted)

    def _put_back_until_room(self, attempt: Attempt, error: StorageError, *, is_alone: bool) -> None:
        """Put the document back, uncounted and kept. Where there is room for it at once, though, and no other document
        is in work that may have taken it, it was this document that used it up."""
        reason = make_printable(str(error))
        if self._storage.has_room(error) and is_alone:
            self._fail(attempt, DocumentError(reason, kind="disk_full"))
            return
        document = attempt.document
        self._events.record_put_back(document, reason, State.QUEUED, is_counted=attempt.is_counted)
        concerns_all = error.place == self._spool.root
        for folder in self._plans if concerns_all else (document.folder,):
            self._storage.pause(folder, error, time.monotonic())
        self._storage.hold(document.folder, document.id)

    def _put_back_until_back(self, attempt: Attempt, error: ModelAwayError) -> None:
        """Put the document back, uncounted, until the model can be reached; it fails where it ends the model itself."""
        document = attempt.document
        if self.models.is_at_fault(document.id, error):
            self._fail(attempt, error)
            return
        self._events.record_put_back(document, str(error), State.QUEUED, is_counted=attempt.is_counted)
        self.models.hold(document.id, error, time.monotonic())

    def _fail(self, attempt: Attempt, error: DocumentError) -> None:
        attempt.count()
        document, seconds = attempt.document, {"total": attempt.measure_elapsed_s()}
        before = replace(document, attempts=document.attempts - 1)  # this attempt is no outcome in the journal yet
        earlier = [outcome.kind for outcome in self._reader.list_failed_attempts(before)]
        if is_tried_again(error, document.attempts, earlier, self._limits.max_attempts):
            self._try_again_later(document, Outcome(State.FAILED, error.kind, str(error), seconds=seconds))
        elif self._is_as_staged(document):
            self._give_up(attempt, Outcome(State.DEAD, error.kind, str(error), seconds=seconds, details=error.details))

    def _try_again_later(self, document: Document, outcome: Outcome) -> None:
        wait_s = compute_delay_s(document.attempts, self._limits.retry_delay_s)
        self._events.record_failed(document, outcome, time.time() + wait_s, wait_s)
        self._retries.add(document.id, time.monotonic() + wait_s)

    def _give_up(self, attempt: Attempt, outcome: Outcome) -> None:
        document = attempt.document

        def bury() -> bool:
            self._spool.discard(str(document.id))
            return self._policies.bury(document, attempt.plan, outcome)

        self._events.record_dead(document, outcome, bury)

    def _is_as_staged(self, document: Document) -> bool:
        """Asked before a document is called dead: a source that is not what failed is an arrival, or gone."""
        try:
            self._policies.demand_untouched(document)
        except SourceChangedError as error:
            if not self._leave_out(document):
                self._events.record_changed(document, str(error))
                self._rescan()
            return False
        return True

    def _settle_again(self, document: Document, error: SourceChangedError) -> None:
        if not self._leave_out(document):
            self._events.record_changed_while_staged(document, str(error))
            self._rescan()

    def _leave_out(self, document: Document) -> bool:
        """Forget the document where nothing is there any more to convert. Returns False where something is."""
        self._spool.discard(str(document.id))
        reason = find_reason_to_leave_out(document)
        if reason is None:
            return False
        self._events.record_vanished(document, reason)
        return True
