"""One document's way: stage, convert, publish, journal, source policy. It ends published, skipped, dead or put back.

Or it waits: what a full disk, or one that is away, does not let through is put back, uncounted, and its hot folder
pauses until there is room.

The order is what makes a crash between any two steps recoverable: publish (a rename), then the journal, then the
source; and each step may be run twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.errors import (
    DocumentError,
    JournalError,
    PublishError,
    SourceChangedError,
    StopNowError,
    StorageError,
    UnavailableError,
)
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline import publish
from markerd.pipeline.conversion import Conversion
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.manifest import Manifest
from markerd.pipeline.output_slot import OutputSlot
from markerd.pipeline.provenance import describe
from markerd.pipeline.publish import Produced
from markerd.pipeline.retries import BEHIND, COSTLY, Retries, delay_s, is_tried_again
from markerd.pipeline.source_files import reason_to_leave_out
from markerd.pipeline.source_policy import Policies
from markerd.pipeline.spool import Job, Spool
from markerd.values import State, printable

_MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Of the configuration."""

    max_attempts: int
    retry_delay_s: float
    max_file_bytes: int


class Processing:
    """Called by the main loop's thread alone."""

    def __init__(
        self,
        journal: Journal,
        spool: Spool,
        conversion: Conversion,
        storage: Storage,
        plans: Mapping[str, FolderPlan],
        limits: Limits,
        log: Log,
        rescan: Callable[[], None],
    ) -> None:
        self.retries = Retries(journal.reader.get)
        for document in journal.reader.list_in_state(State.FAILED):
            # Never longer than at first: the clock may have been set back meanwhile.
            most_s = delay_s(document.attempts, limits.retry_delay_s)
            wait_s = min(max((document.retry_at or 0.0) - time.time(), 0.0), most_s)
            self.retries.add(document.id, time.monotonic() + wait_s)
        self.policies = Policies(journal, plans, storage, log, rescan)
        self.deaths = conversion.deaths
        self._journal = journal
        self._spool = spool
        self._conversion = conversion
        self.storage = storage
        self._plans = plans
        self._limits = limits
        self._log = log
        self._rescan = rescan

    def finish(self, document: Document) -> None:
        """Bring one document to its end, or keep it where its folder is paused.

        Raises StopNowError after having put it back.
        """
        plan = self._plans.get(document.folder)
        if plan is None or document.state not in (State.QUEUED, State.FAILED):
            return  # its folder left the configuration, or it was finished another way meanwhile
        if self.must_wait(document):
            return
        begun = time.monotonic()
        slot = plan.build_slot(document)
        self.policies.sweep_once(document, plan, slot)
        document = replace(document, attempts=self._journal.writer.begin_attempt(document.id))
        try:
            with self._staged(document) as job:
                document = replace(document, sha256=job.sha256)
                if not self._skip_if_published(document, plan, slot):
                    self._convert_and_publish(document, plan, slot, job, begun)
        except SourceChangedError as error:
            self._return_to_settling(document, error)
        except StopNowError as error:
            self._put_back(document, str(error))
            raise
        except StorageError as error:
            self._put_back_until_room(document, plan, error, begun)
        except DocumentError as error:
            self._fail(document, plan, error, begun)
        except UnavailableError as error:  # the converter cannot be replaced now: not this document's fault
            self._put_back(document, str(error))
            raise
        except JournalError as error:  # nor this; what the spool held is free again, which may be the room it takes
            with suppress(JournalError):
                self._put_back(document, str(error))
            raise

    @contextmanager
    def _staged(self, document: Document) -> Iterator[Job]:
        job = self._stage(document)
        try:
            self._journal.writer.record_staged(document.id, job.sha256)
            yield job
        except BaseException:
            self._spool.leave(job)
            raise
        self._spool.remove(job)

    def _stage(self, document: Document) -> Job:
        limit = self._limits.max_file_bytes
        if document.fingerprint.size > limit:
            raise DocumentError(
                f"{document.fingerprint.size / _MB:.1f} MB, more than converter.max_file_mb = {limit // _MB}",
                kind="too_large",
                is_permanent=True,
            )
        return self._spool.stage(str(document.id), Path(document.folder), document.path, document.fingerprint)

    def _skip_if_published(self, document: Document, plan: FolderPlan, slot: OutputSlot) -> bool:
        """The same bytes under the same path, their output still there and whole: nothing to convert."""
        found = publish.find_published(slot, document.sha256 or "", plan.formats)
        if found is None:
            return False
        reason = f"the same content is already published in {printable(str(found[0]))}"
        self._journal.outcomes.record_skipped(document, reason, policy_pending=True)
        self._log.info("document.skipped", **document.names, reason=reason)
        self.policies.settle(document, plan)
        return True

    def _convert_and_publish(
        self, document: Document, plan: FolderPlan, slot: OutputSlot, job: Job, begun: float
    ) -> None:
        staged = time.monotonic()
        info, result = self._conversion.convert(document, plan, job)
        converted = time.monotonic()
        seconds = {"stage": staged - begun, "convert": converted - staged}
        described = describe(document, plan, info, result, seconds)
        output = self._publish(slot, Produced(job.output_dir, result.artifacts), described)
        seconds["publish"] = time.monotonic() - converted
        degraded = len(result.quality.degraded_pages)
        outcome = Outcome(
            State.PUBLISHED, pages=result.pages, pages_degraded=degraded, model_set=info.model_set, seconds=seconds
        )
        self._journal.outcomes.record_published(document, output, outcome, job.sha256)
        self._log.info(
            "document.published",
            **document.names,
            output=printable(str(output)),
            pages=result.pages,
            images=result.images,
            attempt=document.attempts,
            size_bytes=job.size,
            model_set=info.model_set,
            worst_coverage=result.quality.worst_coverage,
            worst_page=result.quality.worst_page,
            degraded_pages=degraded,
            seconds=round(time.monotonic() - begun, 3),
            **{f"{stage}_seconds": round(duration, 3) for stage, duration in seconds.items()},
            waited_seconds=_waited(document),
        )
        self.storage.got_through(document.folder)
        self.policies.settle(document, plan)

    def _publish(self, slot: OutputSlot, produced: Produced, described: Manifest) -> Path:
        self.storage.check_there(slot.output)
        try:
            return publish.publish(slot, produced, described)
        except PublishError:
            self.storage.check_there(slot.output)  # should it have gone meanwhile, that is the reason
            raise

    # --- the ways it does not go --------------------------------------------------------------------------------

    def _return_to_settling(self, document: Document, error: SourceChangedError) -> None:
        if not self._left_out(document):
            self._log.info("document.put_back", **document.names, reason=str(error))

    def _left_out(self, document: Document) -> bool:
        """Whether nothing is there any more to convert; else the source settles again."""
        self._spool.discard(str(document.id))
        reason = reason_to_leave_out(document)
        if reason:
            self._journal.outcomes.record_vanished(document, reason)
            self._log.info("document.skipped", **document.names, reason=reason)
            return True
        self._journal.writer.settle_changed(document.id)
        self._rescan()
        return False

    def _put_back(self, document: Document, reason: str) -> None:
        self._journal.writer.put_back(document.id)
        self._log.info("document.put_back", **document.names, reason=reason or "the daemon stops")

    def _put_back_until_room(self, document: Document, plan: FolderPlan, error: StorageError, begun: float) -> None:
        """Uncounted, and kept. Where there is room for it at once, though, it was this document that used it up."""
        reason = printable(str(error))
        if self.storage.has_room(error):
            self._fail(document, plan, DocumentError(reason, kind="disk_full"), begun)
            return
        self._journal.writer.put_back(document.id, State.QUEUED)
        self._log.info("document.put_back", **document.names, reason=reason)
        everyone = error.place == self._spool.root
        for folder in self._plans if everyone else (document.folder,):
            self.storage.close(folder, error, time.monotonic())
        self.storage.hold(document.folder, document.id)

    def _fail(self, document: Document, plan: FolderPlan, error: DocumentError, begun: float) -> None:
        reason, seconds = str(error), {"total": time.monotonic() - begun}
        before = replace(document, attempts=document.attempts - 1)  # this one stands in no outcome yet
        earlier = [attempt.kind for attempt in self._journal.reader.list_failed_attempts(before)]
        if is_tried_again(error, document.attempts, earlier, self._limits.max_attempts):
            wait_s = delay_s(document.attempts, self._limits.retry_delay_s)
            self._journal.outcomes.record_failed(
                document, Outcome(State.FAILED, error.kind, reason, seconds=seconds), time.time() + wait_s
            )
            self.retries.add(document.id, time.monotonic() + wait_s)
            self._log.warning(
                "document.failed", **document.names, kind=error.kind, attempt=document.attempts,
                reason=f"{reason}; {BEHIND}" if error.kind in COSTLY else reason, retry_in_s=round(wait_s, 1),
            )  # fmt: skip
            return
        if not self._is_as_staged(document):
            return
        outcome = Outcome(State.DEAD, error.kind, reason, seconds=seconds, details=error.details)
        self._journal.outcomes.record_dead(document, outcome)
        self._spool.discard(str(document.id))
        if not self.policies.bury(document, plan, outcome):  # before it is told: who reads of it finds it there
            return
        self._log.error(
            "document.dead", **document.names, kind=error.kind, reason=reason, attempts=document.attempts,
            seconds=round(seconds["total"], 3), waited_seconds=_waited(document),
        )  # fmt: skip

    def _is_as_staged(self, document: Document) -> bool:
        """Asked before a document is called dead: what is not what failed is an arrival, or gone."""
        try:
            self.policies.demand_untouched(document)
        except SourceChangedError as error:
            if not self._left_out(document):
                self._log.warning("source.changed", **document.names, reason=str(error))
            return False
        return True

    def discard_unwanted_parts(self) -> None:
        """Of documents that went another way than through here: their source was taken away, or dropped anew."""
        for name in self._spool.jobs():
            if not self._journal.reader.is_unfinished(int(name)):
                self._spool.discard(name)

    # --- full disks -------------------------------------------------------------------------------------------------

    def must_wait(self, document: Document) -> bool:
        """Whether its folder is paused; then it is kept, and comes up again through `retries`."""
        plan = self._plans.get(document.folder)
        try:
            if plan is not None:
                self.storage.check_there(plan.output)
        except StorageError as error:
            self.storage.close(document.folder, error, time.monotonic())
        return self.storage.hold(document.folder, document.id)

    def look_for_room(self, now: float) -> None:
        """Serve again the folders whose disks have room, the documents that waited first."""
        released = self.storage.reopen(now)
        for document_id in (each for waited in released.values() for each in waited):
            self.retries.add(document_id, now)
        if released:
            self.policies.settle_all()


def _waited(document: Document) -> float:
    return round(max(time.time() - document.seen_at, 0.0), 3)
