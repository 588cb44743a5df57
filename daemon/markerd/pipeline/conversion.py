"""One document converted: at once, or where it is big in parts, which are kept, and then joined.

What was converted stays where the attempt ends in mid-document, whoever ended it: the next one goes on behind it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from markerd.convert.protocol import ConversionRequest, ConversionResult, Converter, ConverterInfo, JoinRequest
from markerd.errors import NO_ROOM, ConverterDiedError, DocumentError
from markerd.journal import Document, Journal
from markerd.logs import Log
from markerd.pipeline.circuit_breaker import Deaths
from markerd.pipeline.folder_plan import FolderPlan
from markerd.pipeline.part_store import Parts
from markerd.pipeline.progress import Progress, progress
from markerd.pipeline.retries import FAULT_ATTEMPTS
from markerd.pipeline.spool import Job, Spool
from markerd.values import printable


class Watcher(Protocol):
    """Who is told which document is in work, and how far it is."""

    def converting(self, document: str) -> None: ...
    def progressed(self, progress: Progress) -> None: ...


class Conversion:
    """Called by the main loop's thread alone.

    `part_pages` 0: no document is big. `between_parts` may raise StopNowError.
    """

    def __init__(
        self,
        converter: Converter,
        spool: Spool,
        journal: Journal,
        watcher: Watcher,
        log: Log,
        *,
        part_pages: int,
        between_parts: Callable[[], None],
    ) -> None:
        self._converter = converter
        self._spool = spool
        self._journal = journal
        self.deaths = Deaths()
        self._watcher = watcher
        self._log = log
        self._part_pages = part_pages
        self._between_parts = between_parts

    def convert(self, document: Document, plan: FolderPlan, job: Job) -> tuple[ConverterInfo, ConversionResult]:
        """Into `job.output_dir`. Raises DocumentError, StorageError, StopNowError, UnavailableError."""
        name = printable(document.path)
        self._watcher.converting(name)
        self._log.info("document.converting", **document.names, attempt=document.attempts, size_bytes=job.size)
        try:
            self._renew_converter_without_home()
            info = self._converter.start()
            return info, self._converted(document, plan, job, info)
        except ConverterDiedError as error:
            self.deaths.died(document.id, str(error))
            raise
        except DocumentError as error:
            if error.is_fault and not error.is_permanent and document.attempts < FAULT_ATTEMPTS:
                self._converter.recycle("a fault in code stopped a document, which is tried again in a fresh converter")
            raise self._spool.no_room("the converter filled it") if error.kind == "disk_full" else error from error
        except FileNotFoundError as error:  # only by somebody else: the next attempt makes the spool anew
            raise DocumentError("the spool was removed while the document was converted") from error
        except OSError as error:
            raise self._spool.no_room(str(error)) if error.errno in NO_ROOM else error from error

    def _renew_converter_without_home(self) -> None:
        """Where somebody removed the spool: no process can be given another folder once it is confined."""
        is_process = self._converter.state().pid not in (None, os.getpid())
        if is_process and not self._spool.has_home_of_converter():
            self._log.warning("spool.renewed", spool=printable(str(self._spool.root)))
            self._converter.stop()

    def _converted(self, document: Document, plan: FolderPlan, job: Job, info: ConverterInfo) -> ConversionResult:
        request = ConversionRequest(
            document=printable(document.path),
            source=str(job.source),
            output_dir=str(job.output_dir),
            scratch_dir=str(job.scratch_dir),
            formats=plan.formats,
            options=plan.options,
        )
        if self._part_pages == 0:
            return self._ask(document, request)
        parts = Parts(job.folder, key_of(job, plan, info), self._part_pages)
        began = Began(time.monotonic(), parts.pages_done)
        if parts.pages is not None:
            self._say(document, Progress(parts.pages_done, parts.pages))
        seconds: Counter[str] = Counter()
        while parts.pages is None or parts.finished < parts.count:
            result = self._convert_part(document, request, parts, job)
            if not result.is_part:
                return result
            seconds.update(result.seconds)
            self._say(document, began.progress_of(parts))
        joined = self._join(request, parts, job)
        return replace(joined, seconds={**seconds, **joined.seconds})

    def _convert_part(self, document: Document, request: ConversionRequest, parts: Parts, job: Job) -> ConversionResult:
        """The next part, or the whole document where it has no more pages than a part."""
        if parts.pages is not None:
            self._between_parts()
        job.renew()
        parts.link_kept(job.kept_dir)
        request = replace(request, part_pages=self._part_pages, part=parts.finished, kept_dir=str(job.kept_dir))
        result = self._ask(document, request)
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

    def _ask(self, document: Document, request: ConversionRequest) -> ConversionResult:
        def on_pages(pages: int) -> None:
            if request.part == 0:
                self._watcher.progressed(Progress(0, pages))
                self._log.debug("document.progress", **document.names, **asdict(Progress(0, pages)))

        result = self._converter.convert(request, on_pages=on_pages)
        self.deaths.converted()
        return result

    def _say(self, document: Document, progress: Progress) -> None:
        self._watcher.progressed(progress)
        self._journal.writer.record_progress(document.id, progress.pages_done, progress.pages)
        self._log.info("document.progress", **document.names, **asdict(progress))


@dataclass(frozen=True)
class Began:
    """When the attempt began, on the monotonic clock, and how many pages were done by then."""

    at_s: float
    pages_done: int

    def progress_of(self, parts: Parts) -> Progress:
        seconds = time.monotonic() - self.at_s
        return progress(parts.pages_done, parts.pages or 0, pages_before=self.pages_done, seconds=seconds)


def key_of(job: Job, plan: FolderPlan, info: ConverterInfo) -> dict[str, Any]:
    """What a part depends on: the same key, the same part."""
    return {
        "sha256": job.sha256,
        "formats": list(plan.formats),
        "options": dict(plan.options),
        "model_set": info.model_set,
        "versions": dict(info.versions),
    }
