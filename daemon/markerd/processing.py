"""One document's way: stage, convert, publish, journal, source policy. It ends published, skipped, dead or put back.

The order is what makes a crash between any two steps recoverable: publish (a rename), then the journal, then the
source; and each step may be run twice.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from markerd import publish, sources
from markerd.convert.protocol import ConversionRequest, ConversionResult, Converter, ConverterInfo
from markerd.errors import DocumentError, SourceChangedError, StopNowError, UnavailableError
from markerd.journal import Document, Journal, Outcome
from markerd.logs import Log
from markerd.manifest import Manifest, Source, utc_now
from markerd.publish import Produced
from markerd.retries import MAX_DELAY_S, Retries, delay_s
from markerd.sources import Places, SourceMoveError
from markerd.staging import Job, Spool
from markerd.values import Fingerprint, State, printable

_MB = 1 << 20


@dataclass(frozen=True)
class FolderPlan:
    """What is done with the documents of one hot folder."""

    output: Path
    places: Places
    formats: tuple[str, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Limits:
    """Of the configuration."""

    max_attempts: int
    retry_delay_s: float
    max_file_bytes: int


class Progress(Protocol):
    """Who is told which document is in work."""

    def converting(self, document: str) -> None: ...
    def pages(self, pages: int) -> None: ...


class Processing:
    """Called by the main loop's thread alone."""

    def __init__(
        self,
        journal: Journal,
        spool: Spool,
        converter: Converter,
        info: ConverterInfo,
        plans: Mapping[str, FolderPlan],
        limits: Limits,
        progress: Progress,
        log: Log,
        rescan: Callable[[], None],
    ) -> None:
        self.retries = Retries(journal.get)
        for document in journal.in_state(State.FAILED):
            wait_s = min(max((document.retry_at or 0.0) - time.time(), 0.0), MAX_DELAY_S)
            self.retries.add(document.id, time.monotonic() + wait_s)
        self._journal = journal
        self._spool = spool
        self._converter = converter
        self._info = info
        self._plans = plans
        self._limits = limits
        self._progress = progress
        self._log = log
        self._rescan = rescan

    def finish(self, document: Document) -> None:
        """Bring one document to its end. Raises StopNowError after having put it back."""
        plan = self._plans.get(document.folder)
        if plan is None or document.state not in (State.QUEUED, State.FAILED):
            return  # its folder left the configuration, or it was finished another way meanwhile
        begun = time.monotonic()
        document = replace(document, attempts=self._journal.attempt_begins(document.id))
        job: Job | None = None
        try:
            job = self._stage(document)
            document = replace(document, sha256=job.sha256)
            self._journal.staged(document.id, job.sha256)
            if not self._skip_if_published(document, plan):
                self._convert_and_publish(document, plan, job, begun)
        except SourceChangedError as error:
            self._return_to_settling(document, error)
        except StopNowError as error:
            self._put_back(document, str(error))
            raise
        except DocumentError as error:
            self._fail(document, plan, error, begun)
        except UnavailableError as error:  # the converter cannot be replaced now: not this document's fault
            self._put_back(document, str(error))
            raise
        finally:
            if job is not None:
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

    def _skip_if_published(self, document: Document, plan: FolderPlan) -> bool:
        """The same bytes under the same path, their output still there and whole: nothing to convert."""
        found = publish.find_published(plan.output, document.path, source_of(document), plan.formats)
        if found is None:
            return False
        reason = f"the same content is already published in {printable(str(found[0]))}"
        self._journal.skipped(document, reason, policy_pending=True)
        self._log.info("document.skipped", **document.names, reason=reason)
        self._settle_source(document, plan)
        return True

    def _convert_and_publish(self, document: Document, plan: FolderPlan, job: Job, begun: float) -> None:
        staged = time.monotonic()
        result = self._convert(document, plan, job)
        converted = time.monotonic()
        seconds = {"stage": staged - begun, "convert": converted - staged}
        described = self._describe(document, plan, result, seconds)
        output = publish.publish(plan.output, document.path, Produced(job.output_dir, result.artifacts), described)
        seconds["publish"] = time.monotonic() - converted
        outcome = Outcome(State.PUBLISHED, pages=result.pages, model_set=self._info.model_set, seconds=seconds)
        self._journal.published(document, output, outcome, job.sha256)
        self._log.info(
            "document.published",
            **document.names,
            output=printable(str(output)),
            pages=result.pages,
            images=result.images,
            attempt=document.attempts,
            size_bytes=job.size,
            model_set=self._info.model_set,
            seconds=round(time.monotonic() - begun, 3),
            **{f"{stage}_seconds": round(duration, 3) for stage, duration in seconds.items()},
            waited_seconds=_waited(document),
        )
        self._settle_source(document, plan)

    def _convert(self, document: Document, plan: FolderPlan, job: Job) -> ConversionResult:
        name = printable(document.path)
        self._progress.converting(name)
        self._log.info("document.converting", **document.names, attempt=document.attempts, size_bytes=job.size)
        self._info = self._converter.start()
        request = ConversionRequest(
            document=name,
            source=str(job.source),
            output_dir=str(job.output_dir),
            scratch_dir=str(job.scratch_dir),
            formats=plan.formats,
            options=plan.options,
        )
        return self._converter.convert(request, on_pages=lambda pages: self._say_pages(document, pages))

    def _say_pages(self, document: Document, pages: int) -> None:
        self._progress.pages(pages)
        self._log.debug("document.progress", **document.names, pages=pages)

    def _describe(
        self, document: Document, plan: FolderPlan, result: ConversionResult, seconds: Mapping[str, float]
    ) -> Manifest:
        return Manifest(
            source=source_of(document),
            pages=result.pages,
            formats=plan.formats,
            model_set=self._info.model_set,
            model_set_reason=self._info.reason,
            versions=self._info.versions,
            seconds={stage: round(duration, 3) for stage, duration in {**seconds, **result.seconds}.items()},
            published_at=utc_now(),
        )

    # --- the ways it does not go --------------------------------------------------------------------------------

    def _return_to_settling(self, document: Document, error: SourceChangedError) -> None:
        reason = reason_to_leave_out(document)
        if reason:
            self._journal.vanished(document, reason)
            self._log.info("document.skipped", **document.names, reason=reason)
            return
        self._journal.settling_again(document.id)
        self._log.info("document.put_back", **document.names, reason=str(error))
        self._rescan()

    def _put_back(self, document: Document, reason: str) -> None:
        self._journal.put_back(document.id)
        self._log.info("document.put_back", **document.names, reason=reason or "the daemon stops")

    def _fail(self, document: Document, plan: FolderPlan, error: DocumentError, begun: float) -> None:
        reason, seconds = str(error), {"total": time.monotonic() - begun}
        if not error.is_permanent and document.attempts < self._limits.max_attempts:
            wait_s = delay_s(document.attempts, self._limits.retry_delay_s)
            self._journal.failed(
                document, Outcome(State.FAILED, error.kind, reason, seconds=seconds), time.time() + wait_s
            )
            self.retries.add(document.id, time.monotonic() + wait_s)
            self._log.warning(
                "document.failed", **document.names, kind=error.kind, reason=reason, attempt=document.attempts,
                retry_in_s=round(wait_s, 1),
            )  # fmt: skip
            return
        outcome = Outcome(State.DEAD, error.kind, reason, seconds=seconds)
        self._journal.dead(document, outcome)
        self._bury(document, plan, outcome)  # before it is told: who reads of it finds it there
        self._log.error(
            "document.dead", **document.names, kind=error.kind, reason=reason, attempts=document.attempts,
            seconds=round(seconds["total"], 3), waited_seconds=_waited(document),
        )  # fmt: skip

    # --- sources ------------------------------------------------------------------------------------------------

    def settle_sources(self) -> None:
        """Apply the policies that are still owed: after a crash, or where a disk was full or a folder away."""
        for document in self._journal.with_pending_policy():
            plan = self._plans.get(document.folder)
            if plan is None:
                continue
            if document.state is State.DEAD:
                self._bury(document, plan, Outcome(State.DEAD, document.kind, document.reason))
            else:
                self._settle_source(document, plan)

    def _settle_source(self, document: Document, plan: FolderPlan) -> None:
        try:
            sources.settle_published(document, plan.places)
        except SourceMoveError as error:
            self._log.warning("source.kept", **document.names, reason=str(error))
            return
        self._journal.policy_done(document.id)
        self._rescan_if_changed(document)

    def _bury(self, document: Document, plan: FolderPlan, outcome: Outcome) -> None:
        try:
            sources.bury(document, plan.places, outcome, self._journal.attempts_of(document))
        except SourceMoveError as error:
            self._log.warning("source.kept", **document.names, reason=str(error))
            return
        self._journal.policy_done(document.id)
        self._rescan_if_changed(document)

    def _rescan_if_changed(self, document: Document) -> None:
        """New bytes that came under the same path while it was in work: their event was passed over then."""
        try:
            now = document.source.lstat()
        except OSError:
            return
        if Fingerprint.of(now) != document.fingerprint:
            self._rescan()


def reason_to_leave_out(document: Document) -> str | None:
    """Why a source that waited cannot settle again; None where it can, or where nobody can tell just now.

    Only in a hot folder that is there itself has a missing file been removed: the folder may be unmounted.
    """
    try:
        is_regular = stat.S_ISREG(document.source.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return "removed before conversion" if Path(document.folder).is_dir() else None
    except OSError:
        return None
    return None if is_regular else "replaced by what is no regular file"


def source_of(document: Document) -> Source:
    assert document.sha256 is not None
    return Source.of(
        document.folder, document.path, document.fingerprint.size, document.sha256, document.fingerprint.mtime_ns
    )


def _waited(document: Document) -> float:
    return round(max(time.time() - document.seen_at, 0.0), 3)
