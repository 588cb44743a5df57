"""How one document is converted: at once, or, where it is big, in parts that are kept and then joined.

It is a generator: it yields tasks for the converters, and is resumed with the outcome of each. Finished parts stay
where the attempt ends in mid-document, whoever ended it: the next attempt goes on behind them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterInfo, JoinRequest
from markerd.convert.protocol.pool import Pool, Task, TaskOutcome
from markerd.errors import NO_ROOM, ConverterDiedError, DocumentError
from markerd.files import trees
from markerd.journal import Document
from markerd.pipeline.attempt import Attempt
from markerd.pipeline.circuit_breaker import CircuitBreaker
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.part_store import Parts
from markerd.pipeline.progress import Progress, measure_progress
from markerd.pipeline.retries import FAULT_ATTEMPTS
from markerd.pipeline.spool import Job, Spool
from markerd.values import make_printable

_Value = TypeVar("_Value")
Work = Generator[Sequence[Task], TaskOutcome, _Value]
"""What is done with a document: it yields tasks for the converters, and is resumed with the outcome of each of them.

Where it is resumed while others of its tasks are in work, it may yield none. What is in work at its end is dropped."""


class Watcher(Protocol):
    """Shows which documents are in work, and how far each is; `number` is that of the document in the journal."""

    def show_converting(self, number: int, document: str) -> None: ...
    def show_progress(self, number: int, progress: Progress) -> None: ...


class Conversion:
    """Called by the main loop's thread alone.

    No document counts as big where `part_pages` is 0. `between_parts` is called before each part but the first, and
    may raise StopNowError.
    """

    def __init__(
        self,
        pool: Pool,
        spool: Spool,
        events: DocumentEvents,
        watcher: Watcher,
        *,
        part_pages: int,
        between_parts: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._spool = spool
        self._events = events
        self.circuit_breaker = CircuitBreaker()
        self._watcher = watcher
        self._part_pages = part_pages
        self._between_parts = between_parts

    def convert(self, attempt: Attempt, job: Job) -> Work[tuple[ConverterInfo, ConversionResult]]:
        """Convert the staged document into `job.output_dir`.

        Raises DocumentError, StorageError, StopNowError, UnavailableError.
        """
        try:
            result = yield from self._convert_whole_or_in_parts(attempt, job)
            return self._pool.info, result
        except ConverterDiedError as error:
            self.circuit_breaker.record_death(attempt.document.id, str(error))
            raise
        except DocumentError as error:
            raise self._spool.explain_full("the converter filled it") if error.kind == "disk_full" else error from error
        except FileNotFoundError as error:  # only by somebody else: the next attempt makes the spool anew
            raise DocumentError("the spool was removed while the document was converted") from error
        except OSError as error:
            raise self._spool.explain_full(str(error)) if error.errno in NO_ROOM else error from error

    def _convert_whole_or_in_parts(self, attempt: Attempt, job: Job) -> Work[ConversionResult]:
        request = _build_request(attempt, job)
        if self._part_pages == 0:
            outcome = yield (self._build_task(attempt, job, request),)
            return self._take_result(outcome)
        parts = Parts(job.folder, build_key(job, attempt.plan, self._pool.info), self._part_pages)
        pages_before = parts.pages_done
        seconds: Counter[str] = Counter()
        if parts.pages is None:
            first = yield from self._convert_first_part(attempt, request, parts, job)
            if not first.is_part:
                return first
            seconds.update(first.seconds)
            self._report_progress(attempt.document, _measure_progress(attempt, parts, pages_before))
        yield from self._convert_missing_parts(attempt, request, parts, job, seconds)
        joined = yield from self._join(attempt, request, parts, job)
        return replace(joined, seconds={**seconds, **joined.seconds})

    def _convert_first_part(
        self, attempt: Attempt, request: ConversionRequest, parts: Parts, job: Job
    ) -> Work[ConversionResult]:
        """Convert the first part, or the whole document where it has no more pages than a part."""
        outcome = yield (self._build_task(attempt, job, self._request_part(request, parts, 0, job), parts),)
        result = self._take_result(outcome)
        if result.is_part:
            parts.add(0, result.pages, job.output_dir, job.kept_dir)
        return result

    def _convert_missing_parts(
        self, attempt: Attempt, request: ConversionRequest, parts: Parts, job: Job, seconds: Counter[str]
    ) -> Work[None]:
        """Convert the parts one after another, and more at once where converters have nothing to do.

        `seconds` adds up what the stages of all parts took.
        """
        pages_before, places = parts.pages_done, dict[int, Job]()
        while parts.missing:
            self._between_parts()
            begun = {number: job.beside(number) for number in self._choose_parts(parts, places)}
            places.update(begun)
            requests = [self._request_part(request, parts, number, place) for number, place in begun.items()]
            outcome = yield [self._build_task(attempt, job, each, parts) for each in requests]
            result, number = self._take_result(outcome), _get_part(outcome)
            if not result.is_part:
                raise ConverterDiedError("it took a part for the whole document")
            place = places.pop(number)
            parts.add(number, result.pages, place.output_dir, place.kept_dir)
            trees.remove(place.folder)
            seconds.update(result.seconds)
            self._report_progress(attempt.document, _measure_progress(attempt, parts, pages_before))

    def _choose_parts(self, parts: Parts, in_work: Collection[int]) -> list[int]:
        """Choose the parts to begin with now: at least one is always in work."""
        room = max(self._pool.spare, 0 if in_work else 1)
        return [number for number in parts.missing if number not in in_work][:room]

    def _request_part(self, request: ConversionRequest, parts: Parts, number: int, place: Job) -> ConversionRequest:
        """Request the part of that number, in the folders of that place."""
        place.renew()
        parts.link_kept(place.kept_dir)
        return replace(
            request,
            output_dir=str(place.output_dir),
            scratch_dir=str(place.scratch_dir),
            kept_dir=str(place.kept_dir),
            part_pages=self._part_pages,
            part=number,
        )

    def _join(self, attempt: Attempt, request: ConversionRequest, parts: Parts, job: Job) -> Work[ConversionResult]:
        job.renew()
        parts.link_all(job.joined_dir)
        joining = JoinRequest(
            document=request.document,
            parts_dir=str(job.joined_dir),
            output_dir=request.output_dir,
            scratch_dir=request.scratch_dir,
            formats=request.formats,
            options=request.options,
            pages=parts.pages or 0,
        )
        outcome = yield (self._build_task(attempt, job, joining, parts),)
        return self._take_result(outcome)

    def _build_task(
        self, attempt: Attempt, job: Job, request: ConversionRequest | JoinRequest, parts: Parts | None = None
    ) -> Task:
        """Build the task for a converter. The attempt begins when a converter takes its first one."""

        def on_start() -> None:
            if attempt.begin():
                self._watcher.show_converting(attempt.document.id, make_printable(attempt.document.path))
                self._events.log_converting(attempt.document, job.size)
                if parts is not None and parts.pages is not None:  # parts of an earlier attempt
                    self._report_progress(attempt.document, Progress(parts.pages_done, parts.pages))

        def on_pages(pages: int) -> None:
            if isinstance(request, ConversionRequest) and request.part == 0:
                self._watcher.show_progress(attempt.document.id, Progress(0, pages))
                self._events.log_page_count(attempt.document, pages)

        is_renewed = attempt.document.attempts + (not attempt.is_counted) < FAULT_ATTEMPTS
        return Task(attempt.order, request, on_start, on_pages, is_renewed)

    def _take_result(self, outcome: TaskOutcome) -> ConversionResult:
        result = outcome.take_result()
        self.circuit_breaker.record_success()
        return result

    def _report_progress(self, document: Document, progress: Progress) -> None:
        self._watcher.show_progress(document.id, progress)
        self._events.record_progress(document, progress)


def _get_part(outcome: TaskOutcome) -> int:
    request = outcome.task.request
    assert isinstance(request, ConversionRequest)
    return request.part


def _measure_progress(attempt: Attempt, parts: Parts, pages_before: int) -> Progress:
    """Measure how far the document is, of which `pages_before` pages were done before this attempt."""
    seconds = attempt.measure_stage_s()
    return measure_progress(parts.pages_done, parts.pages or 0, pages_before=pages_before, seconds=seconds)


def _build_request(attempt: Attempt, job: Job) -> ConversionRequest:
    plan = attempt.plan
    return ConversionRequest(
        document=make_printable(attempt.document.path),
        source=str(job.source),
        output_dir=str(job.output_dir),
        scratch_dir=str(job.scratch_dir),
        formats=plan.formats,
        options=plan.options,
    )


def build_key(job: Job, plan: FolderPlan, info: ConverterInfo) -> dict[str, Any]:
    """Build the key that says what a part depends on: the same key, the same part."""
    return {
        "sha256": job.sha256,
        "formats": list(plan.formats),
        "options": dict(plan.options),
        "model_set": info.model_set,
        "versions": dict(info.versions),
    }
