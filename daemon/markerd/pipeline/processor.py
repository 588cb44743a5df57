"""One document's way: stage, convert, publish, journal, source policy. It ends published, skipped, dead or put back.

The way is a generator, because several documents are in work at once: it yields each task for the converters, and the
main loop resumes it with the outcome. So the code of one document reads from top to bottom.

Or it waits: a document that a full disk, or a disk that is away, does not let through is put back, uncounted, and its
hot folder pauses until there is room.

The order is what makes a crash between any two steps recoverable: publish (a rename), then the journal, then the
source; and each step may be run twice.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markerd.convert.protocol import ConversionResult
from markerd.errors import DocumentError, PublishError, SourceChangedError
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.pipeline import publish
from markerd.pipeline.attempt import Attempt
from markerd.pipeline.conversion import Conversion, Work
from markerd.pipeline.disk_space import Storage
from markerd.pipeline.document_events import DocumentEvents, measure_waited_s
from markerd.pipeline.failed_attempts import FailedAttempts, RetryLimits
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.manifest import Manifest
from markerd.pipeline.provenance import describe_output
from markerd.pipeline.publish import Produced
from markerd.pipeline.retries import load_retries
from markerd.pipeline.source_policy import Policies, SourcePolicies
from markerd.pipeline.spool import Job, Spool
from markerd.values import State

_MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What the configuration says about a document's size and attempts."""

    retry: RetryLimits
    max_file_bytes: int


class Processor:
    """Brings documents to their end. Called by the main loop's thread alone.

    `retries` are the documents that wait for another attempt, `policies` what is owed to sources, `storage` the folders
    that are paused, `models` those that are away, and `circuit_breaker` counts the converter's deaths.
    """

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
        policies: Policies | None = None,
    ) -> None:
        """Without `policies` sources are archived, kept, deleted or buried as the plan of their folder says."""
        self._events = DocumentEvents(journal, log)
        self.retries = load_retries(journal.reader, limits.retry.retry_delay_s)
        self.policies: Policies = policies or SourcePolicies(journal, plans, storage, self._events, log, rescan)
        self.circuit_breaker = conversion.circuit_breaker
        self.storage = storage
        self._journal = journal
        self._spool = spool
        self._conversion = conversion
        self._plans = plans
        self._max_file_bytes = limits.max_file_bytes
        self._published = self._in_work = 0
        self._failures = FailedAttempts(
            journal.reader, spool, storage, self.policies, self.retries, plans, limits.retry, self._events, rescan
        )
        self.models = self._failures.models

    def work(self, document: Document, order: int) -> Work[None]:
        """Bring one document to its end; `order` is its place among those that were begun.

        Raises StopNowError, UnavailableError and JournalError after having put it back.
        """
        yield from self._work(document, order)
        self._release(self.models.note_end(document.id))

    def _work(self, document: Document, order: int) -> Work[None]:
        plan = self._plans.get(document.folder)
        if plan is None or document.state not in (State.QUEUED, State.FAILED):
            return  # its folder left the configuration, or it was finished another way meanwhile
        if self.storage.must_wait(document, plan.output, time.monotonic()):
            return
        attempt = Attempt(document, plan, order, self._journal.writer, published_before=self._published)
        self.policies.sweep_once(document, plan, attempt.slot)
        attempt.claim()
        with self._count_in_work(), self._failures.handle(attempt, self._is_alone), self._stage(attempt) as job:
            if attempt.plan.is_always_converted or not self._skip_if_published(attempt):
                yield from self._convert_and_publish(attempt, job)

    def _is_alone(self) -> bool:
        return self._in_work == 1

    @contextmanager
    def _count_in_work(self) -> Iterator[None]:
        self._in_work += 1
        try:
            yield
        finally:
            self._in_work -= 1

    @contextmanager
    def _stage(self, attempt: Attempt) -> Iterator[Job]:
        """Copy the document into the spool; what fails in the block leaves the parts that are finished there."""
        document = attempt.document
        self._choose_plan(attempt)
        self._refuse_too_large(document)
        job = self._spool.stage(str(document.id), Path(document.folder), document.path, document.fingerprint)
        try:
            attempt.set_sha256(job.sha256)
            yield job
        except BaseException:
            self._spool.leave(job)
            raise
        self._spool.remove(job)

    def _choose_plan(self, attempt: Attempt) -> None:
        """Let the profiles in the hot folder have their say."""
        try:
            attempt.choose_plan()
        except OSError as error:
            if isinstance(error, (FileNotFoundError, NotADirectoryError)) or error.errno == errno.ELOOP:
                raise SourceChangedError(f"{attempt.document.source} is gone, or a folder on its way") from error
            raise DocumentError(f"its folder cannot be read: {error.strerror}", kind="permission") from error

    def _refuse_too_large(self, document: Document) -> None:
        if document.fingerprint.size > self._max_file_bytes:
            raise DocumentError(
                f"{document.fingerprint.size / _MB:.1f} MB, more than converter.max_file_mb = "
                f"{self._max_file_bytes // _MB}",
                kind="too_large",
                is_permanent=True,
            )

    def _skip_if_published(self, attempt: Attempt) -> bool:
        """The same bytes under the same path, their output still there and whole: nothing has to be converted."""
        document, plan = attempt.document, attempt.plan
        assert document.sha256 is not None
        found = publish.find_published(attempt.slot, document.sha256, plan.formats)
        if found is None:
            return False
        attempt.count()
        self._events.record_skipped(attempt.document, found[0])
        self.policies.settle(attempt.document, plan)
        return True

    def _convert_and_publish(self, attempt: Attempt, job: Job) -> Work[None]:
        attempt.end_stage("stage")
        info, result = yield from self._conversion.convert(attempt, job)
        attempt.end_stage("convert")
        described = describe_output(attempt.document, attempt.plan, info, result, attempt.seconds)
        output = self._publish(attempt, Produced(job.output_dir, result.artifacts), described)
        attempt.end_stage("publish")
        self._record_published(attempt, output, result, info.model_set)
        self.storage.note_success(attempt.document.folder)
        self.policies.settle(attempt.document, attempt.plan)

    def _publish(self, attempt: Attempt, produced: Produced, described: Manifest) -> Path:
        output = attempt.plan.output
        if attempt.published_before != self._published:
            attempt.renew_slot()
        self.storage.demand_there(output)
        try:
            return publish.publish(attempt.slot, produced, described)
        except PublishError:
            self.storage.demand_there(output)  # should it have gone meanwhile, that is the reason
            raise

    def _record_published(self, attempt: Attempt, output: Path, result: ConversionResult, model_set: str) -> None:
        self._published += 1
        quality, degraded = result.quality, len(result.quality.degraded_pages)
        outcome = Outcome(
            State.PUBLISHED, pages=result.pages, pages_degraded=degraded, model_set=model_set, seconds=attempt.seconds
        )
        details = {
            "images": result.images,
            "size_bytes": attempt.document.fingerprint.size,
            "worst_coverage": quality.worst_coverage,
            "worst_page": quality.worst_page,
            "degraded_pages": degraded,
            "seconds": round(attempt.measure_elapsed_s(), 3),
            **{f"{stage}_seconds": round(duration, 3) for stage, duration in attempt.seconds.items()},
            "waited_seconds": measure_waited_s(attempt.document),
        }
        self._events.record_published(attempt.document, output, outcome, details)

    # --- between documents --------------------------------------------------------------------------------------

    def discard_unwanted_parts(self) -> None:
        """Discard the parts of documents that were finished another way: their source was taken away, or dropped
        anew."""
        for name in self._spool.list_jobs():
            if not self._journal.reader.is_unfinished(int(name)):
                self._spool.discard(name)

    def _release(self, document_ids: Iterable[int]) -> None:
        for document_id in document_ids:
            self.retries.add(document_id, time.monotonic())

    def look_for_room(self, now: float) -> None:
        """Serve again the folders whose disks have room, the documents that waited first; try models that are away."""
        self._release(self.models.take_due(now))
        released = self.storage.resume(now)
        for document_id in (each for waited in released.values() for each in waited):
            self.retries.add(document_id, now)
        if released:
            self.policies.settle_all()
