"""How one document is converted: at once, or, where it is big, in parts that are kept and then joined.

Finished parts stay where the attempt ends in mid-document, whoever ended it: the next attempt goes on behind them.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from markerd.convert.protocol import ConversionRequest, ConversionResult, Converter, ConverterInfo, JoinRequest
from markerd.errors import NO_ROOM, ConverterDiedError, DocumentError
from markerd.journal import Document
from markerd.logs import Log
from markerd.pipeline.circuit_breaker import CircuitBreaker
from markerd.pipeline.document_events import DocumentEvents
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.part_store import Parts
from markerd.pipeline.progress import Progress, measure_progress
from markerd.pipeline.retries import FAULT_ATTEMPTS
from markerd.pipeline.spool import Job, Spool
from markerd.values import make_printable


class Watcher(Protocol):
    """Shows which document is in work, and how far it is."""

    def show_converting(self, document: str) -> None: ...
    def show_progress(self, progress: Progress) -> None: ...


class Conversion:
    """Called by the main loop's thread alone.

    No document counts as big where `part_pages` is 0. `between_parts` is called before each part but the first, and
    may raise StopNowError.
    """

    def __init__(
        self,
        converter: Converter,
        spool: Spool,
        events: DocumentEvents,
        watcher: Watcher,
        log: Log,
        *,
        part_pages: int,
        between_parts: Callable[[], None],
    ) -> None:
        self._converter = converter
        self._spool = spool
        self._events = events
        self.circuit_breaker = CircuitBreaker()
        self._watcher = watcher
        self._log = log
        self._part_pages = part_pages
        self._between_parts = between_parts

    def convert(self, document: Document, plan: FolderPlan, job: Job) -> tuple[ConverterInfo, ConversionResult]:
        """Convert the staged document into `job.output_dir`.

        Raises DocumentError, StorageError, StopNowError, UnavailableError.
        """
        self._watcher.show_converting(make_printable(document.path))
        self._events.log_converting(document, job.size)
        try:
            self._renew_converter_without_home()
            info = self._converter.start()
            return info, self._convert_whole_or_in_parts(document, plan, job, info)
        except ConverterDiedError as error:
            self.circuit_breaker.record_death(document.id, str(error))
            raise
        except DocumentError as error:
            if error.is_fault and not error.is_permanent and document.attempts < FAULT_ATTEMPTS:
                self._converter.recycle("a fault in code stopped a document, which is tried again in a fresh converter")
            raise self._spool.explain_full("the converter filled it") if error.kind == "disk_full" else error from error
        except FileNotFoundError as error:  # only by somebody else: the next attempt makes the spool anew
            raise DocumentError("the spool was removed while the document was converted") from error
        except OSError as error:
            raise self._spool.explain_full(str(error)) if error.errno in NO_ROOM else error from error

    def _renew_converter_without_home(self) -> None:
        """Stop the converter where somebody removed the spool: a process cannot get another folder once it is
        confined."""
        is_process = self._converter.state().pid not in (None, os.getpid())
        if is_process and not self._spool.has_home_of_converter():
            self._log.warning("spool.renewed", spool=make_printable(str(self._spool.root)))
            self._converter.stop()

    def _convert_whole_or_in_parts(
        self, document: Document, plan: FolderPlan, job: Job, info: ConverterInfo
    ) -> ConversionResult:
        request = _build_request(document, plan, job)
        if self._part_pages == 0:
            return self._request(document, request)
        parts = Parts(job.folder, build_key(job, plan, info), self._part_pages)
        start = _Start(time.monotonic(), parts.pages_done)
        if parts.pages is not None:
            self._report_progress(document, Progress(parts.pages_done, parts.pages))
        seconds: Counter[str] = Counter()
        while parts.pages is None or parts.finished < parts.count:
            result = self._convert_part(document, request, parts, job)
            if not result.is_part:
                return result
            seconds.update(result.seconds)
            self._report_progress(document, start.measure_progress(parts))
        joined = self._join(request, parts, job)
        return replace(joined, seconds={**seconds, **joined.seconds})

    def _convert_part(self, document: Document, request: ConversionRequest, parts: Parts, job: Job) -> ConversionResult:
        """Convert the next part, or the whole document where it has no more pages than a part."""
        if parts.pages is not None:
            self._between_parts()
        job.renew()
        parts.link_kept(job.kept_dir)
        request = replace(request, part_pages=self._part_pages, part=parts.finished, kept_dir=str(job.kept_dir))
        result = self._request(document, request)
        if result.is_part:
            parts.add(result.pages, job.output_dir, job.kept_dir)
        elif parts.pages is not None:
            raise ConverterDiedError("it took a part for the whole document")
        return result

    def _join(self, request: ConversionRequest, parts: Parts, job: Job) -> ConversionResult:
        job.renew()
        parts.link_all(job.joined_dir)
        return self._converter.join(
            JoinRequest(
                document=request.document,
                parts_dir=str(job.joined_dir),
                output_dir=request.output_dir,
                scratch_dir=request.scratch_dir,
                formats=request.formats,
                options=request.options,
                pages=parts.pages or 0,
            )
        )

    def _request(self, document: Document, request: ConversionRequest) -> ConversionResult:
        def on_pages(pages: int) -> None:
            if request.part == 0:
                self._watcher.show_progress(Progress(0, pages))
                self._events.log_page_count(document, pages)

        result = self._converter.convert(request, on_pages=on_pages)
        self.circuit_breaker.record_success()
        return result

    def _report_progress(self, document: Document, progress: Progress) -> None:
        self._watcher.show_progress(progress)
        self._events.record_progress(document, progress)


@dataclass(frozen=True)
class _Start:
    """When the attempt began, on the monotonic clock, and how many pages were done by then."""

    at_s: float
    pages_done: int

    def measure_progress(self, parts: Parts) -> Progress:
        seconds = time.monotonic() - self.at_s
        return measure_progress(parts.pages_done, parts.pages or 0, pages_before=self.pages_done, seconds=seconds)


def _build_request(document: Document, plan: FolderPlan, job: Job) -> ConversionRequest:
    return ConversionRequest(
        document=make_printable(document.path),
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
